// SPDX-License-Identifier: Apache-2.0
// Sub-byte integers: packed in a tensor, one byte each in the hand.
//
// Order of bits, as in Core ML's weight file: lowest first, element 0 in the lowest bits, elements may straddle bytes.
// [0, 3, 2, 1, 3] at 2 bits is the bytes 108, 3.

extension Tensor {
  /// Packs one code a byte into elements of `dtype.bits` bits; upper bits of a code are dropped.
  ///
  /// - Precondition: `dtype` is an integer of at most 8 bits.
  package init(codes: [UInt8], dtype: DType, shape: Shape) {
    precondition(dtype.isInteger && dtype.bits <= 8, "codes of \(dtype)")
    precondition(codes.count == shape.elementCount, "\(codes.count) codes for shape \(shape)")
    self.init(zeros: dtype, shape)
    let bits = dtype.bits
    withMutableBytes { out in
      codes.withUnsafeBufferPointer { codes in
        guard bits < 8 else {
          out.copyBytes(from: codes)
          return
        }
        let mask = UInt32((1 << bits) - 1)
        var window: UInt32 = 0
        var filled = 0
        var at = 0
        for code in codes {
          window |= (UInt32(code) & mask) << UInt32(filled)
          filled += bits
          while filled >= 8 {
            out[at] = UInt8(truncatingIfNeeded: window)
            at += 1
            window >>= 8
            filled -= 8
          }
        }
        if filled > 0 { out[at] = UInt8(truncatingIfNeeded: window) }
      }
    }
  }

  /// The elements one a byte: zero-extended when unsigned, two's complement in a byte when signed.
  ///
  /// - Precondition: `dtype` has at most 8 bits.
  package func codes() -> [UInt8] {
    precondition(dtype.bits > 0 && dtype.bits <= 8, "codes of \(dtype)")
    let bits = dtype.bits
    let signed = dtype.isInteger && dtype.isSigned
    return withBytes { bytes in
      [UInt8](unsafeUninitializedCapacity: count) { out, filled in
        filled = count
        guard bits < 8 else {
          UnsafeMutableRawBufferPointer(out).copyMemory(from: bytes)
          return
        }
        let mask = UInt32((1 << bits) - 1)
        let sign = UInt8(1 << (bits - 1))
        var window: UInt32 = 0
        var left = 0
        var at = 0
        for i in 0..<count {
          if left < bits {
            window |= UInt32(bytes[at]) << UInt32(left)
            at += 1
            left += 8
          }
          let code = UInt8(truncatingIfNeeded: window & mask)
          window >>= UInt32(bits)
          left -= bits
          out[i] = signed ? (code ^ sign) &- sign : code
        }
      }
    }
  }
}
