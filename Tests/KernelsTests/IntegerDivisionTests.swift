// SPDX-License-Identifier: Apache-2.0
// Floored quotients and remainders of integers, against Swift's integer division.

import CKernels
import Kernels
import Tensors
import Testing

extension FloatLoops {
  @Suite struct IntegerDivisionTests {
    typealias Loop<T> = (UnsafeMutablePointer<T>?, UnsafePointer<T>?, UnsafePointer<T>?, Int) -> Void
    typealias Scalar<T> = (UnsafeMutablePointer<T>?, UnsafePointer<T>?, T, Int) -> Void
    typealias Reversed<T> = (UnsafeMutablePointer<T>?, T, UnsafePointer<T>?, Int) -> Void

    /// The quotient rounded down, which wraps, and the remainder with the sign of the divisor; both 0 for a divisor of 0.
    private func floored<T: FixedWidthInteger>(_ a: T, _ b: T) -> (quotient: T, remainder: T) {
      guard b != 0 else { return (0, 0) }
      let (x, y) = (Int64(a), Int64(b))
      let down = x / y - (x % y != 0 && (x < 0) != (y < 0) ? 1 : 0)
      return (T(truncatingIfNeeded: down), T(truncatingIfNeeded: x - down * y))
    }

    private func check<T: FixedWidthInteger>(
      _ type: T.Type, _ divide: Loop<T>, _ byNumber: Scalar<T>, _ ofNumber: Reversed<T>, _ mod: Loop<T>, _ modNumber: Scalar<T>,
      _ modOfNumber: Reversed<T>
    ) {
      var random = SplitMix64(seed: 3)
      let edges = [T.min, T.min + 1, 0, 1, 2, 3, 7, T.max - 1, T.max] + (T.isSigned ? [0 &- 1, 0 &- 3] : [])
      var (a, b): ([T], [T]) = ([], [])
      for x in edges { for y in edges { (a, b) = (a + [x], b + [y]) } }
      for _ in 0..<2_000 {
        a.append(T(truncatingIfNeeded: random.next() >> (random.next() % 60)))
        b.append(T(truncatingIfNeeded: random.next() >> (random.next() % 60)))
      }
      let expected = zip(a, b).map { floored($0, $1) }
      onEachLevel { level in
        var y = [T](repeating: 5, count: a.count)
        divide(&y, a, b, a.count)
        #expect(y == expected.map(\.quotient), "\(T.self), level \(level)")
        mod(&y, a, b, a.count)
        #expect(y == expected.map(\.remainder), "\(T.self), level \(level)")
        for d in edges {
          byNumber(&y, a, d, a.count)
          #expect(y == a.map { floored($0, d).quotient }, "\(T.self) // \(d), level \(level)")
          modNumber(&y, a, d, a.count)
          #expect(y == a.map { floored($0, d).remainder }, "\(T.self) % \(d), level \(level)")
          ofNumber(&y, d, b, b.count)
          #expect(y == b.map { floored(d, $0).quotient }, "\(d) // \(T.self), level \(level)")
          modOfNumber(&y, d, b, b.count)
          #expect(y == b.map { floored(d, $0).remainder }, "\(d) % \(T.self), level \(level)")
        }
      }
    }

    @Test func everyWidth() {
      check(
        Int32.self, ck_floor_div_i32, ck_floor_div_i32_scalar, ck_floor_div_i32_rscalar, ck_floor_mod_i32, ck_floor_mod_i32_scalar,
        ck_floor_mod_i32_rscalar)
      check(
        UInt32.self, ck_floor_div_u32, ck_floor_div_u32_scalar, ck_floor_div_u32_rscalar, ck_floor_mod_u32, ck_floor_mod_u32_scalar,
        ck_floor_mod_u32_rscalar)
      check(
        Int16.self, ck_floor_div_i16, ck_floor_div_i16_scalar, ck_floor_div_i16_rscalar, ck_floor_mod_i16, ck_floor_mod_i16_scalar,
        ck_floor_mod_i16_rscalar)
      check(
        UInt16.self, ck_floor_div_u16, ck_floor_div_u16_scalar, ck_floor_div_u16_rscalar, ck_floor_mod_u16, ck_floor_mod_u16_scalar,
        ck_floor_mod_u16_rscalar)
      check(
        Int8.self, ck_floor_div_i8, ck_floor_div_i8_scalar, ck_floor_div_i8_rscalar, ck_floor_mod_i8, ck_floor_mod_i8_scalar,
        ck_floor_mod_i8_rscalar)
      check(
        UInt8.self, ck_floor_div_u8, ck_floor_div_u8_scalar, ck_floor_div_u8_rscalar, ck_floor_mod_u8, ck_floor_mod_u8_scalar,
        ck_floor_mod_u8_rscalar)
    }
  }
}
