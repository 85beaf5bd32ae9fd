// SPDX-License-Identifier: Apache-2.0
// One training step: forward pass, backward pass, optimizer update.

import Kernels
import Runtime
import Tensors

extension Trainer {
  /// Computes the loss of a batch and updates the parameters or, with gradient accumulation, adds to the gradients.
  ///
  /// - Returns: the loss before the update.
  /// - Throws: `TrainingError.notFinite` if the loss is not finite; nothing is updated then. Also `RuntimeError.interrupted`,
  ///   with all state as before the batch except ranges and centroids that a batch updates by itself.
  package func train(on batch: TrainingBatch) throws -> Float {
    if needsNormStatistics {
      // The batch alone, unless the caller has given more data before.
      let statistics = normStatistics()
      try statistics.add(batch)
      try setNorms(statistics)
    }
    let program = try stepProgram(for: batch)
    // Checked before any state changes, so that an invalid schedule has no effect.
    let rate = try rate()
    dropoutSeed.pointer.assumingMemoryBound(to: Int32.self)[0] = Int32(
      truncatingIfNeeded: UInt64(truncatingIfNeeded: step * options.accumulate + pending) &+ options.seed &* 0x9E37_79B9)
    for site in activations?.sites ?? [] { site.prepare(step: step, startsStep: pending == 0) }
    for parameter in parameters { try parameter.forward() }
    let kept = (Array(statistics.values) + (activations?.sites ?? []).map(\.range)).map { ($0, $0.tensor) }
    let loss = try program.run(batch)
    guard loss.isFinite else { throw notFinite(program, kept) }
    for parameter in parameters { parameter.backward() }
    // A gradient may be infinite, as of a square root at zero; one such value would corrupt the weight permanently.
    guard parameters.allSatisfy({ Self.isFinite($0.gradients) || !program.reached.contains($0.name) }) else {
      throw notFinite(program, kept)
    }
    // A sum over a weight or an activation, which may be infinite although its terms are finite.
    if let slot = learned.first(where: { $0.isLearning() && $0.withGradient(Self.isFinite) == false }) {
      throw notFinite(program, kept, gradient: slot.name)
    }
    pending += 1
    if options.accumulate > 1 {
      collect()
      guard pending == options.accumulate else { return loss }
    }
    pending = 0
    clip()
    update(Float(rate), program.reached)
    step += 1
    for parameter in parameters { parameter.advance(step: step) }
    average()
    return loss
  }

  /// The error of a step with a non-finite result; statistics and ranges are restored.
  ///
  /// - Parameter gradient: the scale or zero point whose gradient is not finite, if those of the weights are.
  private func notFinite(
    _ program: StepProgram, _ kept: [(ExternalBuffer, Tensor)], gradient: String? = nil
  ) -> TrainingError {
    for (buffer, tensor) in kept { buffer.store(tensor) }
    return .notFinite(step: step + 1, origin: gradient.map { "it begins at the gradient of '\($0)'" } ?? program.origin())
  }

  /// Calls the function with the gradient of each parameter and of all scales and zero points that are learned at this step.
  private func forEachGradient(_ body: (UnsafeMutableBufferPointer<Float>) -> Void) {
    for parameter in parameters { body(parameter.gradients) }
    for slot in learned where slot.isLearning() { slot.withGradient(body) }
  }

  private static func isFinite(_ gradient: UnsafeMutableBufferPointer<Float>) -> Bool {
    // With any infinity or NaN the sum of zero times the elements is NaN.
    gradient.reduce(0) { $0 + $1 * 0 } == 0
  }

  /// Adds the gradients of a batch to those of the step; with the last batch, the gradients become the mean.
  private func collect() {
    let isLast = pending == options.accumulate
    let share = 1 / Float(options.accumulate)
    func collect(_ gradient: UnsafeMutableBufferPointer<Float>, _ sum: ExternalBuffer?) {
      guard let sum = sum?.base else { return }
      for i in gradient.indices { sum[i] += gradient[i] }
      guard isLast else { return }
      for i in gradient.indices { (gradient[i], sum[i]) = (sum[i] * share, 0) }
    }
    for parameter in parameters { collect(parameter.gradients, parameter.accumulated) }
    for slot in learned where slot.isLearning() { slot.withGradient { collect($0, slot.sum) } }
  }

  private func clip() {
    if let limit = options.clipValue {
      let limit = Float(limit)
      forEachGradient { g in for i in g.indices { g[i] = min(max(g[i], -limit), limit) } }
    }
    guard let limit = options.clipNorm else { return }
    // In 64 bits, since the squares of finite gradients may overflow in 32.
    var total = 0.0
    forEachGradient { g in total = g.reduce(total) { $0 + Double($1) * Double($1) } }
    let norm = total.squareRoot()
    guard norm > limit else { return }
    let factor = Float(limit / (norm + 1e-6))
    forEachGradient { g in for i in g.indices { g[i] *= factor } }
  }

  private func update(_ rate: Float, _ reached: Set<String>) {
    let optimizer = options.optimizer
    let momentum = options.schedule.momentum(step: step, fallback: expectedSteps)
    for parameter in parameters where reached.contains(parameter.name) {
      optimizer.update(
        ParameterUpdate(
          count: parameter.count, weight: parameter.value.base, gradient: parameter.gradient.base, slots: parameter.slots.map(\.base),
          rate: rate * Float(parameter.rateFactor), momentum: momentum,
          weightDecay: Float(parameter.weightDecay ?? optimizer.weightDecay), step: step + 1))
    }
    // No weight decay for scales: they are not weights.
    for slot in learned where slot.isLearning() {
      slot.withNumbers { values, gradient in
        optimizer.update(
          ParameterUpdate(
            count: slot.count, weight: values, gradient: gradient, slots: slot.slots.map(\.base), rate: rate, momentum: momentum,
            weightDecay: 0, step: step + 1))
      }
    }
  }

  private func average() {
    guard let decay = options.emaDecay else { return }
    let keep = Float(decay), take = Float(1 - decay)
    for parameter in parameters {
      guard let mean = parameter.average?.base else { continue }
      let value = parameter.value.base
      for i in 0..<parameter.count { mean[i] = keep * mean[i] + take * value[i] }
    }
  }
}

extension TrainedParameter {
  fileprivate var gradients: UnsafeMutableBufferPointer<Float> { UnsafeMutableBufferPointer(start: gradient.base, count: count) }
}
