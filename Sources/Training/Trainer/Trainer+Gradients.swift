// SPDX-License-Identifier: Apache-2.0
// Gradients of a batch without an update.

import Runtime

extension Trainer {
  /// Calls `body` with the gradient of each parameter that the loss depends on; nothing is updated.
  ///
  /// Batch norms use and keep their running statistics if the trainer was made with `freezesRunningStatistics`.
  ///
  /// - Returns: the loss.
  /// - Throws: the errors of `train`, except for gradients that are not finite.
  @discardableResult
  package func gradients(
    of batch: TrainingBatch, _ body: (_ parameter: String, UnsafeMutableBufferPointer<Float>) -> Void
  ) throws -> Float {
    let program = try stepProgram(for: batch)
    for parameter in parameters { try parameter.forward() }
    let loss = try program.run(batch)
    for parameter in parameters where program.reached.contains(parameter.name) {
      parameter.backward()
      body(parameter.name, UnsafeMutableBufferPointer(start: parameter.gradient.base, count: parameter.count))
    }
    return loss
  }
}
