// SPDX-License-Identifier: Apache-2.0
// Measures the latency of calls: warm-up, repeated runs, order statistics.

/// Durations of repeated calls, in seconds.
package struct LatencyResult: Sendable, Equatable {
  /// The durations in order, excluding the warm-up.
  package let durations: [Double]
  package let warmup: Int

  package init(durations: [Double], warmup: Int) {
    precondition(!durations.isEmpty, "a latency of no runs")
    self.durations = durations
    self.warmup = warmup
  }

  package var runs: Int { durations.count }
  package var median: Double { quantile(0.5) }
  /// The 90th percentile.
  package var p90: Double { quantile(0.9) }
  package var min: Double { durations.min() ?? 0 }
  package var mean: Double { durations.reduce(0, +) / Double(durations.count) }

  /// The quantile `q` with linear interpolation (NumPy's default).
  package func quantile(_ q: Double) -> Double {
    precondition((0...1).contains(q), "the quantile \(q)")
    let sorted = durations.sorted()
    let at = q * Double(sorted.count - 1)
    let below = Int(at)
    let above = Swift.min(below + 1, sorted.count - 1)
    return sorted[below] + (at - Double(below)) * (sorted[above] - sorted[below])
  }
}

extension LatencyResult: CustomStringConvertible {
  /// `median 1.25 ms, p90 1.40 ms, min 1.20 ms, mean 1.28 ms over 50 runs (10 warm-up)`.
  package var description: String {
    let parts = [("median", median), ("p90", p90), ("min", min), ("mean", mean)].map { "\($0) \(Quantity.duration($1))" }
    return parts.joined(separator: ", ") + " over \(runs) run\(runs == 1 ? "" : "s") (\(warmup) warm-up)"
  }
}

/// Measures calls.
package enum Latency {
  /// Measures several bodies alternately, with one call each per round, so that slowdowns of the machine affect all
  /// of them equally. The order is reversed in every second round, so that no body always follows the same other one.
  ///
  /// - Parameters:
  ///   - isCancelled: the cancellation check, called before every call; `true` throws `EvaluationError.cancelled`.
  ///   - now: the clock, in seconds.
  package static func interleaved(
    runs: Int = 50, warmup: Int = 5, _ bodies: [() throws -> Void],
    isCancelled: () -> Bool = { false }, now: () -> Double = { MonotonicClock.seconds() }
  ) throws -> [LatencyResult] {
    guard runs >= 1 else { throw EvaluationError.badOption(name: "runs", value: "\(runs)", allowed: "1 and above") }
    guard warmup >= 0 else { throw EvaluationError.badOption(name: "warmup", value: "\(warmup)", allowed: "0 and above") }
    var durations = [[Double]](repeating: [], count: bodies.count)
    for round in 0..<warmup + runs {
      let order = Array(bodies.indices)
      for index in round.isMultiple(of: 2) ? order : order.reversed() {
        if isCancelled() { throw EvaluationError.cancelled }
        let start = now()
        try bodies[index]()
        let end = now()
        if round >= warmup { durations[index].append(end - start) }
      }
    }
    return durations.map { LatencyResult(durations: $0, warmup: warmup) }
  }
}
