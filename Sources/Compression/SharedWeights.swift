// SPDX-License-Identifier: Apache-2.0
// Weights whose bytes are shared, by the functions of a program, say, are compressed once, stay shared and count once.

import Encodings
import Tensors

/// Where stored bytes lie: the same for all weights that share them.
///
/// Only tensors that are alive together can be told apart by it.
package struct StoredBytes: Hashable, Sendable {
  private let address: UInt
  private let byteCount: Int
  private let dtype: DType
  private let shape: Shape

  fileprivate init(_ tensor: Tensor) {
    address = tensor.withBytes { UInt(bitPattern: $0.baseAddress) }
    byteCount = tensor.byteCount
    dtype = tensor.dtype
    shape = tensor.shape
  }
}

extension EncodedWeight {
  /// Where all that is stored for it lies.
  package var storedBytes: [StoredBytes] { tensors.map { StoredBytes($0) } }
}

/// Counts stored bytes, each once.
struct StorageCount {
  private var known: Set<StoredBytes> = []

  /// The bytes of the weight that were not counted before.
  mutating func add(_ weight: EncodedWeight) -> Int {
    weight.tensors.reduce(0) { $0 + (known.insert(StoredBytes($1)).inserted ? $1.byteCount : 0) }
  }
}

enum SharedWeights {
  /// For each task the first one that compresses the same bytes in the same way, most often itself.
  static func leaders(_ tasks: [WeightTask]) -> [Int] {
    var known: [[StoredBytes]: [Int]] = [:]
    return tasks.indices.map { index in
      let place = tasks[index].weight.storedBytes
      if let leader = known[place]?.first(where: { tasks[$0].isAlike(tasks[index]) }) { return leader }
      known[place, default: []].append(index)
      return index
    }
  }
}

extension WeightTask {
  /// Whether the technique has no reason to tell the two apart.
  fileprivate func isAlike(_ other: WeightTask) -> Bool {
    technique.isEqual(to: other.technique) && weight == other.weight && context.outputAxis == other.context.outputAxis
      && context.inputAxis == other.context.inputAxis && context.isNamed == other.context.isNamed
      && context.consumers.map(\.kind) == other.context.consumers.map(\.kind)
  }
}

extension Consumer {
  fileprivate var kind: [String] { [operatorType, parameter, "\(groups)"] }
}
