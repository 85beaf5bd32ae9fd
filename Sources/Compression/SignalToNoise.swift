// SPDX-License-Identifier: Apache-2.0
// How far a weight moved.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif
import Tensors

/// The usual measure of what compression lost.
package enum SignalToNoise {
  /// 10 · log10(Σ before² / Σ (before − after)²) in decibels; infinite when nothing moved.
  package static func decibels(_ before: Tensor, _ after: Tensor) -> Double {
    let a = before.floats()
    let b = after.floats()
    var signal = 0.0
    var noise = 0.0
    for i in 0..<min(a.count, b.count) {
      let (x, y) = (Double(a[i]), Double(b[i]))
      signal += x * x
      noise += (x - y) * (x - y)
    }
    return noise == 0 ? .infinity : 10 * log10(signal / noise)
  }
}
