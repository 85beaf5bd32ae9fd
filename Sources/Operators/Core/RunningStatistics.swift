// SPDX-License-Identifier: Apache-2.0
// Operators that update running statistics during training.

import MIL

/// An operator with weights that are running statistics. During training, another operator replaces it.
package protocol RunningStatistics: Operator {
  /// The replacement during training; `nil` if the statistics are not values of the program.
  ///
  /// - Parameter momentum: the weight of the batch statistics in the update of the running statistics.
  static func inTraining(_ operation: Operation, momentum: Float, freshName: (String) -> String) -> TrainedOperation?
}

/// The operations that replace an operation during training.
package struct TrainedOperation {
  package let operation: Operation
  /// The running statistics, with the names of their updated values.
  package let updates: [(statistic: String, updated: String)]
}
