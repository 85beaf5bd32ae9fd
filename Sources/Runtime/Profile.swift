// SPDX-License-Identifier: Apache-2.0
// Where the time of a prediction goes.

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// One row of a profile: a step, summed over the runs that were measured.
package struct ProfileRow: Sendable {
  /// MIL's name of the operator, or `reorder` for a copy that the plan put in.
  package let operation: String
  /// The value that the step computes.
  package let name: String
  /// Which loop or primitive ran.
  package let kernel: String
  package var seconds: Double
  package var runs: Int
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
        ProfileRow(operation: step.operation, name: step.name, kernel: step.label, seconds: seconds, runs: 1))
    }
  }

  func now() -> Double {
    var t = timespec()
    clock_gettime(CLOCK_MONOTONIC, &t)
    return Double(t.tv_sec) + Double(t.tv_nsec) * 1e-9
  }
}
