// SPDX-License-Identifier: Apache-2.0
// The documented type of an argument, option, property or result.

/// A type in the notation of Lua annotations: `integer`, `string[]`, `number?`, `"a"|"b"`, `Model`.
package indirect enum LuaType: Sendable, Equatable, CustomStringConvertible {
  case any, `nil`, boolean, integer, number, string, table, function
  /// A declared class or record, by name.
  case object(String)
  /// A table of declared options.
  case options(String)
  case sequence(LuaType)
  /// A table with keys of one type and values of another.
  case dictionary(LuaType, LuaType)
  case optional(LuaType)
  /// One of these strings.
  case enumeration([String])
  case union([LuaType])

  package var description: String {
    switch self {
    case .any: "any"
    case .nil: "nil"
    case .boolean: "boolean"
    case .integer: "integer"
    case .number: "number"
    case .string: "string"
    case .table: "table"
    case .function: "function"
    case .object(let name), .options(let name): name
    case .sequence(let element): "\(element.grouped)[]"
    case .dictionary(let key, let value): "table<\(key), \(value)>"
    case .optional(let wrapped): "\(wrapped.grouped)?"
    case .enumeration(let names): names.map { "\"\($0)\"" }.joined(separator: "|")
    case .union(let types): types.map(\.description).joined(separator: "|")
    }
  }

  private var grouped: String {
    switch self {
    case .enumeration, .union: "(\(self))"
    default: description
    }
  }

  /// The type without its outer optional.
  package var unwrapped: LuaType {
    if case .optional(let wrapped) = self { wrapped } else { self }
  }
}
