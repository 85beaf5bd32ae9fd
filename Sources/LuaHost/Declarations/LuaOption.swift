// SPDX-License-Identifier: Apache-2.0
// Options of Lua functions: declarations that read values from an options table.

import Options

/// An entry in a table of options: a typed option, or only a declaration.
package protocol LuaReadable: Sendable {
  var declaration: OptionDeclaration { get }
  /// Reads a value and checks its type. The result is stored in `LuaOptions`.
  func read(_ interpreter: Interpreter, at index: Int32) throws -> Any
}

/// A declaration without a Swift type, such as that of a technique's option. Its value in `LuaOptions` is a `LuaValue`,
/// read by name.
extension OptionDeclaration: LuaReadable {
  package var declaration: OptionDeclaration { self }

  package func read(_ interpreter: Interpreter, at index: Int32) throws -> Any {
    try type.check(interpreter, at: index)
    return LuaValue(interpreter, at: index)
  }
}

/// An option whose Swift type is `Value`.
///
/// Store it in a `static let`, since it is the key for reading the value.
package struct LuaOption<Value: LuaConvertible>: LuaReadable {
  package let declaration: OptionDeclaration
  let makeDefault: (@Sendable () -> Value)?

  /// An option with a default.
  package init(_ name: String, _ doc: String, default value: Value, allowed: Allowed? = nil, aliases: [String] = [])
  where Value: Sendable {
    declaration = OptionDeclaration(name, Value.luaType, doc, default: luaLiteral(value), allowed: allowed, aliases: aliases)
    makeDefault = { value }
  }

  /// An optional option; the default is nil.
  package init(_ name: String, _ doc: String, allowed: Allowed? = nil, aliases: [String] = []) where Value: ExpressibleByNilLiteral {
    declaration = OptionDeclaration(name, Value.luaType, doc, allowed: allowed, aliases: aliases)
    makeDefault = { nil }
  }

  /// A required option.
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

  /// The option with this name.
  package subscript(name: String) -> OptionDeclaration? { readers.first { $0.declaration.name == name }?.declaration }
}
