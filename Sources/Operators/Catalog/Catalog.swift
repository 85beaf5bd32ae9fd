// SPDX-License-Identifier: Apache-2.0
// The catalog of MIL operators that Wane supports.

import MIL
import Tensors

/// Looks up operators by name.
package enum Catalog {
  /// The operators of all families; each operator is in exactly one family.
  package static let all: [any Operator.Type] = families.flatMap(\.operators)

  /// All operators by name, including those that only exist during training.
  package static let table = OperatorTable(all + trainingFamilies.flatMap(\.operators))

  /// The operators that a package may contain, by name.
  package static let storable = OperatorTable(all)

  /// Looks up the operator of an operation.
  ///
  /// - Throws: `OperatorError` with the name of the operation if the operator is unknown.
  package static func find(_ operation: Operation) throws -> any Operator.Type { try table.find(operation) }

  package static func find(named name: String) -> (any Operator.Type)? { table[name] }

  /// `x * sigmoid_hard(x)`. It is not a MIL operator.
  package static var hardSwish: any Operator.Type { HardSwish.self }

  /// `x * sigmoid(x)`.
  package static var silu: any Operator.Type { Silu.self }

  /// The weights of every operator, for targets that do not depend on operators.
  package static let weightTable = WeightTable(
    Dictionary(all.map { ($0.signature.name, $0.weights) }, uniquingKeysWith: { first, _ in first }))

  /// The operator of an operation; `nil` if it is unknown.
  package static func known(_ operation: Operation) -> (any Operator.Type)? { find(named: operation.type) }
}

extension Call {
  /// The call for an operation. Attributes that are parameters (as written by older opsets) become operands.
  ///
  /// - Parameter value: looks up a value by name; returns `nil` for an undefined name.
  /// - Throws: `OperatorError` for an unknown operator and for an undefined name.
  package init(_ operation: Operation, opset: Opset, value: (String) -> Operand?) throws {
    try self.init(operation, opset: opset, operators: Catalog.table, value: value)
  }

  /// Evaluates an operation whose inputs are all known. The outputs have the types that the operator infers.
  ///
  /// - Throws: `OperatorError`, including if a shape cannot be inferred.
  package func evaluate() throws -> [Tensor] { try Catalog.find(operation).evaluate(self) }
}

extension Emitter {
  /// An emitter that appends operations to the function's block.
  ///
  /// - Throws: `OperatorError` with the names of function and operation if the function has a type error.
  package convenience init(_ function: Function) throws { try self.init(function, operators: Catalog.table) }

  /// An emitter that starts with an empty block. It knows the function's inputs and avoids all names that the
  /// function uses.
  package convenience init(beginning function: Function) throws { try self.init(beginning: function, operators: Catalog.table) }

  /// The same for a function whose operations are appended again, some of them changed: extents that are not known are
  /// taken from the declared types.
  package convenience init(refining function: Function) throws {
    try self.init(beginning: function, operators: Catalog.table, mode: .refining)
  }
}
