// SPDX-License-Identifier: Apache-2.0
// Operators by name, for what must find some without knowing the list of all.

import MIL
import Tensors

/// Operators, found by name.
package struct OperatorTable: Sendable {
  private let byName: [String: any Operator.Type]

  /// The first of several of one name counts.
  init(_ operators: [any Operator.Type]) {
    byName = Dictionary(operators.map { ($0.signature.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  package subscript(name: String) -> (any Operator.Type)? { byName[name] }

  /// The operator of that name.
  ///
  /// - Throws: `OperatorError` naming the operation when there is none.
  package func find(_ operation: Operation) throws -> any Operator.Type {
    guard let found = byName[operation.type] else {
      throw OperatorError(
        operatorName: operation.type, operationName: operation.name,
        problem: "Wane does not know this operator")
    }
    return found
  }
}
