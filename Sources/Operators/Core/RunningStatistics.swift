// SPDX-License-Identifier: Apache-2.0
// Operators that keep account of what they saw in training.

import MIL

/// An operator some of whose weights are running statistics. While a program is trained another operator stands in its place.
package protocol RunningStatistics: Operator {
  /// What stands in the operation's place; `nil` where its statistics are not values of the program.
  ///
  /// - Parameter momentum: how far a step moves the running statistics towards the batch's.
  static func inTraining(_ operation: Operation, momentum: Float, freshName: (String) -> String) -> TrainedOperation?
}

/// An operation as it is trained.
package struct TrainedOperation {
  package let operation: Operation
  /// Each running statistic with the value that it becomes.
  package let updates: [(statistic: String, updated: String)]
}
