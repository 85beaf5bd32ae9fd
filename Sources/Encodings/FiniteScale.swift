// SPDX-License-Identifier: Apache-2.0
// Scales whose products with codes stay within the range of their element type.

import Tensors

package enum FiniteScale {
  /// The scale, or the greatest smaller number of `dtype` by which every code decodes to a finite number.
  ///
  /// A scale rounded up can carry the largest weights of a type beyond its range: 65504 / 255 is 257 in fp16, and
  /// 255 · 257 is infinite there.
  ///
  /// - Parameters:
  ///   - scale: finite, not negative, a number of `dtype`.
  ///   - zeroPoint: not a number stands for 0.
  ///   - dtype: fp16 or fp32.
  package static func reduced(_ scale: Float, codes: ClosedRange<Float>, zeroPoint: Float, _ dtype: DType) -> Float {
    let zero = zeroPoint.isNaN ? 0 : zeroPoint
    let reach = max(codes.upperBound - zero, zero - codes.lowerBound)
    var scale = scale
    let most = dtype == .float16 ? largestHalf : .greatestFiniteMagnitude
    if !isFinite(scale * reach, dtype) { scale = min(scale, nearest(most / reach, dtype)) }
    while !isFinite(scale * reach, dtype) { scale = below(scale, dtype) }
    return scale
  }

  /// The scale in `dtype`, reduced where it or its products leave the range of the type.
  package static func rounded(_ scale: Float, codes: ClosedRange<Float>, zeroPoint: Float, _ dtype: DType) -> Float {
    let most = dtype == .float16 ? largestHalf : .greatestFiniteMagnitude
    return reduced(nearest(min(scale, most), dtype), codes: codes, zeroPoint: zeroPoint, dtype)
  }

  private static func nearest(_ scale: Float, _ dtype: DType) -> Float { Tensor([scale]).cast(to: dtype).floats()[0] }

  private static let largestHalf: Float = 65504

  private static func isFinite(_ product: Float, _ dtype: DType) -> Bool {
    // From half way to the next power of two on, halves round to infinity.
    dtype == .float16 ? product < 65520 : product.isFinite
  }

  /// The next smaller number of `dtype`; halves have ten bits behind the leading one.
  ///
  /// - Precondition: a normal number of `dtype`.
  private static func below(_ scale: Float, _ dtype: DType) -> Float {
    Float(bitPattern: scale.bitPattern - (dtype == .float16 ? 1 << 13 : 1))
  }
}
