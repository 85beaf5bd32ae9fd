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
    let program = try program(for: batch)
    // Checked before any state changes, so that an invalid schedule has no effect.
    let rate = try rate()
    dropoutSeed.pointer.assumingMemoryBound(to: Int32.self)[0] = Int32(
      truncatingIfNeeded: UInt64(truncatingIfNeeded: step * options.accumulate + pending) &+ options.seed &* 0x9E37_79B9)
    for site in activations?.sites ?? [] { site.prepare(step: step) }
    for parameter in parameters { try parameter.forward() }
    let kept = (Array(statistics.values) + (activations?.sites ?? []).map(\.range)).map { ($0, $0.tensor) }
    let loss = try program.run(batch)
    guard loss.isFinite else { throw notFinite(program, kept) }
    for parameter in parameters { parameter.backward() }
    // A gradient may be infinite, as of a square root at zero; one such value would corrupt the weight permanently.
    guard parameters.allSatisfy({ $0.hasFiniteGradient || !program.reached.contains($0.name) }) else {
      throw notFinite(program, kept)
    }
    pending += 1
    if options.accumulate > 1 {
      for parameter in parameters { parameter.collect(isLast: pending == options.accumulate, batches: options.accumulate) }
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
  private func notFinite(_ program: StepProgram, _ kept: [(ExternalBuffer, Tensor)]) -> TrainingError {
    for (buffer, tensor) in kept { buffer.store(tensor) }
    return .notFinite(step: step + 1, origin: program.origin())
  }

  private func clip() {
    if let limit = options.clipValue {
      let limit = Float(limit)
      for parameter in parameters {
        let g = parameter.gradient.base
        for i in 0..<parameter.count { g[i] = min(max(g[i], -limit), limit) }
      }
    }
    guard let limit = options.clipNorm else { return }
    var total = 0.0
    for parameter in parameters {
      let g = parameter.gradient.base
      var sum: Float = 0
      for i in 0..<parameter.count { sum += g[i] * g[i] }
      total += Double(sum)
    }
    let norm = total.squareRoot()
    guard norm > limit else { return }
    let factor = Float(limit / (norm + 1e-6))
    for parameter in parameters {
      let g = parameter.gradient.base
      for i in 0..<parameter.count { g[i] *= factor }
    }
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
  fileprivate var hasFiniteGradient: Bool {
    let g = gradient.base
    // With any infinity or NaN the sum of zero times the elements is NaN.
    var sum: Float = 0
    for i in 0..<count { sum += g[i] * 0 }
    return sum == 0
  }

  /// Accumulates the gradient; with the last batch, the gradient becomes the mean.
  fileprivate func collect(isLast: Bool, batches: Int) {
    guard let sum = accumulated?.base else { return }
    let g = gradient.base
    for i in 0..<count { sum[i] += g[i] }
    guard isLast else { return }
    let share = 1 / Float(batches)
    for i in 0..<count {
      g[i] = sum[i] * share
      sum[i] = 0
    }
  }
}
