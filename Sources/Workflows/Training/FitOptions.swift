// SPDX-License-Identifier: Apache-2.0
// The options, callbacks and progress of a fit.

import Evaluation
import Training

/// The options of a fit.
package struct FitOptions {
  /// The number of epochs.
  package var epochs = 1
  /// The maximum number of optimizer steps of the fit; `nil` for no limit.
  package var steps: Int?
  /// The batch size; `nil` for that of the data set.
  package var batchSize: Int?
  /// Whether the samples are shuffled in each epoch.
  package var shuffles = true
  /// Whether an incomplete last batch is dropped, unless it is the only one.
  package var dropsLast = false
  /// The data evaluated after each epoch; `nil` for no validation.
  package var validation: Dataset?
  /// Returns the metrics for the validation data; `nil` for the default metrics.
  package var metrics: ((Dataset) throws -> [MetricDefinition])?
  /// The number of epochs without improvement after which the fit ends; the best weights are restored. `nil` disables early
  /// stopping.
  package var patience: Int?
  /// The metric monitored for improvement, or `loss` for the training loss; `nil` for the first metric of the validation, or
  /// the training loss without validation.
  package var monitor: String?
  /// The path of the checkpoint written after each epoch; `nil` for none.
  package var checkpoint: String?

  package init() {}

  /// - Throws: `WorkflowError.unusedWithoutValidation` for metrics or a monitored metric without validation data.
  func check() throws(WorkflowError) {
    guard validation == nil else { return }
    if metrics != nil { throw .unusedWithoutValidation(option: "metrics") }
    if let monitor, monitor != "loss" { throw .unusedWithoutValidation(option: "monitor") }
  }
}

/// The callbacks of a fit. Any error that they throw ends the fit.
package struct FitObserver {
  /// Returns the batch to train on for each batch of samples; `nil` uses the samples unchanged.
  package var augment: ((Dataset.Batch) throws -> TrainingBatch)?
  /// Called after each batch with the total number of optimizer steps and the loss of the batch; returns whether to continue.
  package var onStep: (_ step: Int, _ loss: Double) throws -> Bool
  /// Called after each epoch; returns whether to continue.
  package var onEpoch: (FitEpoch) throws -> Bool
  /// Called after each batch with the number of completed batches and the total.
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

/// The progress of a fit, between two batches.
package struct FitProgress: Equatable, Sendable {
  /// The number of completed epochs.
  package var epoch = 0
  /// The number of completed batches of the current epoch.
  package var batch = 0
  /// The number of epochs of earlier fits. It is part of the seed for shuffling, so that no two epochs have the same order.
  package var past = 0
  /// Whether the state was read from a checkpoint and no fit has begun since.
  package var isResumed = false

  package init(epoch: Int = 0, batch: Int = 0, past: Int = 0, isResumed: Bool = false) {
    self.epoch = epoch
    self.batch = batch
    self.past = past
    self.isResumed = isResumed
  }

  /// Prepares a fit of a number of epochs. If an error ended the previous fit after its last epoch, that fit is complete and
  /// a new one begins.
  ///
  /// - Parameter batches: the number of batches of an epoch.
  /// - Returns: whether the checkpoint has completed all epochs, so that nothing is left to do.
  mutating func begin(_ epochs: Int, of batches: Int) -> Bool {
    defer { isResumed = false }
    if batch >= batches { (epoch, batch) = (epoch + 1, 0) }
    guard batch == 0, epoch >= epochs else { return false }
    if !isResumed { self = FitProgress(past: past + epoch) }
    return isResumed
  }
}
