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
  /// Elements that are widened at a time, so that a large weight does not need twice its size beside itself.
  private static let stretch = 1 << 16

  /// 10 · log10(Σ before² / Σ (before − after)²) in decibels; infinite when nothing moved.
  package static func decibels(_ before: Tensor, _ after: Tensor) -> Double {
    let count = min(before.count, after.count)
    let (x, y) = (before.reshaped([before.count]), after.reshaped([after.count]))
    var signal = 0.0
    var noise = 0.0
    for start in stride(from: 0, to: count, by: stretch) {
      let part = start..<min(start + stretch, count)
      let (a, b) = (x.rows(part).floats(), y.rows(part).floats())
      for i in a.indices {
        let (before, after) = (Double(a[i]), Double(b[i]))
        signal += before * before
        noise += (before - after) * (before - after)
      }
    }
    return noise == 0 ? .infinity : 10 * log10(signal / noise)
  }
}
