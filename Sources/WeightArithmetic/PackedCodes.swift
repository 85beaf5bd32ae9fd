// SPDX-License-Identifier: Apache-2.0
// Tensors of packed codes, produced one code per byte.

import CKernels
import Tensors

extension Tensor {
  /// Codes of `dtype`, which has at most 8 bits, that `fill` writes one per byte.
  package init(codes dtype: DType, _ shape: Shape, fill: (UnsafeMutablePointer<UInt8>) -> Void) {
    var bytes = Tensor(uninitialized: .uint8, shape)
    bytes.withMutableElements(of: UInt8.self) { bytes in
      if let bytes = bytes.baseAddress { fill(bytes) }
    }
    guard dtype.isSubByte else {
      self = bytes.reinterpreted(as: dtype, shape)
      return
    }
    self.init(uninitialized: dtype, shape)
    forEachStretch { stretch, out in
      bytes.withElements(of: UInt8.self) { bytes in
        guard let from = bytes.baseAddress else { return }
        ck_pack(out, from + stretch.lowerBound, Int32(dtype.bits), stretch.count)
      }
    }
  }

  /// The same if `fill` can write any range independently; ranges are written in parallel.
  package init(codes dtype: DType, _ shape: Shape, fillStretch: (Range<Int>, UnsafeMutablePointer<UInt8>) -> Void) {
    self.init(uninitialized: dtype, shape)
    forEachStretch { stretch, out in
      guard dtype.isSubByte else { return fillStretch(stretch, out) }
      let limit = 1 << 14
      withUnsafeTemporaryAllocation(of: UInt8.self, capacity: min(limit, stretch.count)) { scratch in
        guard let scratch = scratch.baseAddress else { return }
        for start in stride(from: stretch.lowerBound, to: stretch.upperBound, by: limit) {
          let piece = start..<min(start + limit, stretch.upperBound)
          fillStretch(piece, scratch)
          ck_pack(out + dtype.byteCount(start - stretch.lowerBound), scratch, Int32(dtype.bits), piece.count)
        }
      }
    }
  }

  /// Calls `body` in parallel for ranges of the elements and the bytes that they occupy.
  private mutating func forEachStretch(_ body: (Range<Int>, UnsafeMutablePointer<UInt8>) -> Void) {
    let (count, dtype) = (count, dtype)
    withMutableBytes { bytes in
      guard let base = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
      // The grain is a multiple of eight elements, which fill whole bytes.
      Parallel.forEachStretch(of: count) { body($0, base + dtype.byteCount($0.lowerBound)) }
    }
  }
}
