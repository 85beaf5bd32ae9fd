// SPDX-License-Identifier: Apache-2.0
// Reinterpreted tensor bytes for the storage formats: packed bytes with another type, bit masks, raw elements.

import CKernels
import Tensors

extension DType {
  /// The unsigned type with that many bits that the indices of a lookup table can have.
  package init?(indexBits bits: Int) {
    switch bits {
    case 1: self = .uint1
    case 2: self = .uint2
    case 3: self = .uint3
    case 4: self = .uint4
    case 6: self = .uint6
    case 8: self = .uint8
    default: return nil
    }
  }

  /// Widths that the indices of a lookup table can have, narrowest first.
  package static let indexWidths: [Int] = [1, 2, 3, 4, 6, 8]
}

extension Tensor {
  /// Padding bits at the end of the last byte.
  var unusedBits: Int { byteCount * 8 - count * dtype.bits }

  /// The packed bytes with padding bits cleared.
  func cleanBytes() -> [UInt8] {
    var bytes = withBytes { Array($0) }
    if unusedBits > 0, let last = bytes.indices.last { bytes[last] &= 0xFF >> UInt8(unusedBits) }
    return bytes
  }

  /// Number of ones in a `uint1` tensor.
  package var onesCount: Int { ones(before: count) }

  /// Number of ones among the first elements of a `uint1` tensor.
  func ones(before count: Int) -> Int {
    withBytes { bytes in
      bytes.bindMemory(to: UInt8.self).baseAddress.map { ck_count_bits($0, count) } ?? 0
    }
  }
}

/// An unsigned integer with the width of a whole-byte element, so that elements are moved without conversion.
protocol ElementBits: FixedWidthInteger, UnsignedInteger, BitwiseCopyable {}
extension UInt8: ElementBits {}
extension UInt16: ElementBits {}
extension UInt32: ElementBits {}
extension UInt64: ElementBits {}
