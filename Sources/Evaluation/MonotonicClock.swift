// SPDX-License-Identifier: Apache-2.0
// A monotonic clock.

/// Seconds since an arbitrary fixed time, for measuring durations.
package enum MonotonicClock {
  private static let origin = ContinuousClock.now

  package static func seconds() -> Double {
    let (seconds, attoseconds) = (ContinuousClock.now - origin).components
    return Double(seconds) + Double(attoseconds) * 1e-18
  }
}
