// SPDX-License-Identifier: Apache-2.0
// How the range of a cell becomes a scale and a zero point.

import Encodings
import Tensors
import WeightArithmetic

/// The codes of affine quantization and the precision of their scales.
package struct CodeRule: Sendable, Equatable {
  package let bits: Int
  /// Whether the zero point is the code in the middle, 2^(bits − 1).
  package let isSymmetric: Bool
  /// The dtype of the scales, fp16 or fp32: scales are rounded before codes are chosen.
  package let dtype: DType

  package init(bits: Int, isSymmetric: Bool, dtype: DType = .float32) {
    self.bits = bits
    self.isSymmetric = isSymmetric
    self.dtype = dtype
  }

  package var top: Int { 1 << bits - 1 }

  /// The scale and zero point for a range, as in GPTQ of coremltools: symmetric ranges are [−m, m].
  package func cell(low: Float, high: Float) -> (scale: Float, zero: Float) {
    var (low, high) = (min(low, 0), max(high, 0))
    if isSymmetric { (low, high) = (-max(-low, high), max(-low, high)) }
    let middle = Float(1 << (bits - 1))
    guard high > low else { return (1, isSymmetric ? middle : 0) }
    let exact = Float((Double(high) - Double(low)) / Double(top))
    var zero = middle
    var scale = (WeightPrecision(dtype) ?? .single).round(exact)
    // Only scales near the largest number of the dtype can overflow.
    if !(scale < 1) { scale = FiniteScale.rounded(exact, codes: 0...Float(top), zeroPoint: isSymmetric ? middle : 0, dtype) }
    if !(scale > 0) { scale = dtype == .float16 ? Float(bitPattern: 0x3380_0000) : .leastNormalMagnitude }
    if !isSymmetric { zero = min(max((-low / scale).rounded(.toNearestOrEven), 0), Float(top)) }
    return (scale, zero)
  }
}
