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
  /// The factor of the matrix that ranges belong to. Scales are rounded as they are stored, without it.
  package let factor: BinaryScale

  package init(bits: Int, isSymmetric: Bool, dtype: DType = .float32, factor: BinaryScale = .one) {
    self.bits = bits
    self.isSymmetric = isSymmetric
    self.dtype = dtype
    self.factor = factor
  }

  package var top: Int { 1 << bits - 1 }

  var precision: WeightPrecision { WeightPrecision(dtype) ?? .single }

  /// The scale and zero point for a range, as in GPTQ of coremltools: symmetric ranges are [−m, m].
  package func cell(low: Float, high: Float) -> (scale: Float, zero: Float) {
    var (low, high) = (factor.unscaled(min(low, 0)), factor.unscaled(max(high, 0)))
    if isSymmetric { (low, high) = (-max(-low, high), max(-low, high)) }
    let middle = Float(1 << (bits - 1))
    guard high > low else { return (1, isSymmetric ? middle : 0) }
    let exact = Float((Double(high) - Double(low)) / Double(top))
    func zero(_ scale: Float) -> Float {
      isSymmetric ? middle : min(max((-low / scale).rounded(.toNearestOrEven), 0), Float(top))
    }
    var scale = precision.round(exact)
    // Only scales near the largest number of the dtype can overflow.
    if !(scale < 1) {
      scale = FiniteScale.rounded(exact, codes: 0...Float(top), zeroPoint: zero(exact), dtype)
      return (factor.scaled(scale), zero(exact))
    }
    if !(scale > 0) { scale = dtype == .float16 ? Float(bitPattern: 0x3380_0000) : .leastNormalMagnitude }
    return (factor.scaled(scale), zero(scale))
  }

  /// A scale as it is stored; `nil` if it is not positive, or if a code would decode to a number beyond the dtype.
  func stored(_ scale: Float, zero: Float) -> Float? {
    let own = precision.round(factor.unscaled(scale))
    guard own > 0, isFinite(own * max(zero, Float(top) - zero)) else { return nil }
    return factor.scaled(own)
  }

  /// Whether a number of the scaled matrix is finite in the dtype of the weight.
  func isStorable(_ value: Float) -> Bool { isFinite(factor.unscaled(value)) }

  private func isFinite(_ value: Float) -> Bool { precision.round(value).isFinite }
}
