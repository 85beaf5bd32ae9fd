// SPDX-License-Identifier: Apache-2.0
// The statistics of restored batch norms, from the data of a fit, from data of their own, or from the first batch.

import Evaluation
import Tensors
import Training

extension TrainingRun {
  /// Measures the statistics of restored norms before the first step, if that has not been done.
  ///
  /// - Parameters:
  ///   - data: the data of a fit; data that the setup names go first.
  ///   - read: converts samples to a batch.
  /// - Throws: `TrainingError`, `RuntimeError`, and the errors of `read`.
  func measureNorms(over data: Dataset?, _ batchSize: Int, read: (Dataset.Batch) throws -> TrainingBatch) throws {
    guard trainer.needsNormStatistics, let samples = setup.norms.data ?? data else { return }
    let statistics = trainer.normStatistics()
    // Data sets are often sorted by class.
    let parts = samples.shuffled(seed: trainer.options.seed).batches(batchSize, isCancelled: isCancelled)
    while let part = try parts.next() {
      try statistics.add(read(part))
      if statistics.samples >= setup.norms.samples { break }
    }
    try trainer.setNorms(statistics)
  }

  /// The same before a step that no fit takes.
  func measureNorms(ahead batch: TrainingBatch) throws {
    guard trainer.needsNormStatistics else { return }
    if let data = setup.norms.data {
      return try measureNorms(over: data, data.batchSize) { samples in
        try self.batch(samples.inputs, labels: nil, arePlaced: true, needsTargets: false)
      }
    }
    let count = batch.inputs.values.first?.shape.first ?? 0
    remark(
      "norms = \"restore\": their statistics are those of the first batch of \(count); "
        + "norms = { type = \"restore\", data = … } takes more")
  }
}
