// SPDX-License-Identifier: Apache-2.0
// Declared options: the named values of an options table.

/// What the readers of a declaration know of one option.
package struct LuaOptionDescription: Sendable {
  package let name: String
  package let doc: String
  package let type: LuaType
  /// The default as a Lua literal; nil when the option has none.
  package let defaultText: String?
  package let allowed: Allowed?
  package let isRequired: Bool
  /// Spellings of other libraries that are answered with this name, not accepted.
  package let aliases: [String]
  /// Reads and checks a value; what it returns is what `LuaOptions` holds.
  let read: @Sendable (Interpreter, Int32) throws -> Any

  /// The strings it may be set to, for completion; empty when the list is open.
  package var choices: [String] {
    if case .strings(let names)? = allowed { return names }
    if case .enumeration(let names) = type.unwrapped { return names }
    return []
  }
}

/// Something that stands in an options table: a typed option, or one described at run time.
package protocol LuaOptionDeclaration: Sendable {
  var description: LuaOptionDescription { get }
}

/// An option whose Swift type is `Value`.
///
/// Keep it in a `static let`; it is the key to read by.
package struct LuaOption<Value: LuaConvertible>: LuaOptionDeclaration {
  package let description: LuaOptionDescription
  let makeDefault: (@Sendable () -> Value)?

  /// An option with a default.
  package init(
    _ name: String, _ doc: String, default value: Value, allowed: Allowed? = nil,
    aliases: [String] = []
  ) where Value: Sendable {
    self.init(
      name, doc, defaultText: luaLiteral(value), allowed, aliases, required: false,
      makeDefault: { value })
  }

  /// An option that may be absent: nil.
  package init(_ name: String, _ doc: String, allowed: Allowed? = nil, aliases: [String] = [])
  where Value: ExpressibleByNilLiteral {
    self.init(
      name, doc, defaultText: nil, allowed, aliases, required: false, makeDefault: { nil })
  }

  /// An option that must be given.
  package init(
    required name: String, _ doc: String, allowed: Allowed? = nil, aliases: [String] = []
  ) {
    self.init(name, doc, defaultText: nil, allowed, aliases, required: true, makeDefault: nil)
  }

  private init(
    _ name: String, _ doc: String, defaultText: String?, _ allowed: Allowed?, _ aliases: [String],
    required: Bool, makeDefault: (@Sendable () -> Value)?
  ) {
    description = LuaOptionDescription(
      name: name, doc: doc, type: Value.luaType, defaultText: defaultText, allowed: allowed,
      isRequired: required, aliases: aliases,
      read: { interpreter, index in try Value.read(interpreter, at: index) })
    self.makeDefault = makeDefault
  }
}

/// An option described at run time, such as derived from another table of options; read it by name
/// from `LuaOptions` as a `LuaValue`.
package struct LuaDynamicOption: LuaOptionDeclaration {
  package let description: LuaOptionDescription

  package init(
    _ name: String, _ type: LuaType, _ doc: String, default defaultText: String? = nil,
    allowed: Allowed? = nil, required: Bool = false, aliases: [String] = []
  ) {
    description = LuaOptionDescription(
      name: name, doc: doc, type: type, defaultText: defaultText, allowed: allowed,
      isRequired: required, aliases: aliases,
      read: { interpreter, index in
        try type.check(interpreter, at: index)
        return LuaValue(interpreter, at: index)
      })
  }
}

/// The declared options of a function.
package struct LuaOptionTable: Sendable {
  /// A class name for annotations, such as `QuantizeOptions`.
  package let name: String
  package let options: [LuaOptionDescription]

  package init(_ name: String, _ options: [any LuaOptionDeclaration]) {
    self.name = name
    self.options = options.map(\.description)
  }

  /// The option of this name.
  package subscript(name: String) -> LuaOptionDescription? { options.first { $0.name == name } }
}
