// SPDX-License-Identifier: Apache-2.0
// Time that never runs backwards.

/// Seconds since some fixed moment, for differences.
package enum MonotonicClock {
  private static let origin = ContinuousClock.now

  package static func seconds() -> Double {
    let (seconds, attoseconds) = (ContinuousClock.now - origin).components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
