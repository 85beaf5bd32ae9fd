// SPDX-License-Identifier: Apache-2.0
// The quantization grid that covers a range of numbers.

import CKernels

/// Computes scale and zero point from a range, as PyTorch's observers do.
package enum CodeGrid {
  /// The grid that covers a range and represents zero exactly.
  ///
  /// - Parameters:
  ///   - codes: the range of codes.
  ///   - symmetric: whether the zero point is the middle code: 0 for signed codes, 128 for 0…255.
  package static func covering(_ low: Float, _ high: Float, codes: ClosedRange<Float>, symmetric: Bool) -> ck_grid {
    let (least, most) = (min(low, 0), max(high, 0))
    let steps = codes.upperBound - codes.lowerBound
    guard symmetric else {
      // The width of a range can overflow float32 even if its bounds are finite.
      let width = most - least
      let scale = max(width.isFinite ? width / steps : most / steps - least / steps, Float.ulpOfOne)
      let zero = codes.lowerBound - (least / scale).rounded(.toNearestOrEven)
      return finite(scale, zero: min(max(zero, codes.lowerBound), codes.upperBound), codes)
    }
    let middle = codes.lowerBound < 0 ? 0 : (steps / 2).rounded(.up)
    return finite(max(max(-least, most) / (steps / 2), Float.ulpOfOne), zero: middle, codes)
  }

  /// The grid, with the scale reduced if the product of a code and the scale would overflow float32.
  private static func finite(_ scale: Float, zero: Float, _ codes: ClosedRange<Float>) -> ck_grid {
    let reach = max(codes.upperBound - zero, zero - codes.lowerBound)
    let largest = (Float.greatestFiniteMagnitude / reach).nextDown
    return ck_grid(scale: min(scale, largest), zero: zero, low: codes.lowerBound, high: codes.upperBound)
  }

  /// The range after observing a new one.
  ///
  /// - Parameters:
  ///   - old: low is greater than high if nothing was observed.
  ///   - momentum: the weight of the new range in the moving average; 0 for the union of both.
  package static func merged(_ old: (low: Float, high: Float), _ new: (low: Float, high: Float), momentum: Float) -> (
    low: Float, high: Float
  ) {
    if old.low > old.high { return new }
    if momentum == 0 { return (min(old.low, new.low), max(old.high, new.high)) }
    return (old.low + momentum * (new.low - old.low), old.high + momentum * (new.high - old.high))
  }
}
