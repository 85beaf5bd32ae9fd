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

/// A declared argument whose Swift type is `A`.
package struct Arg<A: LuaParameter>: Sendable {
  package let name: String
  package let doc: String
  package let allowed: Allowed?
  let options: LuaOptionTable?
  let defaultText: String?
  let makeDefault: (@Sendable () -> A)?

  init(
    name: String, doc: String, allowed: Allowed?, options: LuaOptionTable?, defaultText: String?,
    makeDefault: (@Sendable () -> A)?
  ) {
    self.name = name
    self.doc = doc
    self.allowed = allowed
    self.options = options
    self.defaultText = defaultText
    self.makeDefault = makeDefault
  }

  /// A required argument, or an optional one if `A` is an `Optional`.
  package init(_ name: String, _ doc: String, allowed: Allowed? = nil) {
    self.init(
      name: name, doc: doc, allowed: allowed, options: nil, defaultText: nil, makeDefault: nil)
  }

  /// An argument that may be omitted.
  package init(_ name: String, _ doc: String, default value: A, allowed: Allowed? = nil)
  where A: Sendable {
    self.init(
      name: name, doc: doc, allowed: allowed, options: nil, defaultText: luaLiteral(value),
      makeDefault: { value })
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

/// A Swift type that a bound function can receive: a convertible value, `LuaOptions`, `LuaRest` or `LuaContext`.
package protocol LuaParameter: SendableMetatype {
  static func take(_ reader: inout ArgumentReader, _ argument: Arg<Self>) throws -> Self
  /// The documentation of the argument; empty for types that do not correspond to a Lua value.
  static func describe(_ argument: Arg<Self>) -> [LuaArgument]
}

extension LuaConvertible {
  package static func take(_ reader: inout ArgumentReader, _ argument: Arg<Self>) throws -> Self {
    let index = reader.advance()
    if let makeDefault = argument.makeDefault, reader.interpreter.isNil(at: index) {
      return makeDefault()
    }
    do {
      let value = try read(reader.interpreter, at: index)
      if let allowed = argument.allowed,
        let violation = allowed.violation(LuaValue(reader.interpreter, at: index))
      {
        throw LuaMismatch(violation)
      }
      return value
    } catch let mismatch as LuaMismatch {
      throw reader.badArgument(index, named: argument.name, mismatch)
    }
  }

  package static func describe(_ argument: Arg<Self>) -> [LuaArgument] {
    [
      LuaArgument(
        argument.name, luaType, argument.doc, default: argument.defaultText,
        allowed: argument.allowed)
    ]
  }
}

/// All remaining arguments.
package struct LuaRest: LuaParameter {
  package let values: [LuaValue]

  package static func take(
    _ reader: inout ArgumentReader, _ argument: Arg<LuaRest>
  ) throws -> LuaRest {
    var values: [LuaValue] = []
    while reader.hasMore {
      let index = reader.advance()
      values.append(try LuaValue.read(reader.interpreter, at: index))
    }
    return LuaRest(values: values)
  }

  package static func describe(_ argument: Arg<LuaRest>) -> [LuaArgument] {
    [LuaArgument(argument.name, .any, argument.doc, variadic: true)]
  }
}
