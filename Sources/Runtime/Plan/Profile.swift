// SPDX-License-Identifier: Apache-2.0
// The profile of a prediction.

import Platform

/// A step in a profile, summed over the measured runs.
package struct ProfileRow: Sendable {
  /// The MIL name of the operator, or `reorder` for a copy that the planner inserted.
  package let operation: String
  /// The value that the step computes.
  package let name: String
  /// The loop or primitive that ran.
  package let kernel: String
  /// Floating-point operations of one run; 0 for data movement, loops and branches.
  package let flops: Int
  /// Bytes read and written in one run, each value once, as 32-bit numbers.
  package let bytes: Int
  package var seconds: Double
  package var runs: Int

  /// Billions of floating-point operations a second.
  package var gigaflops: Double { seconds > 0 ? Double(flops) * Double(runs) / seconds * 1e-9 : 0 }
}

/// Adds up step times.
final class ProfileCollector {
  private var rows: [String: Int] = [:]
  private(set) var collected: [ProfileRow] = []

  func add(_ step: Plan.Step, seconds: Double) {
    let key = step.operation + " " + step.name
    if let i = rows[key] {
      collected[i].seconds += seconds
      collected[i].runs += 1
    } else {
      rows[key] = collected.count
      collected.append(
        ProfileRow(
          operation: step.operation, name: step.name, kernel: step.label, flops: step.flops, bytes: step.bytes,
          seconds: seconds, runs: 1))
    }
  }

  func now() -> Double {
    var t = timespec()
    clock_gettime(CLOCK_MONOTONIC, &t)
    return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9
  }
}
