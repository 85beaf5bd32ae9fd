// SPDX-License-Identifier: Apache-2.0
// Ranges, codes and errors of weights, compared with plain loops.

import CKernels
import Tensors
import Testing

extension FloatLoops {
  @Suite struct QuantizeLoopTests {
    static let counts = [0, 1, 15, 16, 17, 2047, 5000]

    static func values(_ count: Int) -> [Float] {
      var random = SplitMix64(seed: UInt64(count))
      return (0..<count).map { _ in Float(random.normal()) }
    }

    @Test(arguments: counts) func bounds(count: Int) {
      let x = Self.values(count)
      onEachLevel { level in
        var (low, high): (Float, Float) = (.infinity, -.infinity)
        ck_bounds(x, count, &low, &high)
        #expect(low == x.min() ?? .infinity && high == x.max() ?? -.infinity, "level \(level)")
        var lows = [Float](repeating: 0, count: count)
        var highs = lows
        ck_bounds_each(x, count, &lows, &highs)
        #expect(lows == x.map { min($0, 0) } && highs == x.map { max($0, 0) }, "level \(level)")
      }
    }

    @Test(arguments: counts) func codes(count: Int) {
      let x = Self.values(count)
      let scale: Float = 0.01
      // -7 and 7 are the ends; 2 is added after rounding half to even.
      let expected = x.map { UInt8(truncatingIfNeeded: Int(min(max(($0 / scale).rounded(.toNearestOrEven) + 2, -7), 7))) }
      onEachLevel { level in
        var codes = [UInt8](repeating: 99, count: count)
        ck_quantize(&codes, x, scale, 2, -7, 7, false, count)
        #expect(codes == expected, "level \(level)")
        var each = [UInt8](repeating: 99, count: count)
        ck_quantize_each(
          &each, x, [Float](repeating: scale, count: count), [Float](repeating: 2, count: count), -7, 7, false, count)
        #expect(each == expected, "level \(level)")
      }
    }

    @Test func specialCodes() {
      // A block of zeros has scale 0: 0/0 has no code but 0. 2049/2 is halfway between halves, 1024 and 1025 apart:
      // 1024.5 as a half is 1024.5, so 2.0009766 / 1 rounds to 2.0 first, then to 2.
      onEachLevel { level in
        var codes: [UInt8] = [9, 9, 9, 9]
        ck_quantize(&codes, [0, 0, 0, 0], 0, 3, -7, 7, false, 4)
        #expect(codes == [0, 0, 0, 0], "level \(level)")
        ck_quantize(&codes, [0.5, 1.5, 2.5, -0.5], 1, 0, -7, 7, true, 4)
        #expect(codes == [0, 2, 2, 0], "level \(level)")
        // 2.5003 is 2.5 in 16 bits, and 2.5 rounds to 2; in 32 bits it rounds to 3.
        ck_quantize(&codes, [2.5003, 2.5003, 1e30, -1e30], 1, 0, -7, 7, true, 4)
        #expect(codes == [2, 2, 7, 249], "level \(level)")
        ck_quantize(&codes, [2.5003, 2.5003, 1e30, -1e30], 1, 0, -7, 7, false, 4)
        #expect(codes == [3, 3, 7, 249], "level \(level)")
      }
    }

    @Test(arguments: counts) func squaredError(count: Int) {
      let x = Self.values(count)
      let y = x.map { $0 * 1.25 }
      let signal = x.reduce(0) { $0 + Double($1) * Double($1) }
      onEachLevel { level in
        var (s, n) = (1.0, 2.0)
        ck_squared_error(x, y, count, &s, &n)
        #expect((s - 1 - signal).magnitude < 1e-9 * (signal + 1), "level \(level)")
        #expect((n - 2 - signal / 16).magnitude < 1e-6 * (signal + 1), "level \(level)")
      }
    }

    @Test func nonFinite() {
      let halves = (0..<70000).map { UInt16(truncatingIfNeeded: $0) }
      // 1,024 patterns a sign have the highest exponent; the first 4,464 patterns come twice.
      let words: [UInt32] = [0x7F80_0000, 0x7F7F_FFFF, 0xFF80_0000, 0x7FC0_0000, 0, 1]
      onEachLevel { level in
        #expect(ck_count_nonfinite16(halves, halves.count) == 2048, "level \(level)")
        #expect(ck_count_nonfinite32(words, words.count) == 3, "level \(level)")
      }
    }
  }
}
