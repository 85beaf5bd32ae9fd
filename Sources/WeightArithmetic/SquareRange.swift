// SPDX-License-Identifier: Apache-2.0
// Scaling by powers of two so that squares neither overflow nor underflow in float32.

/// Sums of squares in float32 overflow from 1.8e19 on and underflow below 1e-23. Scaling by a power of two is exact,
/// so results for scaled numbers are valid for the original numbers.
package enum SquareRange {
  /// The exponent of the scale factor; 0 if the squares of numbers up to `peak` need no scaling.
  package static func exponent(peak: Float) -> Int {
    guard peak > 0, peak.isFinite else { return 0 }
    let own = Int(peak.exponent)
    return own > 50 ? 50 - own : own < -40 ? -own : 0
  }

  /// The exponent for the largest magnitude among the numbers.
  package static func exponent(_ numbers: UnsafeBufferPointer<Float>) -> Int {
    exponent(peak: numbers.reduce(0) { max($0, abs($1)) })
  }

  package static func scale(_ numbers: inout [Float], by exponent: Int) {
    guard exponent != 0 else { return }
    for i in numbers.indices { numbers[i] = Float(sign: .plus, exponent: exponent, significand: numbers[i]) }
  }
}
