// SPDX-License-Identifier: Apache-2.0
// What can be wrong with the use of an operator.

/// A fault in the use of an operator: its name, the operation's, and what does not fit.
package struct OperatorError: Error, CustomStringConvertible, Equatable {
  package let operatorName: String
  package let operationName: String
  package let problem: String
  /// The function that the operation is part of, where that is known.
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
