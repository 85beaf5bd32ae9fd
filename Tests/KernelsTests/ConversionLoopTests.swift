// SPDX-License-Identifier: Apache-2.0
// Conversions: half compared with the compiler, bfloat16 and sub-byte integers with bit arithmetic.

import CKernels
import Tensors
import Testing

extension FloatLoops {
  @Suite struct ConversionLoopTests {
    @Test func everyHalf() {
      let halves = (0...65535).map { UInt16($0) }
      onEachLevel { level in
        var floats = [Float](repeating: 0, count: halves.count)
        ck_half_to_float(&floats, halves, halves.count)
        var back = [UInt16](repeating: 0, count: halves.count)
        ck_float_to_half(&back, floats, floats.count)
        for (h, f) in zip(halves, floats) {
          let expected = Float(Float16(bitPattern: h))
          #expect(
            f.bitPattern == expected.bitPattern || f.isNaN && expected.isNaN, "\(h), level \(level)"
          )
        }
        for (h, b) in zip(halves, back) {
          let quiet = (h & 0x7fff) > 0x7c00 ? h | 0x200 : h
          #expect(b == quiet, "\(h), level \(level)")
        }
      }
    }

    @Test func roundingToHalf() {
      // Between two adjacent halves: a quarter, the tie, three quarters; then overflow and the smallest subnormals.
      var values: [Float] = [
        65504, 65519.996, 65520, 65536, 1e30, .infinity, 2.9802322e-8, 2.9802326e-8, 8.940697e-8,
        1e-30,
      ]
      for h in stride(from: UInt16(1), to: 0x7bff, by: 7) {
        let a = Float(Float16(bitPattern: h)), b = Float(Float16(bitPattern: h + 1))
        values += [a + (b - a) / 4, (a + b) / 2, a + (b - a) * 3 / 4]
      }
      values += values.map { -$0 } + FloatLoops.everyMagnitude(seed: 11)
      onEachLevel { level in
        var halves = [UInt16](repeating: 0, count: values.count)
        ck_float_to_half(&halves, values, values.count)
        var rounded = [Float](repeating: 0, count: values.count)
        ck_round_half(&rounded, values, values.count)
        for (i, v) in values.enumerated() where !v.isNaN {
          #expect(halves[i] == Float16(v).bitPattern, "\(v), level \(level)")
          #expect(rounded[i].bitPattern == Float(Float16(v)).bitPattern, "\(v), level \(level)")
        }
        #expect(rounded.indices.allSatisfy { values[$0].isNaN == rounded[$0].isNaN })
      }
    }

    @Test func bfloat() {
      let values = FloatLoops.everyMagnitude(seed: 12)
      onEachLevel { level in
        var codes = [UInt16](repeating: 0, count: values.count)
        ck_float_to_bfloat(&codes, values, values.count)
        var back = [Float](repeating: 0, count: values.count)
        ck_bfloat_to_float(&back, codes, codes.count)
        for (v, b) in zip(values, back) {
          if v.isNaN {
            #expect(b.isNaN)
            continue
          }
          let low = Float(bitPattern: v.bitPattern & 0xffff_0000),
            high = Float(bitPattern: (v.bitPattern & 0xffff_0000) &+ 0x10000)
          // The candidates' distances, compared exactly in double; ties go to the even code.
          let down = (Double(v) - Double(low)).magnitude
          let up =
            high.isInfinite
            ? (Double(v.magnitude) - 0x1p128).magnitude : (Double(high) - Double(v)).magnitude
          let expected =
            v.isInfinite || down < up || down == up && low.bitPattern & 0x10000 == 0 ? low : high
          #expect(b.bitPattern == expected.bitPattern, "\(v), level \(level)")
        }
      }
      // 1 + 2⁻⁸ lies between 1 and 1 + 2⁻⁷: to even is down; 1 + 3·2⁻⁸ goes up to 1 + 2⁻⁶.
      var ties = [UInt16](repeating: 0, count: 3)
      ck_float_to_bfloat(&ties, [1.00390625, 1.01171875, 1.0039064], 3)
      #expect(ties == [0x3f80, 0x3f82, 0x3f81])
    }

    /// n integers of `bits` bits, least significant first, bit by bit.
    static func packBitwise(_ values: [UInt8], bits: Int) -> [UInt8] {
      var packed = [UInt8](repeating: 0, count: (values.count * bits + 7) / 8)
      for (i, v) in values.enumerated() {
        for b in 0..<bits where v >> b & 1 == 1 {
          packed[(i * bits + b) / 8] |= 1 << ((i * bits + b) % 8)
        }
      }
      return packed
    }

    @Test(arguments: 1...8) func subByteIntegers(bits: Int) {
      for n in FloatLoops.lengths {
        let values = bytes(n, seed: UInt64(n * 10 + bits))
        let codes = values.map { $0 & UInt8((1 << bits) - 1) }
        let expected = Self.packBitwise(codes, bits: bits)
        onEachLevel { level in
          var packed = [UInt8](repeating: 0xaa, count: expected.count + 1)
          ck_pack(&packed, codes, Int32(bits), n)
          #expect(packed == expected + [0xaa], "\(n) codes, level \(level)")
          var unsigned = [UInt8](repeating: 0xaa, count: n + 1)
          ck_unpack_unsigned(&unsigned, expected, Int32(bits), n)
          #expect(unsigned == codes + [0xaa], "\(n) codes, level \(level)")
          var signed = [Int8](repeating: 42, count: n + 1)
          ck_unpack_signed(&signed, expected, Int32(bits), n)
          let top = 1 << (bits - 1)
          #expect(
            signed == codes.map { Int8((Int($0) ^ top) - top) } + [42], "\(n) codes, level \(level)"
          )
        }
      }
    }

    @Test func packingLooksAtTheLowBitsOnly() {
      onEachLevel { _ in
        var packed: [UInt8] = [0, 0]
        ck_pack(&packed, [0xff, 0x12, 0xfe], 4, 3)
        #expect(packed == [0x2f, 0x0e])
      }
    }

    @Test func eightBitIntegers() {
      let codes = bytes(777, seed: 13)
      onEachLevel { _ in
        var y = [Float](repeating: 0, count: codes.count)
        ck_dequantize_uint8(&y, codes, 0.25, 3, y.count)
        #expect(zip(codes, y).allSatisfy { $1 == (Float($0) - 3) * 0.25 })
        let signed = codes.map { Int8(bitPattern: $0) }
        ck_dequantize_int8(&y, signed, -0.5, -7, y.count)
        #expect(zip(signed, y).allSatisfy { $1 == (Float($0) + 7) * -0.5 })
      }
    }

    @Test func quantizing() {
      let x: [Float] = [
        0, 0.25, 0.75, -0.25, -0.75, 1.25, 63, 64, -64, -65, 1e30, -1e30, .nan, .infinity,
        -.infinity, 10.3, -10.3,
      ]
      // Halves of scale 0.5: 0.25 is half a step and goes to even.
      let expected: [Int] = [
        0, 0, 2, 0, -2, 2, 126, 128, -128, -130, 9999, -9999, 0, 9999, -9999, 21, -21,
      ]
      onEachLevel { level in
        var signed = [Int8](repeating: 0, count: x.count)
        ck_quantize_int8(&signed, x, 0.5, 1, x.count)
        #expect(signed == expected.map { Int8(min(max($0 + 1, -128), 127)) }, "level \(level)")
        var unsigned = [UInt8](repeating: 0, count: x.count)
        ck_quantize_uint8(&unsigned, x, 0.5, 128, x.count)
        #expect(unsigned == expected.map { UInt8(min(max($0 + 128, 0), 255)) }, "level \(level)")
      }
    }
  }
}
