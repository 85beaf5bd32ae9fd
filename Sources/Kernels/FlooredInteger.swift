// SPDX-License-Identifier: Apache-2.0
// The vectorized quotients and remainders of integers of at most 32 bits.

import CKernels

/// The vectorized loops of a floored quotient or remainder.
struct FlooredLoops<T: FixedWidthInteger & BitwiseCopyable> {
  let elements: (UnsafeMutablePointer<T>?, UnsafePointer<T>?, UnsafePointer<T>?, Int) -> Void
  let byNumber: (UnsafeMutablePointer<T>?, UnsafePointer<T>?, T, Int) -> Void
  let ofNumber: (UnsafeMutablePointer<T>?, T, UnsafePointer<T>?, Int) -> Void
}

/// An integer of at most 32 bits, which is divided as a double.
protocol FlooredInteger: FixedWidthInteger, BitwiseCopyable {
  static var quotients: FlooredLoops<Self> { get }
  static var remainders: FlooredLoops<Self> { get }
}

extension Int8: FlooredInteger {
  static var quotients: FlooredLoops<Int8> {
    .init(elements: ck_floor_div_i8, byNumber: ck_floor_div_i8_scalar, ofNumber: ck_floor_div_i8_rscalar)
  }
  static var remainders: FlooredLoops<Int8> {
    .init(elements: ck_floor_mod_i8, byNumber: ck_floor_mod_i8_scalar, ofNumber: ck_floor_mod_i8_rscalar)
  }
}
extension UInt8: FlooredInteger {
  static var quotients: FlooredLoops<UInt8> {
    .init(elements: ck_floor_div_u8, byNumber: ck_floor_div_u8_scalar, ofNumber: ck_floor_div_u8_rscalar)
  }
  static var remainders: FlooredLoops<UInt8> {
    .init(elements: ck_floor_mod_u8, byNumber: ck_floor_mod_u8_scalar, ofNumber: ck_floor_mod_u8_rscalar)
  }
}
extension Int16: FlooredInteger {
  static var quotients: FlooredLoops<Int16> {
    .init(elements: ck_floor_div_i16, byNumber: ck_floor_div_i16_scalar, ofNumber: ck_floor_div_i16_rscalar)
  }
  static var remainders: FlooredLoops<Int16> {
    .init(elements: ck_floor_mod_i16, byNumber: ck_floor_mod_i16_scalar, ofNumber: ck_floor_mod_i16_rscalar)
  }
}
extension UInt16: FlooredInteger {
  static var quotients: FlooredLoops<UInt16> {
    .init(elements: ck_floor_div_u16, byNumber: ck_floor_div_u16_scalar, ofNumber: ck_floor_div_u16_rscalar)
  }
  static var remainders: FlooredLoops<UInt16> {
    .init(elements: ck_floor_mod_u16, byNumber: ck_floor_mod_u16_scalar, ofNumber: ck_floor_mod_u16_rscalar)
  }
}
extension Int32: FlooredInteger {
  static var quotients: FlooredLoops<Int32> {
    .init(elements: ck_floor_div_i32, byNumber: ck_floor_div_i32_scalar, ofNumber: ck_floor_div_i32_rscalar)
  }
  static var remainders: FlooredLoops<Int32> {
    .init(elements: ck_floor_mod_i32, byNumber: ck_floor_mod_i32_scalar, ofNumber: ck_floor_mod_i32_rscalar)
  }
}
extension UInt32: FlooredInteger {
  static var quotients: FlooredLoops<UInt32> {
    .init(elements: ck_floor_div_u32, byNumber: ck_floor_div_u32_scalar, ofNumber: ck_floor_div_u32_rscalar)
  }
  static var remainders: FlooredLoops<UInt32> {
    .init(elements: ck_floor_mod_u32, byNumber: ck_floor_mod_u32_scalar, ofNumber: ck_floor_mod_u32_rscalar)
  }
}
