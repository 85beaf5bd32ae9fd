// SPDX-License-Identifier: Apache-2.0
// The values of which recipes are made, whatever they were written in: Lua, YAML, JSON or Swift.

import Tensors

/// A value in a recipe.
package indirect enum RecipeValue: Sendable, Equatable {
  case null
  case bool(Bool)
  case integer(Int)
  case number(Double)
  case string(String)
  case list([RecipeValue])
  case dictionary([String: RecipeValue])
  case function(LUTFunction)

  /// What kind of value this is, for an error.
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
}

extension RecipeValue: CustomStringConvertible {
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

/// A user's own way to make a lookup table: given one group of a weight, the table and an index for each element.
///
/// Two are equal when they are the same object, so that one function given to two operators is no conflict.
package final class LUTFunction: Sendable, Equatable {
  package typealias Body = @Sendable (Tensor) throws -> (lut: [Double], indices: [Int])
  package let body: Body

  package init(_ body: @escaping Body) { self.body = body }

  package static func == (a: LUTFunction, b: LUTFunction) -> Bool { a === b }
}
