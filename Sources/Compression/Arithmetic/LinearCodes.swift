// SPDX-License-Identifier: Apache-2.0
// Linear quantization of floats: the range of each block, its scale and zero point, and the codes.
//
// All of it happens in the weight's own precision, as in coremltools: for 16-bit weights each difference, quotient and
// product is rounded to 16 bits, and codes are rounded half to even.

import Encodings
import Tensors

/// Codes with the scale and zero point of each block.
struct LinearCodes {
  var codes: [UInt8]
  var scales: [Float]
  /// `nil` when zero stands for zero by itself.
  var zeroPoints: [Int]?
}

/// An integer range onto which floats are mapped.
struct CodeRange: Sendable {
  let low: Int
  let high: Int
  let isSymmetric: Bool
  let isSigned: Bool

  /// The range of `dtype`; one code short at an end when symmetric, so that it has a middle.
  init(_ dtype: DType, symmetric: Bool) {
    let range = dtype.integerRange ?? 0...0
    isSigned = dtype.isSigned
    isSymmetric = symmetric
    low = range.lowerBound + (symmetric && dtype.isSigned ? 1 : 0)
    high = range.upperBound - (symmetric && !dtype.isSigned ? 1 : 0)
  }
}

extension LinearCodes {
  /// Quantizes `values` block by block.
  ///
  /// - Throws: `SkipReason.overflow` when a block's range does not fit the precision.
  init(_ values: [Float], _ grid: BlockGrid, _ range: CodeRange, _ precision: WeightPrecision)
    throws(SkipReason)
  {
    let bounds = Self.bounds(values, grid)
    var scales = [Float](repeating: 0, count: grid.blockCount)
    var shifts = [Float](repeating: 0, count: grid.blockCount)
    let steps = Float(range.high - range.low)
    for (block, (minimum, maximum)) in bounds.enumerated() {
      let peak = max(abs(minimum), abs(maximum))
      let low = range.isSymmetric ? -peak : min(0, minimum)
      let high = range.isSymmetric ? peak : max(0, maximum)
      let span = precision.round(high - low)
      guard span.isFinite else { throw .overflow(precision == .half ? .float16 : .float32) }
      scales[block] = precision.round(span / steps)
      shifts[block] = Self.zeroPoint(low, high, span, range, precision)
    }
    self.scales = scales
    zeroPoints =
      range.isSymmetric && range.isSigned ? nil : shifts.map { Int(saturating: Double($0)) }
    codes = Self.codes(values, grid, scales, shifts, range, precision)
  }

  /// Smallest and largest element of each block.
  private static func bounds(_ values: [Float], _ grid: BlockGrid) -> [(Float, Float)] {
    var bounds = [(Float, Float)](repeating: (.infinity, -.infinity), count: grid.blockCount)
    values.withUnsafeBufferPointer { values in
      grid.forEachRun { start, count, block in
        var (low, high) = bounds[block]
        for i in start..<start + count {
          low = min(low, values[i])
          high = max(high, values[i])
        }
        bounds[block] = (low, high)
      }
    }
    return bounds
  }

  /// NaN, which becomes code 0, when the whole block is zero.
  private static func zeroPoint(
    _ low: Float, _ high: Float, _ span: Float, _ range: CodeRange, _ precision: WeightPrecision
  ) -> Float {
    if range.isSymmetric { return range.isSigned ? 0 : Float(range.high / 2) }
    let above = precision.round(Float(range.low) * high)
    let below = precision.round(Float(range.high) * low)
    let shift = precision.round(precision.round(above - below) / span).rounded(.toNearestOrEven)
    return shift.isNaN ? shift : min(max(shift, Float(range.low)), Float(range.high))
  }

  private static func codes(
    _ values: [Float], _ grid: BlockGrid, _ scales: [Float], _ shifts: [Float], _ range: CodeRange,
    _ precision: WeightPrecision
  ) -> [UInt8] {
    var quotients = values
    quotients.withUnsafeMutableBufferPointer { quotients in
      grid.forEachRun { start, count, block in
        let scale = scales[block]
        for i in start..<start + count { quotients[i] /= scale }
      }
    }
    precision.round(&quotients)
    let low = Float(range.low)
    let high = Float(range.high)
    return [UInt8](unsafeUninitializedCapacity: values.count) { codes, filled in
      filled = values.count
      quotients.withUnsafeBufferPointer { quotients in
        grid.forEachRun { start, count, block in
          let shift = shifts[block]
          for i in start..<start + count {
            // Clamped before rounding, for which adding 1.5 · 2²³ does within ±2²²; what is clamped ends at the same code.
            let near = min(max(quotients[i], -1024), 1024)
            let code = (near + 12_582_912) - 12_582_912 + shift
            // A block of zeros has scale 0: 0/0 is NaN and its code 0.
            codes[i] =
              code == code ? UInt8(truncatingIfNeeded: Int32(min(max(code, low), high))) : 0
          }
        }
      }
    }
  }
}
