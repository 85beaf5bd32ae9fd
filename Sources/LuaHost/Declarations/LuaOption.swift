// SPDX-License-Identifier: Apache-2.0
// Options of Lua's functions: declarations that read the values of an options table.

import Options

/// Something that stands in a table of options: a typed option, or a declaration alone.
package protocol LuaReadable: Sendable {
  var declaration: OptionDeclaration { get }
  /// Reads a value and checks its type; what it returns is what `LuaOptions` holds.
  func read(_ interpreter: Interpreter, at index: Int32) throws -> Any
}

/// A declaration alone, such as that of a technique's option: read it by name from `LuaOptions`, as a `LuaValue`.
extension OptionDeclaration: LuaReadable {
  package var declaration: OptionDeclaration { self }

  package func read(_ interpreter: Interpreter, at index: Int32) throws -> Any {
    try type.check(interpreter, at: index)
    return LuaValue(interpreter, at: index)
  }
}

/// An option whose Swift type is `Value`.
///
/// Keep it in a `static let`; it is the key to read by.
package struct LuaOption<Value: LuaConvertible>: LuaReadable {
  package let declaration: OptionDeclaration
  let makeDefault: (@Sendable () -> Value)?

  /// An option with a default.
  package init(_ name: String, _ doc: String, default value: Value, allowed: Allowed? = nil, aliases: [String] = [])
  where Value: Sendable {
    declaration = OptionDeclaration(name, Value.luaType, doc, default: luaLiteral(value), allowed: allowed, aliases: aliases)
    makeDefault = { value }
  }

  /// An option that may be absent: nil.
  package init(_ name: String, _ doc: String, allowed: Allowed? = nil, aliases: [String] = []) where Value: ExpressibleByNilLiteral {
    declaration = OptionDeclaration(name, Value.luaType, doc, allowed: allowed, aliases: aliases)
    makeDefault = { nil }
  }

  /// An option that must be given.
  package init(required name: String, _ doc: String, allowed: Allowed? = nil, aliases: [String] = []) {
    declaration = OptionDeclaration(name, Value.luaType, doc, allowed: allowed, required: true, aliases: aliases)
    makeDefault = nil
  }

  package func read(_ interpreter: Interpreter, at index: Int32) throws -> Any { try Value.read(interpreter, at: index) }
}

/// The declared options of a function.
package struct LuaOptionTable: Sendable {
  /// A class name for annotations, such as `QuantizeOptions`.
  package let name: String
  let readers: [any LuaReadable]

  package init(_ name: String, _ options: [any LuaReadable]) {
    self.name = name
    readers = options
  }

  package var options: [OptionDeclaration] { readers.map(\.declaration) }

  /// The option of this name.
  package subscript(name: String) -> OptionDeclaration? { readers.first { $0.declaration.name == name }?.declaration }
}
