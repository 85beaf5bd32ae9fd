// SPDX-License-Identifier: Apache-2.0
// The memory location of stored weights, used to find weights that share storage.

import Encodings
import Tensors

/// The location of stored bytes. Weights that share storage have equal locations.
///
/// Locations can only be compared while all the tensors exist.
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
  /// The locations of all stored parts of the weight.
  package var storedBytes: [StoredBytes] { tensors.map { StoredBytes($0) } }
}

/// Counts stored bytes so that shared bytes are counted once.
package struct StorageCount {
  private var known: Set<StoredBytes> = []

  package init() {}

  /// Counts the stored bytes of the weight and returns how many of them were not counted before.
  package mutating func add(_ weight: EncodedWeight) -> Int {
    weight.tensors.reduce(0) { $0 + (known.insert(StoredBytes($1)).inserted ? $1.byteCount : 0) }
  }
}
