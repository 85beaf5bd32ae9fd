// SPDX-License-Identifier: Apache-2.0
// Conversion between floats and 8-bit codes, with one scale or a scale per index of an axis.

import CKernels
import Tensors

/// 8-bit affine codes: `code = clamp(round(x / scale) + zero point)`, `x = scale · (code - zero point)`. Rounds half
/// to even.
package struct Quantization {
  private let split: AxisSplit
  private let codesAreSigned: Bool
  private let scale: UnsafePointer<Float>
  private let zeroPoint: UnsafeRawPointer?

  /// - Parameters:
  ///   - split: around the axis of the scales; an axis of extent 1 for a single scale.
  ///   - codesAreSigned: whether codes and zero points are `int8`, else `uint8`.
  ///   - scale: `split.count` scales.
  ///   - zeroPoint: as many zero points, or `nil` for zero.
  package init(_ split: AxisSplit, codesAreSigned: Bool, scale: Buffer, zeroPoint: Buffer?) {
    self.split = split
    self.codesAreSigned = codesAreSigned
    self.scale = UnsafePointer(scale.floats())
    self.zeroPoint = zeroPoint.map { UnsafeRawPointer($0.pointer) }
  }

  /// Floats to codes.
  package func quantize(_ x: UnsafePointer<Float>, to y: UnsafeMutableRawPointer) {
    let (low, high): (Float, Float) = codesAreSigned ? (-128, 127) : (0, 255)
    forEachRun(
      runs: { at, c, count in
        if codesAreSigned {
          ck_quantize_int8((y + at).assumingMemoryBound(to: Int8.self), x + at, scale[c], zero(c), count)
        } else {
          ck_quantize_uint8((y + at).assumingMemoryBound(to: UInt8.self), x + at, scale[c], zero(c), count)
        }
      },
      rows: { at, count in
        for c in 0..<count {
          let code = (x[at + c] / scale[c]).rounded(.toNearestOrEven) + Float(zero(c))
          let clamped = code.isNaN ? Float(zero(c)) : min(max(code, low), high)
          y.storeBytes(of: UInt8(truncatingIfNeeded: Int32(clamped)), toByteOffset: at + c, as: UInt8.self)
        }
      })
  }

  /// Codes to floats.
  package func dequantize(_ x: UnsafeRawPointer, to y: UnsafeMutablePointer<Float>) {
    forEachRun(
      runs: { at, c, count in
        if codesAreSigned {
          ck_dequantize_int8(y + at, (x + at).assumingMemoryBound(to: Int8.self), scale[c], Float(zero(c)), count)
        } else {
          ck_dequantize_uint8(y + at, (x + at).assumingMemoryBound(to: UInt8.self), scale[c], Float(zero(c)), count)
        }
      },
      rows: { at, count in
        for c in 0..<count {
          let code =
            codesAreSigned
            ? Int32((x + at + c).load(as: Int8.self)) : Int32((x + at + c).load(as: UInt8.self))
          y[at + c] = scale[c] * Float(code - zero(c))
        }
      })
  }

  private func zero(_ channel: Int) -> Int32 {
    guard let zeroPoint else { return 0 }
    return codesAreSigned
      ? Int32((zeroPoint + channel).load(as: Int8.self)) : Int32((zeroPoint + channel).load(as: UInt8.self))
  }

  /// Calls `runs` (first element, channel, count) where consecutive elements share a scale, and `rows` (first element,
  /// channel count) where consecutive elements have consecutive scales.
  private func forEachRun(runs: (Int, Int, Int) -> Void, rows: (Int, Int) -> Void) {
    if split.inner == 1, split.count > 1 {
      Chunks.forEachRow(of: split.outer, width: split.count) {
        for row in $0 { rows(row * split.count, split.count) }
      }
    } else if split.outer * split.count == 1 {
      Chunks.forEach(of: split.inner) { runs($0.lowerBound, 0, $0.count) }
    } else {
      Chunks.forEachRow(of: split.outer * split.count, width: split.inner) {
        for row in $0 { runs(row * split.inner, row % split.count, split.inner) }
      }
    }
  }
}
