// SPDX-License-Identifier: Apache-2.0
// Decodes the blocks of quantized GGUF tensors.

import Tensors

enum GGUFBlocks {
  typealias Decoder = @Sendable (_ block: UnsafeRawBufferPointer, _ start: Int, _ out: inout [Float]) -> Void

  /// Decoders by type. Blocks of 32 elements have one scale, and perhaps a minimum; those of 256 have scales of scales.
  static let decoders: [String: Decoder] = [
    "Q4_0": { block, start, out in
      let scale = half(block, 0)
      for i in 0..<16 {
        let byte = block[2 + i]
        out[start + i] = scale * Float(Int(byte & 15) - 8)
        out[start + 16 + i] = scale * Float(Int(byte >> 4) - 8)
      }
    },
    "Q4_1": { block, start, out in
      let (scale, least) = (half(block, 0), half(block, 2))
      for i in 0..<16 {
        let byte = block[4 + i]
        out[start + i] = scale * Float(byte & 15) + least
        out[start + 16 + i] = scale * Float(byte >> 4) + least
      }
    },
    "Q5_0": { block, start, out in
      let (scale, high) = (half(block, 0), word(block, 2))
      for i in 0..<16 {
        let byte = block[6 + i]
        let (a, b) = (Int(byte & 15) | Int(high >> UInt32(i) & 1) << 4, Int(byte >> 4) | Int(high >> UInt32(i + 16) & 1) << 4)
        out[start + i] = scale * Float(a - 16)
        out[start + 16 + i] = scale * Float(b - 16)
      }
    },
    "Q5_1": { block, start, out in
      let (scale, least, high) = (half(block, 0), half(block, 2), word(block, 4))
      for i in 0..<16 {
        let byte = block[8 + i]
        let (a, b) = (Int(byte & 15) | Int(high >> UInt32(i) & 1) << 4, Int(byte >> 4) | Int(high >> UInt32(i + 16) & 1) << 4)
        out[start + i] = scale * Float(a) + least
        out[start + 16 + i] = scale * Float(b) + least
      }
    },
    "Q8_0": { block, start, out in
      let scale = half(block, 0)
      for i in 0..<32 { out[start + i] = scale * Float(Int8(bitPattern: block[2 + i])) }
    },
    "Q2_K": { block, start, out in
      let (scale, least) = (half(block, 80), half(block, 82))
      for group in 0..<16 {
        let code = block[group]
        let (d, m) = (scale * Float(code & 15), least * Float(code >> 4))
        // 128 elements share 32 bytes; each pair of groups takes two bits of them.
        let (part, shift, side) = (group / 8, UInt8(group % 8 / 2 * 2), group % 2)
        for i in 0..<16 {
          let bits = block[16 + part * 32 + side * 16 + i] >> shift & 3
          out[start + group * 16 + i] = d * Float(bits) - m
        }
      }
    },
    "Q3_K": { block, start, out in
      let scale = half(block, 108)
      for group in 0..<16 {
        // Six bits of a scale: four in the first eight bytes, two in the last four.
        let low = group < 8 ? block[96 + group] & 15 : block[96 + group - 8] >> 4
        let high = block[104 + group % 4] >> UInt8(group / 4 * 2) & 3
        let d = scale * Float(Int(low | high << 4) - 32)
        let (part, shift, side) = (group / 8, UInt8(group % 8 / 2 * 2), group % 2)
        let mask = UInt8(1) << UInt8(part * 4 + group % 8 / 2)
        for i in 0..<16 {
          let bits = Int(block[32 + part * 32 + side * 16 + i] >> shift & 3)
          let isHigh = block[side * 16 + i] & mask != 0
          out[start + group * 16 + i] = d * Float(bits - (isHigh ? 0 : 4))
        }
      }
    },
    "Q4_K": { block, start, out in
      let (scale, least) = (half(block, 0), half(block, 2))
      for group in 0..<8 {
        let (s, m) = scales(block, 4, group)
        let (d, low) = (scale * Float(s), least * Float(m))
        for i in 0..<32 {
          let byte = block[16 + group / 2 * 32 + i]
          out[start + group * 32 + i] = d * Float(group % 2 == 0 ? byte & 15 : byte >> 4) - low
        }
      }
    },
    "Q5_K": { block, start, out in
      let (scale, least) = (half(block, 0), half(block, 2))
      for group in 0..<8 {
        let (s, m) = scales(block, 4, group)
        let (d, low) = (scale * Float(s), least * Float(m))
        for i in 0..<32 {
          let byte = block[48 + group / 2 * 32 + i]
          let high = block[16 + i] >> UInt8(group) & 1
          out[start + group * 32 + i] = d * Float(Int(group % 2 == 0 ? byte & 15 : byte >> 4) | Int(high) << 4) - low
        }
      }
    },
    "Q6_K": { block, start, out in
      let scale = half(block, 208)
      for part in 0..<2 {
        for i in 0..<32 {
          let (low, next, high) = (block[part * 64 + i], block[part * 64 + 32 + i], block[128 + part * 32 + i])
          let codes = [
            Int(low & 15) | Int(high & 3) << 4, Int(next & 15) | Int(high >> 2 & 3) << 4, Int(low >> 4) | Int(high >> 4 & 3) << 4,
            Int(next >> 4) | Int(high >> 6 & 3) << 4,
          ]
          for (quarter, code) in codes.enumerated() {
            let own = Int8(bitPattern: block[192 + part * 8 + quarter * 2 + i / 16])
            out[start + part * 128 + quarter * 32 + i] = scale * Float(own) * Float(code - 32)
          }
        }
      }
    },
    "Q8_K": { block, start, out in
      let scale = Float(bitPattern: word(block, 0))
      for i in 0..<256 { out[start + i] = scale * Float(Int8(bitPattern: block[4 + i])) }
    },
  ]

  private static func half(_ block: UnsafeRawBufferPointer, _ offset: Int) -> Float {
    let bits = UInt16(block[offset]) | UInt16(block[offset + 1]) << 8
    return Tensor([bits], shape: [1]).reinterpreted(as: .float16, [1]).floats()[0]
  }

  private static func word(_ block: UnsafeRawBufferPointer, _ offset: Int) -> UInt32 {
    (0..<4).reduce(0) { $0 | UInt32(block[offset + $1]) << UInt32(8 * $1) }
  }

  /// Scale and minimum of a group of Q4_K and Q5_K, of six bits each.
  private static func scales(_ block: UnsafeRawBufferPointer, _ offset: Int, _ group: Int) -> (Int, Int) {
    if group < 4 { return (Int(block[offset + group] & 63), Int(block[offset + group + 4] & 63)) }
    let (low, first, second) = (block[offset + group + 4], block[offset + group - 4], block[offset + group])
    return (Int(low & 15 | (first >> 6) << 4), Int(low >> 4 | (second >> 6) << 4))
  }
}
