// SPDX-License-Identifier: Apache-2.0
// Samples in memory.

import Tensors

/// The rows of tensors.
struct ArraySource: SampleSource {
  let arrays: Samples
  let count: Int

  /// - Throws: `EvaluationError` if there are no inputs, or lengths differ (with both names).
  init(_ arrays: Samples) throws {
    guard let first = arrays.inputs.keys.min(), let count = arrays.inputs[first]?.shape.first else {
      if let name = arrays.inputs.keys.min() { throw EvaluationError.scalarInput(name: name) }
      throw EvaluationError.noInputs(source: "the data set")
    }
    var named = arrays.inputs.sorted { $0.key < $1.key }
    if let labels = arrays.labels { named.append(("labels", labels)) }
    for (name, tensor) in named {
      guard let length = tensor.shape.first else { throw EvaluationError.scalarInput(name: name) }
      guard length == count else {
        throw EvaluationError.unequalLengths(first: first, count: count, other: name, otherCount: length)
      }
    }
    self.arrays = arrays
    self.count = count
  }

  var inputs: [String: SampleType] { arrays.inputs.mapValues(SampleType.init(rowsOf:)) }
  var labels: SampleType? { arrays.labels.map(SampleType.init(rowsOf:)) }
  var knownLabels: Tensor? { arrays.labels }
  var byteCount: Int { arrays.inputs.values.reduce(arrays.labels?.byteCount ?? 0) { $0 + $1.byteCount } }

  func read(_ indices: [Int], isAbandoned: () -> Bool) throws -> PendingSamples { PendingSamples(rows(indices)) }

  /// Consecutive rows share the memory of the arrays.
  private func rows(_ indices: [Int]) -> Samples {
    Samples(inputs: arrays.inputs.mapValues { $0.gatheringRows(indices) }, labels: arrays.labels.map { $0.gatheringRows(indices) })
  }

  func add(_ order: [Int], to hash: inout ContentHash) {
    var named = arrays.inputs.sorted { $0.key < $1.key }.map { (name: $0.key, tensor: $0.value) }
    if let labels = arrays.labels { named.append(("", labels)) }
    for (name, tensor) in named {
      let tensor = tensor.dtype.isSubByte ? Tensor(tensor.codes(), shape: tensor.shape) : tensor
      hash.add(Array("\(name) \(tensor.dtype)\(tensor.shape.dropFirst())".utf8))
      let row = Array(tensor.shape.dropFirst()).elementCount * tensor.dtype.bits / 8
      tensor.withBytes { bytes in
        for index in order { hash.add(UnsafeRawBufferPointer(rebasing: bytes[index * row..<(index + 1) * row])) }
      }
    }
  }
}
