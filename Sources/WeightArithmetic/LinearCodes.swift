// SPDX-License-Identifier: Apache-2.0
// Linear quantization of floats: the range of each block, its scale and zero point, and the codes.
//
// All computations use the precision of the weight, as in coremltools: for 16-bit weights each difference, quotient
// and product is rounded to 16 bits, and codes are rounded half to even. If the width of a range overflows that
// precision (±40000 in 16 bits), scale and zero point are computed in 64 bits, whereas coremltools produces NaN or
// infinity.

import CKernels
import Encodings
import Tensors

/// Codes with the scale and zero point of each block.
package struct LinearCodes {
  package var codes: Tensor
  package var scales: [Float]
  /// `nil` if code zero represents zero.
  package var zeroPoints: [Int]?
}

/// An integer range onto which floats are mapped.
struct CodeRange: Sendable {
  let low: Int
  let high: Int
  let isSymmetric: Bool
  let isSigned: Bool

  /// The range of `dtype`; if symmetric, without the lowest code, so that it is centered at zero.
  init(_ dtype: DType, symmetric: Bool) {
    let range = dtype.integerRange ?? 0...0
    isSigned = dtype.isSigned
    isSymmetric = symmetric
    low = range.lowerBound + (symmetric && dtype.isSigned ? 1 : 0)
    high = range.upperBound - (symmetric && !dtype.isSigned ? 1 : 0)
  }
}

extension LinearCodes {
  /// Quantizes a tensor of finite floats to `dtype` block by block. Scales and decoded values are finite.
  package init(
    _ tensor: Tensor, _ grid: BlockGrid, as dtype: DType, symmetric: Bool, _ precision: WeightPrecision
  ) {
    let range = CodeRange(dtype, symmetric: symmetric)
    let bounds = Self.bounds(tensor, grid)
    var scales = [Float](repeating: 0, count: grid.blockCount)
    var shifts = [Float](repeating: 0, count: grid.blockCount)
    let steps = Float(range.high - range.low)
    for block in scales.indices {
      let (minimum, maximum) = (bounds.low[block], bounds.high[block])
      let peak = max(abs(minimum), abs(maximum))
      let low = range.isSymmetric ? -peak : min(0, minimum)
      let high = range.isSymmetric ? peak : max(0, maximum)
      let span = precision.round(high - low)
      let scale = span.isFinite ? precision.round(span / steps) : precision.round((Double(high) - Double(low)) / Double(steps))
      let shift = Self.zeroPoint(low, high, span, range, precision)
      scales[block] = FiniteScale.reduced(scale, codes: Float(range.low)...Float(range.high), zeroPoint: shift, tensor.dtype)
      shifts[block] = shift
    }
    self.scales = scales
    zeroPoints =
      range.isSymmetric && range.isSigned ? nil : shifts.map { Int(saturating: Double($0)) }
    codes = Tensor(codes: dtype, tensor.shape) {
      Self.write($0, tensor, grid, scales, shifts, range, precision)
    }
  }

  /// The zero point, or NaN, which becomes code 0, if the whole block is zero.
  private static func zeroPoint(
    _ low: Float, _ high: Float, _ span: Float, _ range: CodeRange, _ precision: WeightPrecision
  ) -> Float {
    if range.isSymmetric { return range.isSigned ? 0 : Float(range.high / 2) }
    guard span.isFinite else {
      let (low, high) = (Double(low), Double(high))
      let shift = (Double(range.low) * high - Double(range.high) * low) / (high - low)
      return Float(min(max(shift.rounded(.toNearestOrEven), Double(range.low)), Double(range.high)))
    }
    let above = precision.round(Float(range.low) * high)
    let below = precision.round(Float(range.high) * low)
    let shift = precision.round(precision.round(above - below) / span).rounded(.toNearestOrEven)
    return shift.isNaN ? shift : min(max(shift, Float(range.low)), Float(range.high))
  }

  // MARK: Loops

  /// Smallest and largest element of each block.
  private struct Bounds {
    var low: [Float]
    var high: [Float]

    init(blocks: Int) {
      low = [Float](repeating: .infinity, count: blocks)
      high = [Float](repeating: -.infinity, count: blocks)
    }

    mutating func formUnion(_ other: Bounds) {
      for i in low.indices {
        low[i] = min(low[i], other.low[i])
        high[i] = max(high[i], other.high[i])
      }
    }
  }

  private static func bounds(_ tensor: Tensor, _ grid: BlockGrid) -> Bounds {
    let stripes = grid.stripes(of: Parallel.grain)
    var bounds = Bounds(blocks: grid.blockCount)
    guard grid.stripesShareBlocks else {
      bounds.low.withUnsafeMutableBufferPointer { low in
        bounds.high.withUnsafeMutableBufferPointer { high in
          guard let low = low.baseAddress, let high = high.baseAddress else { return }
          Parallel.forEach(stripes.count) { widen(low, high, tensor, grid, stripes[$0]) }
        }
      }
      return bounds
    }
    let parts = Parallel.map(stripes.count) { number in
      var part = Bounds(blocks: grid.blockCount)
      part.low.withUnsafeMutableBufferPointer { low in
        part.high.withUnsafeMutableBufferPointer { high in
          guard let low = low.baseAddress, let high = high.baseAddress else { return }
          widen(low, high, tensor, grid, stripes[number])
        }
      }
      return part
    }
    for part in parts { bounds.formUnion(part) }
    return bounds
  }

  private static func widen(
    _ low: UnsafeMutablePointer<Float>, _ high: UnsafeMutablePointer<Float>, _ tensor: Tensor, _ grid: BlockGrid,
    _ stripe: Range<Int>
  ) {
    FloatPieces.forEach(tensor, grid, stripe) { piece, floats in
      if piece.blockSize == 1 {
        ck_bounds_each(floats, piece.count, low + piece.block, high + piece.block)
      } else {
        piece.forEachBlock { ck_bounds(floats + $0.start, $0.count, low + $0.block, high + $0.block) }
      }
    }
  }

  private static func write(
    _ codes: UnsafeMutablePointer<UInt8>, _ tensor: Tensor, _ grid: BlockGrid, _ scales: [Float], _ shifts: [Float],
    _ range: CodeRange, _ precision: WeightPrecision
  ) {
    let stripes = grid.stripes(of: Parallel.grain)
    let (low, high, isHalf) = (Float(range.low), Float(range.high), precision == .half)
    scales.withUnsafeBufferPointer { scales in
      shifts.withUnsafeBufferPointer { shifts in
        guard let scales = scales.baseAddress, let shifts = shifts.baseAddress else { return }
        Parallel.forEach(stripes.count) { number in
          FloatPieces.forEach(tensor, grid, stripes[number]) { piece, floats in
            let codes = codes + piece.start
            if piece.blockSize == 1 {
              ck_quantize_each(
                codes, floats, scales + piece.block, shifts + piece.block, low, high, isHalf, piece.count)
            } else {
              piece.forEachBlock {
                ck_quantize(
                  codes + $0.start, floats + $0.start, scales[$0.block], shifts[$0.block], low, high, isHalf, $0.count)
              }
            }
          }
        }
      }
    }
  }
}
