// SPDX-License-Identifier: Apache-2.0
// Means and variances of the channels that restored norms stand behind.

import MIL
import Operators
import Runtime
import Tensors

/// The moments of the outputs of layers, over all positions of all samples so far.
package final class NormStatistics {
  private let trainer: Trainer
  private let function: Function
  /// For each norm: the number of positions, and for each channel the mean and the sum of squared deviations.
  private var moments: [(count: Double, mean: [Double], squares: [Double])]
  /// The number of samples.
  package private(set) var samples = 0

  fileprivate init(_ trainer: Trainer) {
    self.trainer = trainer
    var values: [String: Tensor] = [:]
    // Methods may have replaced the weights.
    for parameter in trainer.parameters { values[parameter.name] = parameter.value.tensor }
    function = trainer.constants.original.storing(values)
    moments = trainer.constants.norms.map { (0, Array(repeating: 0, count: $0.channels), Array(repeating: 0, count: $0.channels)) }
  }

  /// Adds the samples of a batch.
  ///
  /// - Throws: `TrainingError` for a batch that does not fit the model; `RuntimeError`.
  package func add(_ batch: TrainingBatch) throws {
    let count = batch.inputs.values.first?.shape.first ?? 0
    guard count > 0 else { return }
    let (executor, names) = try executor(for: batch)
    let results = try executor.run(batch.inputs, outputs: names.flatMap { [$0.mean, $0.variance] })
    for (i, name) in names.enumerated() {
      guard case .tensor(let mean)? = results[name.mean], case .tensor(let variance)? = results[name.variance] else { continue }
      merge(i, count: Double(name.positions), mean.doubles(), variance.doubles())
    }
    samples += count
  }

  /// Adds moments as Chan et al. (1983).
  private func merge(_ i: Int, count: Double, _ mean: [Double], _ variance: [Double]) {
    let total = moments[i].count + count
    for c in mean.indices {
      let difference = mean[c] - moments[i].mean[c]
      moments[i].mean[c] += difference * count / total
      moments[i].squares[c] += variance[c] * count + difference * difference * moments[i].count * count / total
    }
    moments[i].count = total
  }

  private typealias Names = (mean: String, variance: String, positions: Int)
  private var plans: [(shapes: [String: Shape], executor: Executor, names: [Names])] = []

  private func executor(for batch: TrainingBatch) throws -> (Executor, [Names]) {
    let shapes = batch.inputs.mapValues(\.shape)
    if let known = plans.first(where: { $0.shapes == shapes }) { return (known.executor, known.names) }
    let typed = try StepFunction.typed(function, batch).inSinglePrecision()
    let emitter = try Emitter(typed)
    var names: [Names] = []
    for norm in trainer.constants.norms {
      let x = try emitter.value(norm.value)
      let axes = x.shape.indices.filter { $0 != 1 }
      let mean = try x.apply("reduce_mean", ["axes": Array(axes), "keep_dims": true])
      let variance = try (x - mean).squared().apply("reduce_mean", ["axes": Array(axes), "keep_dims": false])
      let flat = try mean.reshaped([norm.channels])
      guard let meanName = flat.name, let varianceName = variance.name else { continue }
      names.append((meanName, varianceName, x.shape.elementCount / max(norm.channels, 1)))
    }
    var measured = typed
    measured.block.operations = emitter.operations
    measured.block.outputs = names.flatMap { [$0.mean, $0.variance] }
    let executor = try Executor(
      program: Program(functions: [measured]), function: measured.name, options: RuntimeOptions(weights: .dense),
      isCancelled: trainer.isCancelled)
    plans.append((shapes, executor, names))
    return (executor, names)
  }

  /// The initial values of the norms' constants.
  fileprivate func values() -> [String: Tensor] {
    var values: [String: Tensor] = [:]
    for (norm, moment) in zip(trainer.constants.norms, moments) {
      let start = norm.start(means: moment.mean.map { Float($0) }, variances: moment.squares.map { Float($0 / max(moment.count, 1)) })
      values.merge(start) { $1 }
    }
    return values
  }
}

extension Trainer {
  /// The restored norms.
  package var norms: [RestoredNorm] { constants.norms }
  /// Layers that no norm was restored behind, with the reason.
  package var skippedNorms: [(layer: String, reason: String)] { constants.skippedNorms }

  /// Whether norms wait for statistics of the data, without which no step can be taken.
  package var needsNormStatistics: Bool { !constants.norms.isEmpty && normSamples == 0 }

  /// New statistics for the norms, to which batches are added.
  package func normStatistics() -> NormStatistics { NormStatistics(self) }

  /// Sets the norms such that they change nothing for data with these statistics.
  ///
  /// - Throws: `TrainingError` without samples, or if a layer's outputs are not finite.
  package func setNorms(_ statistics: NormStatistics) throws {
    guard statistics.samples > 0 else { throw TrainingError.batch(problem: "norms = \"restore\" needs samples, found none") }
    let values = statistics.values()
    for norm in norms where !(values[norm.gamma]?.floats() ?? []).allSatisfy(\.isFinite) {
      throw TrainingError.unsupported(what: "the output of '\(norm.layer)'", reason: "it is not finite, so it has no mean and deviation")
    }
    for parameter in parameters {
      if let value = values[parameter.name] { parameter.start(from: value) }
    }
    for (name, buffer) in self.statistics { if let value = values[name] { buffer.store(value) } }
    normSamples = statistics.samples
  }
}
