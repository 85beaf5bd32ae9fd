// SPDX-License-Identifier: Apache-2.0
// Declared arguments of bound functions.

import Options

/// The declaration of an argument, for help, completion and references.
package struct LuaArgument: Sendable {
  package let name: String
  package let doc: String
  package let type: LuaType
  /// The default as a Lua literal.
  package let defaultText: String?
  package let allowed: Allowed?
  /// Set if the argument is a table of declared options.
  package let options: LuaOptionTable?
  package let isVariadic: Bool
  /// Whether a string argument is the name of a declaration, as for `help`.
  package let isTopic: Bool

  package init(
    _ name: String, _ type: LuaType, _ doc: String, default defaultText: String? = nil,
    allowed: Allowed? = nil, options: LuaOptionTable? = nil, variadic: Bool = false,
    topic: Bool = false
  ) {
    self.name = name
    self.doc = doc
    self.type = type
    self.defaultText = defaultText
    self.allowed = allowed
    self.options = options
    isVariadic = variadic
    isTopic = topic
  }

  /// Whether the argument may be omitted.
  package var isOptional: Bool {
    if isVariadic || defaultText != nil { return true }
    if let options { return !options.options.contains(where: \.isRequired) }
    if case .optional = type { return true }
    return type == .any
  }
}

/// A declared argument whose Swift type is `A`: a convertible type, `LuaOptions` or `LuaContext`.
package struct Arg<A>: Sendable {
  /// The documentation of the argument; empty for types that do not correspond to a Lua value.
  package let declared: [LuaArgument]
  /// Reads the values of the argument from those of a call.
  let take: @Sendable (inout ArgumentReader) throws -> A

  package init(declared: [LuaArgument], take: @escaping @Sendable (inout ArgumentReader) throws -> A) {
    self.declared = declared
    self.take = take
  }
}

extension Arg where A: LuaConvertible {
  /// A required argument, or an optional one if `A` is an `Optional`.
  package init(_ name: String, _ doc: String, allowed: Allowed? = nil) {
    self.init(declared: [LuaArgument(name, A.luaType, doc, allowed: allowed)]) { reader in
      try reader.take(name, allowed: allowed)
    }
  }

  /// An argument that may be omitted.
  package init(_ name: String, _ doc: String, default value: A, allowed: Allowed? = nil)
  where A: Sendable {
    self.init(declared: [LuaArgument(name, A.luaType, doc, default: luaLiteral(value), allowed: allowed)]) { reader in
      try reader.take(name, allowed: allowed, default: value)
    }
  }
}

extension ArgumentReader {
  /// The next argument, or its default when it is left out.
  fileprivate mutating func take<A: LuaConvertible>(_ name: String, allowed: Allowed?, default value: A? = nil) throws -> A {
    let index = advance()
    if let value, interpreter.isNil(at: index) { return value }
    do {
      let value = try A.read(interpreter, at: index)
      if let violation = allowed?.violation(LuaValue(interpreter, at: index)) { throw LuaMismatch(violation) }
      return value
    } catch let mismatch as LuaMismatch {
      throw badArgument(index, named: name, mismatch)
    }
  }
}

/// The Lua literal of a value, for defaults in documentation.
func luaLiteral<T>(_ value: T) -> String {
  switch value {
  case let text as String: "\"\(text)\""
  case let number as Double: Allowed.text(number)
  case let list as [Any]: "{\(list.map { luaLiteral($0) }.joined(separator: ", "))}"
  case let choice as any RawRepresentable<String>: "\"\(choice.rawValue)\""
  case let optional as any OptionalValue: optional.wrapped.map { luaLiteral($0) } ?? "nil"
  default: "\(value)"
  }
}

private protocol OptionalValue { var wrapped: Any? { get } }
extension Optional: OptionalValue { var wrapped: Any? { self } }
