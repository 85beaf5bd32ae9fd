// SPDX-License-Identifier: Apache-2.0
// Sources made of others: one after the other, with other labels, with an input as labels.

import Tensors

/// The samples of two sources in given orders, one after the other. Inputs and labels must have the same types.
struct JoinedSource: SampleSource {
  let first: any SampleSource
  let firstOrder: [Int]
  let second: any SampleSource
  let secondOrder: [Int]

  var count: Int { firstOrder.count + secondOrder.count }
  var inputs: [String: SampleType] { first.inputs }
  var labels: SampleType? { first.labels }
  var isSlow: Bool { first.isSlow || second.isSlow }
  var byteCount: Int { first.byteCount + second.byteCount }

  var knownLabels: Tensor? {
    guard let a = first.knownLabels, let b = second.knownLabels else { return nil }
    return try? Tensor.joined(rowsOf: [a.gatheringRows(firstOrder), b.gatheringRows(secondOrder)])
  }

  func read(_ indices: [Int], isAbandoned: () -> Bool) throws -> PendingSamples {
    // Runs of samples of the same source are read at once.
    var runs: [(isSecond: Bool, indices: [Int])] = []
    for index in indices {
      let isSecond = index >= firstOrder.count
      let own = isSecond ? secondOrder[index - firstOrder.count] : firstOrder[index]
      if runs.last?.isSecond == isSecond { runs[runs.count - 1].indices.append(own) } else { runs.append((isSecond, [own])) }
    }
    let parts = try runs.map { try ($0.isSecond ? second : first).read($0.indices, isAbandoned: isAbandoned) }
    return PendingSamples { try Samples.joined(parts.map { try $0.finish() }) }
  }

  func add(_ order: [Int], to hash: inout ContentHash) throws {
    try first.add(order.filter { $0 < firstOrder.count }.map { firstOrder[$0] }, to: &hash)
    try second.add(order.filter { $0 >= firstOrder.count }.map { secondOrder[$0 - firstOrder.count] }, to: &hash)
  }
}

/// The samples of a source with labels from a tensor, `[samples, …]`.
struct RelabeledSource: SampleSource {
  let base: any SampleSource
  let own: Tensor

  var count: Int { base.count }
  var inputs: [String: SampleType] { base.inputs }
  var labels: SampleType? { SampleType(rowsOf: own) }
  var knownLabels: Tensor? { own }
  var isSlow: Bool { base.isSlow }
  var byteCount: Int { base.byteCount + own.byteCount }

  func read(_ indices: [Int], isAbandoned: () -> Bool) throws -> PendingSamples {
    let pending = try base.read(indices, isAbandoned: isAbandoned)
    return PendingSamples { Samples(inputs: try pending.finish().inputs, labels: own.gatheringRows(indices)) }
  }

  func add(_ order: [Int], to hash: inout ContentHash) throws {
    try base.add(order, to: &hash)
    hash.add(own.gatheringRows(order))
  }
}

/// The samples of a source with their labels changed by a function of a batch's labels.
struct LabelMapSource: SampleSource {
  let base: any SampleSource
  let change: @Sendable (Tensor) throws -> Tensor

  var count: Int { base.count }
  var inputs: [String: SampleType] { base.inputs }
  var labels: SampleType? { base.labels }
  var isSlow: Bool { base.isSlow }
  var byteCount: Int { base.byteCount }

  func read(_ indices: [Int], isAbandoned: () -> Bool) throws -> PendingSamples {
    let pending = try base.read(indices, isAbandoned: isAbandoned)
    return PendingSamples {
      let samples = try pending.finish()
      return Samples(inputs: samples.inputs, labels: try samples.labels.map(change))
    }
  }
}

/// The samples of a source with one of the inputs as labels.
struct InputLabelSource: SampleSource {
  let base: any SampleSource
  let input: String

  var count: Int { base.count }
  var inputs: [String: SampleType] { base.inputs.filter { $0.key != input } }
  var labels: SampleType? { base.inputs[input] }
  var isSlow: Bool { base.isSlow }
  var byteCount: Int { base.byteCount }

  func read(_ indices: [Int], isAbandoned: () -> Bool) throws -> PendingSamples {
    let pending = try base.read(indices, isAbandoned: isAbandoned)
    return PendingSamples {
      let samples = try pending.finish()
      return Samples(inputs: samples.inputs.filter { $0.key != input }, labels: samples.inputs[input])
    }
  }
}
