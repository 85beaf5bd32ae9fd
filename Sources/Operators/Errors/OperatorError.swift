// SPDX-License-Identifier: Apache-2.0
// The error for an invalid use of an operator.

/// An invalid use of an operator: the name of the operator, the name of the operation and the problem.
package struct OperatorError: Error, CustomStringConvertible, Equatable {
  package let operatorName: String
  package let operationName: String
  package let problem: String
  /// The function that contains the operation, if known.
  package var function: String?

  package init(operatorName: String, operationName: String, problem: String, function: String? = nil) {
    self.operatorName = operatorName
    self.operationName = operationName
    self.problem = problem
    self.function = function
  }

  package var description: String {
    let place = function.map { "function '\($0)', " } ?? ""
    return "\(place)\(operatorName) '\(operationName)': \(problem)"
  }
}
