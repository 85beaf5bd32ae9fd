// SPDX-License-Identifier: Apache-2.0
// Bit masks of the weights that are kept.

import CKernels
import Tensors

extension Tensor {
  /// A mask that is one where the magnitude exceeds the limit.
  ///
  /// - Precondition: 16- or 32-bit floats.
  package func mask(above limit: Double) -> Tensor {
    // The greatest float not above the limit: exactly the same elements exceed it.
    var nearest = Float(limit)
    if Double(nearest) > limit { nearest = nearest.nextDown }
    let threshold = nearest
    var mask = Tensor(uninitialized: .uint1, shape)
    mask.withMutableBytes { bits in
      guard let bits = bits.bindMemory(to: UInt8.self).baseAddress else { return }
      withGroupElements { elements in
        elements.forEachStretch { stretch, floats in
          ck_mask_above(bits + stretch.lowerBound / 8, floats, threshold, stretch.count)
        }
      }
    }
    return mask
  }

  /// The intersection of two masks.
  package func intersection(_ other: Tensor) -> Tensor {
    precondition(dtype == .uint1 && other.dtype == .uint1 && shape == other.shape, "\(self) and \(other)")
    var both = self
    both.withMutableBytes { bits in
      other.withBytes { others in for i in bits.indices { bits[i] &= others[i] } }
    }
    return both
  }

  /// Calls `body` with all elements.
  ///
  /// - Precondition: 16- or 32-bit floats.
  package func withGroupElements<Result>(_ body: (GroupElements) throws -> Result) rethrows -> Result {
    if dtype == .float16 { return try withBits(UInt16.self) { try body(.halves($0)) } }
    return try withBits(UInt32.self) { bits in
      try body(.singles(UnsafeRawBufferPointer(bits).assumingMemoryBound(to: Float.self)))
    }
  }
}
