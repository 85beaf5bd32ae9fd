// SPDX-License-Identifier: Apache-2.0
// The state of a training run, for resuming it with bit-identical results.

import Runtime
import Tensors

extension Trainer {
  /// All state as named arrays: parameters, optimizer state, ranges, centroids, masks and counters.
  package var state: [String: Tensor] {
    var state = ["step": Tensor([Int64(step), Int64(pending)])]
    for (i, parameter) in parameters.enumerated() {
      for (name, buffer) in parameter.buffers { state["parameter.\(i).\(name)"] = buffer.tensor }
      for (t, transform) in parameter.transforms.enumerated() {
        for (name, tensor) in transform.state { state["parameter.\(i).method.\(t).\(name)"] = tensor }
      }
    }
    for (name, buffer) in statistics { state["statistic.\(name)"] = buffer.tensor }
    for (i, site) in (activations?.sites ?? []).enumerated() {
      for (name, tensor) in site.state { state["activation.\(i).\(name)"] = tensor }
    }
    for (i, slot) in learned.enumerated() {
      for (name, buffer) in slot.buffers { state["learned.\(i).\(name)"] = buffer.tensor }
    }
    if !norms.isEmpty { state["norms"] = Tensor([Int64(normSamples)]) }
    return state
  }

  /// Restores the state of another run with the same program, options and methods.
  ///
  /// - Throws: `TrainingError.checkpoint` for arrays that are missing or have a different size.
  package func restore(_ state: [String: Tensor]) throws {
    let counters = try state.doubles("step", count: 2)
    let samples = norms.isEmpty ? nil : try state.doubles("norms", count: 1)[0]
    for (i, parameter) in parameters.enumerated() {
      for (name, buffer) in parameter.buffers {
        buffer.store(try state.tensor("parameter.\(i).\(name)", count: buffer.count).reshaped(buffer.shape))
      }
      for (t, transform) in parameter.transforms.enumerated() {
        try transform.restore(state.under("parameter.\(i).method.\(t)."))
      }
    }
    for (name, buffer) in statistics.sorted(by: { $0.key < $1.key }) {
      buffer.store(try state.tensor("statistic.\(name)", count: buffer.count).reshaped(buffer.shape))
    }
    for (i, site) in (activations?.sites ?? []).enumerated() { try site.restore(state.under("activation.\(i).")) }
    for (i, slot) in learned.enumerated() {
      for (name, buffer) in slot.buffers {
        buffer.store(try state.tensor("learned.\(i).\(name)", count: buffer.count).reshaped(buffer.shape))
      }
    }
    if let samples { normSamples = Int(samples) }
    step = Int(counters[0])
    pending = Int(counters[1])
  }
}

extension TrainedParameter {
  /// All mutable buffers by name.
  fileprivate var buffers: [(name: String, buffer: ExternalBuffer)] {
    var all = [("value", value)]
    for (i, slot) in slots.enumerated() { all.append(("slot.\(i)", slot)) }
    if let accumulated { all.append(("accumulated", accumulated)) }
    if let average { all.append(("average", average)) }
    return all
  }
}

extension LearnedSlot {
  /// The optimizer state and the accumulated gradient by name.
  fileprivate var buffers: [(name: String, buffer: ExternalBuffer)] {
    slots.enumerated().map { ("slot.\($0)", $1) } + (sum.map { [("accumulated", $0)] } ?? [])
  }
}

extension [String: Tensor] {
  /// The arrays whose names start with the prefix, with the prefix removed.
  fileprivate func under(_ prefix: String) -> [String: Tensor] {
    Dictionary(
      uniqueKeysWithValues: compactMap { name, tensor in name.hasPrefix(prefix) ? (String(name.dropFirst(prefix.count)), tensor) : nil })
  }
}
