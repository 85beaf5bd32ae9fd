// SPDX-License-Identifier: Apache-2.0
// Where stored bytes lie, which tells weights that share them.

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
package struct StorageCount {
  private var known: Set<StoredBytes> = []

  package init() {}

  /// The bytes of the weight that were not counted before.
  package mutating func add(_ weight: EncodedWeight) -> Int {
    weight.tensors.reduce(0) { $0 + (known.insert(StoredBytes($1)).inserted ? $1.byteCount : 0) }
  }
}
