// SPDX-License-Identifier: Apache-2.0
// The values of options, independent of their source: Lua, YAML, JSON or Swift.

/// The value of an option: a scalar, a list or a table.
package indirect enum OptionValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list([OptionValue])
  case dictionary([String: OptionValue])
  case function(any OptionFunction)

  /// The type of the value, as named in errors.
  package var kind: String {
    switch self {
    case .null: "nothing"
    case .bool: "a boolean"
    case .integer: "an integer"
    case .number: "a number"
    case .string: "a string"
    case .list: "a list"
    case .dictionary: "a table with named fields"
    case .function: "a function"
    }
  }

  package static func == (a: OptionValue, b: OptionValue) -> Bool {
    switch (a, b) {
    case (.null, .null): true
    case (.bool(let x), .bool(let y)): x == y
    case (.integer(let x), .integer(let y)): x == y
    case (.number(let x), .number(let y)): x == y
    case (.string(let x), .string(let y)): x == y
    case (.list(let x), .list(let y)): x == y
    case (.dictionary(let x), .dictionary(let y)): x == y
    case (.function(let x), .function(let y)): x === y
    default: false
    }
  }

  /// Equality that treats 1 and 1.0, and an empty list and an empty table, as equal.
  package func equals(_ other: OptionValue) -> Bool {
    switch (self, other) {
    case (.integer(let a), .number(let b)), (.number(let b), .integer(let a)): Double(a) == b
    case (.list([]), .dictionary([:])), (.dictionary([:]), .list([])): true
    default: self == other
    }
  }
}

extension OptionValue: CustomStringConvertible {
  package var description: String {
    switch self {
    case .null: "null"
    case .bool(let v): "\(v)"
    case .integer(let v): "\(v)"
    case .number(let v): "\(v)"
    case .string(let v): "\"\(v)\""
    case .list(let v): "[\(v.map(\.description).joined(separator: ", "))]"
    case .dictionary(let v):
      "{\(v.sorted { $0.key < $1.key }.map { "\($0.key): \($0.value)" }.joined(separator: ", "))}"
    case .function: "function"
    }
  }
}

/// A user-defined function as the value of an option. The declaration of the option determines its concrete type.
///
/// Two functions are equal if they are the same object, so passing one function twice is not a conflict.
package protocol OptionFunction: AnyObject, Sendable {}
