// SPDX-License-Identifier: Apache-2.0
// Scales whose products with codes do not overflow their dtype.

import Tensors

package enum FiniteScale {
  /// The scale, or the largest smaller number of `dtype` for which every code decodes to a finite value.
  ///
  /// Rounding a scale up can make the largest codes overflow: 65504 / 255 is rounded to 257 in fp16, and 255 · 257
  /// overflows.
  ///
  /// - Parameters:
  ///   - scale: a finite, nonnegative number of `dtype`.
  ///   - zeroPoint: NaN stands for 0.
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

  /// The scale rounded to `dtype`, reduced if it or its products would overflow.
  package static func rounded(_ scale: Float, codes: ClosedRange<Float>, zeroPoint: Float, _ dtype: DType) -> Float {
    let most = dtype == .float16 ? largestHalf : .greatestFiniteMagnitude
    return reduced(nearest(min(scale, most), dtype), codes: codes, zeroPoint: zeroPoint, dtype)
  }

  private static func nearest(_ scale: Float, _ dtype: DType) -> Float { Tensor([scale]).cast(to: dtype).floats()[0] }

  private static let largestHalf: Float = 65504

  private static func isFinite(_ product: Float, _ dtype: DType) -> Bool {
    // fp16 rounds to infinity from 65520 on, halfway between its largest value and the next power of two.
    dtype == .float16 ? product < 65520 : product.isFinite
  }

  /// The next smaller number of `dtype`. fp16 has ten fraction bits.
  ///
  /// - Precondition: `scale` is a normal number of `dtype`.
  private static func below(_ scale: Float, _ dtype: DType) -> Float {
    Float(bitPattern: scale.bitPattern - (dtype == .float16 ? 1 << 13 : 1))
  }
}
