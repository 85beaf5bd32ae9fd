// SPDX-License-Identifier: Apache-2.0
// Conversion between packed sub-byte integers and one code per byte.
//
// Bit order, as in Core ML's weight file: lowest bits first, element 0 in the lowest bits, elements may straddle bytes.
// For example, [0, 3, 2, 1, 3] at 2 bits is packed as the bytes 108, 3.

import CKernels

extension Tensor {
  /// Packs codes, one per byte, into elements of `dtype.bits` bits; the upper bits of each code are dropped.
  ///
  /// - Precondition: `dtype` is an integer of at most 8 bits.
  package init(codes: [UInt8], dtype: DType, shape: Shape) {
    precondition(dtype.isInteger && dtype.bits <= 8, "codes of \(dtype)")
    precondition(codes.count == shape.elementCount, "\(codes.count) codes for shape \(shape)")
    self.init(uninitialized: dtype, shape)
    let bits = Int32(dtype.bits)
    withMutableBytes { out in
      if let out = out.baseAddress { ck_pack(out.assumingMemoryBound(to: UInt8.self), codes, bits, codes.count) }
    }
  }

  /// The elements, one per byte: zero-extended if unsigned, sign-extended if signed.
  ///
  /// - Precondition: `dtype` has at most 8 bits.
  package func codes() -> [UInt8] {
    precondition(dtype.bits > 0 && dtype.bits <= 8, "codes of \(dtype)")
    let bits = Int32(dtype.bits)
    return withBytes { bytes in
      [UInt8](unsafeUninitializedCapacity: count) { out, filled in
        filled = count
        guard count > 0, let out = out.baseAddress,
          let packed = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        else { return }
        if dtype.isInteger, dtype.isSigned {
          ck_unpack_signed(UnsafeMutableRawPointer(out).assumingMemoryBound(to: Int8.self), packed, bits, count)
        } else {
          ck_unpack_unsigned(out, packed, bits, count)
        }
      }
    }
  }
}
