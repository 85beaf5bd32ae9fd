// SPDX-License-Identifier: Apache-2.0
// All operators of MIL that Wane knows, by name.

import MIL
import Tensors

/// The operators, found by name.
package enum Catalogue {
  /// Every family's list; an operator is in exactly one.
  package static let all: [any Operator.Type] = families.flatMap(\.operators)

  /// The operators, and those that exist only while a program is trained, by name.
  package static let table = OperatorTable(all + trainingFamilies.flatMap(\.operators))

  /// The operators that a package may hold, by name.
  package static let storable = OperatorTable(all)

  /// The operator of that name.
  ///
  /// - Throws: `OperatorError` naming the operation when there is none.
  package static func find(_ operation: Operation) throws -> any Operator.Type { try table.find(operation) }

  package static func find(named name: String) -> (any Operator.Type)? { table[name] }

  /// A value times its `sigmoid_hard`; no operator of MIL.
  package static var hardSwish: any Operator.Type { HardSwish.self }

  /// A value times its sigmoid.
  package static var silu: any Operator.Type { Silu.self }

  /// The weights of every operator, for those that know none.
  package static let weightTable = WeightTable(
    Dictionary(all.map { ($0.signature.name, $0.weights) }, uniquingKeysWith: { first, _ in first }))

  /// The operator of an operation, where Wane knows it.
  package static func known(_ operation: Operation) -> (any Operator.Type)? { find(named: operation.type) }
}

extension Call {
  /// The operation under its operator's signature; attributes that are parameters (as older opsets write them) are operands.
  ///
  /// - Parameter value: what is known of a name; `nil` when nothing binds it.
  /// - Throws: `OperatorError` for an operator that Wane does not know, and for a name that nothing binds.
  package init(_ operation: Operation, opset: Opset, value: (String) -> Operand?) throws {
    try self.init(operation, opset: opset, operators: Catalogue.table, value: value)
  }

  /// The outputs of an operation whose inputs are all known, in the types that the operator infers.
  ///
  /// - Throws: `OperatorError`; also when a shape cannot be known in advance.
  package func evaluate() throws -> [Tensor] { try Catalogue.find(operation).evaluate(self) }
}

extension Emitter {
  /// An emitter that goes on where the function's block ends.
  ///
  /// - Throws: `OperatorError` naming function and operation, where the function's types do not fit.
  package convenience init(_ function: Function) throws { try self.init(function, operators: Catalogue.table) }

  /// An emitter that knows the function's inputs and takes none of its names, but has none of its operations.
  package convenience init(beginning function: Function) throws { try self.init(beginning: function, operators: Catalogue.table) }
}
