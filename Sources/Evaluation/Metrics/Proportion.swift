// SPDX-License-Identifier: Apache-2.0
// A proportion of hits, with Wilson's confidence interval.

/// A number of hits among a number of trials.
struct Proportion {
  private(set) var hits = 0
  private(set) var trials = 0

  mutating func add(_ isHit: Bool) {
    trials += 1
    if isHit { hits += 1 }
  }

  var result: MetricValue? {
    guard trials > 0 else { return nil }
    return MetricValue(Double(hits) / Double(trials), interval: Self.wilson(hits: hits, trials: trials), count: trials)
  }

  /// The 95 % score interval (Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference"):
  /// (p + z²/2n ± z √(p(1-p)/n + z²/4n²)) / (1 + z²/n), z = 1.959964. It stays within 0…1 and is accurate for small n and p near 1.
  static func wilson(hits: Int, trials: Int) -> ClosedRange<Double> {
    precondition(trials > 0 && (0...trials).contains(hits), "\(hits) hits in \(trials) trials")
    let z = 1.959963984540054
    let n = Double(trials)
    let p = Double(hits) / n
    let center = p + z * z / (2 * n)
    let half = z * (p * (1 - p) / n + z * z / (4 * n * n)).squareRoot()
    let scale = 1 + z * z / n
    // At p = 0 and p = 1 the bound is exact; rounding errors must not exceed it.
    return (hits == 0 ? 0 : max(0, (center - half) / scale))...(hits == trials ? 1 : min(1, (center + half) / scale))
  }
}
