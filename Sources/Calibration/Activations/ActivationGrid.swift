// SPDX-License-Identifier: Apache-2.0
// The scale and zero point of 8-bit activations.

import Encodings
import Tensors
import WeightArithmetic

/// 8-bit codes of activations: x ≈ scale · (code − zero point).
package struct ActivationGrid: Sendable, Equatable {
  package let scale: Float
  package let zeroPoint: Int
  /// int8 or uint8.
  package let codeType: DType

  package init(scale: Float, zeroPoint: Int, codeType: DType) {
    self.scale = scale
    self.zeroPoint = zeroPoint
    self.codeType = codeType
  }

  /// The codes for a range, which is extended to contain zero.
  ///
  /// - Parameters:
  ///   - isSymmetric: the range becomes [−m, m] with codes −127…127 and without a zero point. A range without negative
  ///     numbers uses all codes of uint8 instead, unless `keepsSign`.
  ///   - dtype: of the scale, that of the value.
  ///   - keepsSign: uses int8 for one-sided ranges too, as coremltools does.
  package init(low: Float, high: Float, isSymmetric: Bool, codeType: DType, dtype: DType, keepsSign: Bool = false) {
    let precision = WeightPrecision(dtype) ?? .single
    let (low, high) = (min(low, 0), max(high, 0))
    let lowest = codeType == .int8 ? -128 : 0
    func rounded(_ exact: Double, _ codes: ClosedRange<Float>, zero: Float) -> Float {
      let scale = precision.round(exact)
      if scale < 1, scale > 0 { return scale }
      guard scale > 0 else { return dtype == .float16 ? Float(bitPattern: 0x3380_0000) : .leastNormalMagnitude }
      return FiniteScale.rounded(Float(exact), codes: codes, zeroPoint: zero, dtype)
    }
    guard high > low else {
      self.init(scale: 1, zeroPoint: codeType == .uint8 && isSymmetric ? 128 : 0, codeType: codeType)
      return
    }
    if isSymmetric, low == 0, !keepsSign {
      self.init(scale: rounded(Double(high) / 255, 0...255, zero: 0), zeroPoint: 0, codeType: .uint8)
    } else if isSymmetric {
      let most = Double(max(-low, high))
      self.init(
        scale: rounded(most / 127, -127...127, zero: 0), zeroPoint: codeType == .uint8 ? 128 : 0, codeType: codeType)
    } else {
      let exact = (Double(high) - Double(low)) / 255
      let scale = rounded(exact, 0...255, zero: Float(-Double(low) / exact))
      let zero = min(max((-Double(low) / Double(scale)).rounded(.toNearestOrEven), 0), 255)
      self.init(scale: scale, zeroPoint: Int(zero) + lowest, codeType: codeType)
    }
  }

  package var codes: ClosedRange<Int> { codeType == .int8 ? -128...127 : 0...255 }

  package func decoded(_ value: Double) -> Double {
    let code = (value / Double(scale)).rounded(.toNearestOrEven) + Double(zeroPoint)
    return Double(scale) * (min(max(code, Double(codes.lowerBound)), Double(codes.upperBound)) - Double(zeroPoint))
  }
}
