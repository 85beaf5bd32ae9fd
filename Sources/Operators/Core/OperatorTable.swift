// SPDX-License-Identifier: Apache-2.0
// A table of operators by name, for code that must not depend on the list of all operators.

import MIL
import Tensors

/// Operators by name.
package struct OperatorTable: Sendable {
  private let byName: [String: any Operator.Type]

  /// If several operators have the same name, the first one is used.
  init(_ operators: [any Operator.Type]) {
    byName = Dictionary(operators.map { ($0.signature.name, $0) }, uniquingKeysWith: { first, _ in first })
  }

  package subscript(name: String) -> (any Operator.Type)? { byName[name] }

  /// Looks up the operator of an operation.
  ///
  /// - Throws: `OperatorError` with the name of the operation if the operator is unknown.
  package func find(_ operation: Operation) throws -> any Operator.Type {
    guard let found = byName[operation.type] else {
      throw OperatorError(
        operatorName: operation.type, operationName: operation.name,
        problem: "unknown operator")
    }
    return found
  }
}
