// SPDX-License-Identifier: Apache-2.0
// Powers of two that bring numbers to where their squares are ordinary 32-bit floats.

/// Sums of squares in 32 bits overflow from 1.8e19 on and vanish below 1e-23. Scaling by a power of two is exact, so what is
/// found among scaled numbers holds for the numbers themselves.
package enum SquareRange {
  /// The exponent of the factor; 0 where the squares of numbers up to `peak` are ordinary as they are.
  package static func exponent(peak: Float) -> Int {
    guard peak > 0, peak.isFinite else { return 0 }
    let own = Int(peak.exponent)
    return own > 50 ? 50 - own : own < -40 ? -own : 0
  }

  /// The same for the largest magnitude of some numbers.
  package static func exponent(_ numbers: UnsafeBufferPointer<Float>) -> Int {
    exponent(peak: numbers.reduce(0) { max($0, abs($1)) })
  }

  package static func scale(_ numbers: inout [Float], by exponent: Int) {
    guard exponent != 0 else { return }
    for i in numbers.indices { numbers[i] = Float(sign: .plus, exponent: exponent, significand: numbers[i]) }
  }
}
