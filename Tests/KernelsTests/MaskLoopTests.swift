// SPDX-License-Identifier: Apache-2.0
// Bit masks: creation, and compression and expansion of elements, compared with plain loops.

import CKernels
import Tensors
import Testing

extension FloatLoops {
  @Suite struct MaskLoopTests {
    static let counts = [0, 1, 7, 8, 9, 64, 1003]

    static func bits(_ flags: [Bool]) -> [UInt8] {
      var bytes = [UInt8](repeating: 0, count: (flags.count + 7) / 8)
      for (i, flag) in flags.enumerated() where flag { bytes[i / 8] |= 1 << UInt8(i % 8) }
      return bytes
    }

    @Test(arguments: counts) func above(count: Int) {
      var random = SplitMix64(seed: 9)
      let values = (0..<count).map { $0 % 5 == 0 ? -0.5 : Float(random.normal()) }
      onEachLevel { level in
        var mask = [UInt8](repeating: 255, count: (count + 7) / 8)
        ck_mask_above(&mask, values, 0.5, count)
        #expect(mask == Self.bits(values.map { abs($0) > 0.5 }), "level \(level)")
      }
    }

    @Test(arguments: counts) func relevantBits(count: Int) {
      var random = SplitMix64(seed: 10)
      let words = (0..<count).map { _ in UInt32(truncatingIfNeeded: random.next()) & 0x8000_0001 }
      let halves = words.map { UInt16(truncatingIfNeeded: $0 | $0 >> 16) }
      onEachLevel { level in
        var mask = [UInt8](repeating: 255, count: (count + 7) / 8)
        ck_mask_bits32(&mask, words, 0x7FFF_FFFF, count)
        #expect(mask == Self.bits(words.map { $0 & 1 != 0 }), "level \(level)")
        ck_mask_bits16(&mask, halves, 0x7FFF, count)
        #expect(mask == Self.bits(halves.map { $0 & 1 != 0 }), "level \(level)")
      }
    }

    /// Bits after the last element are ignored, and expanding restores the positions of compressed elements.
    @Test(arguments: counts) func takeAndPut(count: Int) {
      var random = SplitMix64(seed: 11)
      let flags = (0..<count).map { _ in random.next() % 3 == 0 }
      var mask = Self.bits(flags)
      if count % 8 != 0 { mask[count / 8] |= 0xFF << UInt8(count % 8) }
      let values = (0..<count).map { UInt32($0 + 1) &* 0x0101_0101 }
      let kept = zip(values, flags).filter(\.1).map(\.0)
      let spread = zip(values, flags).map { $1 ? $0 : 0 }
      onEachLevel { level in
        var packed = [UInt32](repeating: 0, count: kept.count)
        #expect(ck_take32(&packed, values, mask, count) == kept.count && packed == kept, "level \(level)")
        var back = [UInt32](repeating: 7, count: count)
        #expect(ck_put32(&back, kept, mask, count) == kept.count && back == spread, "level \(level)")

        let halves = values.map { UInt16(truncatingIfNeeded: $0) }
        var packed16 = [UInt16](repeating: 0, count: kept.count)
        #expect(ck_take16(&packed16, halves, mask, count) == kept.count, "level \(level)")
        #expect(packed16 == kept.map { UInt16(truncatingIfNeeded: $0) }, "level \(level)")
        var back16 = [UInt16](repeating: 7, count: count)
        _ = ck_put16(&back16, packed16, mask, count)
        #expect(back16 == spread.map { UInt16(truncatingIfNeeded: $0) }, "level \(level)")

        let bytes = values.map { UInt8(truncatingIfNeeded: $0) }
        var packed8 = [UInt8](repeating: 0, count: kept.count)
        _ = ck_take8(&packed8, bytes, mask, count)
        #expect(packed8 == kept.map { UInt8(truncatingIfNeeded: $0) }, "level \(level)")
        var back8 = [UInt8](repeating: 7, count: count)
        _ = ck_put8(&back8, packed8, mask, count)
        #expect(back8 == spread.map { UInt8(truncatingIfNeeded: $0) }, "level \(level)")
      }
    }
  }
}
