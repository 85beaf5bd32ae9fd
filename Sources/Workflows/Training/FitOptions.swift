// SPDX-License-Identifier: Apache-2.0
// How a fit is done, who is told of it, and where it stands.

import Evaluation
import Training

/// How a fit is done.
package struct FitOptions {
  /// Times that every sample is seen.
  package var epochs = 1
  /// Ends after so many steps, whatever the epochs.
  package var steps: Int?
  /// Samples a batch; `nil` takes the data set's.
  package var batchSize: Int?
  /// Whether each epoch draws a new order.
  package var shuffles = true
  /// Whether a last batch that is not full is left out.
  package var dropsLast = false
  /// Evaluated after each epoch.
  package var validation: Dataset?
  /// What is measured on it; `nil` for the usual metrics.
  package var metrics: ((Dataset) throws -> [MetricDefinition])?
  /// Ends after so many epochs without improvement; the best weights are kept.
  package var patience: Int?
  /// The metric that must improve, or `loss`; `nil` for the first of the validation.
  package var monitor: String?
  /// A file that is saved after each epoch.
  package var checkpoint: String?

  package init() {}

  /// Refuses options that say how to validate, without anything to validate on.
  func check() throws(WorkflowError) {
    guard validation == nil else { return }
    if metrics != nil { throw .unusedWithoutValidation(option: "metrics") }
    if let monitor, monitor != "loss" { throw .unusedWithoutValidation(option: "monitor") }
  }
}

/// Whoever watches a fit; what its closures throw ends it.
package struct FitObserver {
  /// Given each batch, returns the batch to learn from; `nil` takes it as it is.
  package var augment: ((Dataset.Batch) throws -> TrainingBatch)?
  /// Told of steps done and the loss, after each batch; whether to go on.
  package var onStep: (_ step: Int, _ loss: Double) throws -> Bool
  /// Told of each epoch; whether to go on.
  package var onEpoch: (FitEpoch) throws -> Bool
  /// Told of batches done, and of all.
  package var progress: (_ done: Int, _ total: Int) -> Void

  package init(
    augment: ((Dataset.Batch) throws -> TrainingBatch)? = nil,
    onStep: @escaping (_ step: Int, _ loss: Double) throws -> Bool = { _, _ in true },
    onEpoch: @escaping (FitEpoch) throws -> Bool = { _ in true }, progress: @escaping (_ done: Int, _ total: Int) -> Void = { _, _ in }
  ) {
    self.augment = augment
    self.onStep = onStep
    self.onEpoch = onEpoch
    self.progress = progress
  }
}

/// Where a fit stands between two batches.
package struct FitProgress: Equatable, Sendable {
  /// Whole epochs done.
  package var epoch = 0
  /// Batches done in the next one.
  package var batch = 0
  /// Epochs of earlier fits, so that each epoch has an order of its own.
  package var past = 0

  package init(epoch: Int = 0, batch: Int = 0, past: Int = 0) {
    self.epoch = epoch
    self.batch = batch
    self.past = past
  }
}
