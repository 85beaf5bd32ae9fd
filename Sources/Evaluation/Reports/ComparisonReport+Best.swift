// SPDX-License-Identifier: Apache-2.0
// The smallest model that is good enough.

extension ComparisonReport {
  /// What is good enough; every limit that is given must hold.
  package struct Limits: Sendable, Equatable {
    /// How much worse than the baseline: lower for accuracy, higher for errors.
    package var maxDrop: Double?
    /// The least and the greatest value.
    package var min: Double?
    package var max: Double?

    package init(maxDrop: Double? = nil, min: Double? = nil, max: Double? = nil) {
      self.maxDrop = maxDrop
      self.min = min
      self.max = max
    }
  }

  /// The smallest row whose value of a column keeps within the limits; `nil` when none does. Equal sizes: the better value wins.
  ///
  /// The baseline fits any drop of 0 or more. Rows without a value, or with NaN, never fit.
  ///
  /// - Parameter column: the main metric when left out.
  /// - Throws: `unknownColumn`; `metricNeeds` for a drop without a baseline that has a value.
  package func best(_ limits: Limits, column: String? = nil) throws -> Row? {
    guard let column = column ?? mainMetric else { throw EvaluationError.unknownColumn(name: "", known: columns) }
    let isHigherBetter = try better(column) == .higher
    var (low, high) = (limits.min ?? -.infinity, limits.max ?? .infinity)
    if let maxDrop = limits.maxDrop {
      guard let baseline, let reference = try value(column, of: baseline) else {
        throw EvaluationError.metricNeeds(
          metric: column, what: "a baseline to drop from; wane.compare(models, data, { baseline = model }) gives one")
      }
      if isHigherBetter { low = Swift.max(low, reference - maxDrop) } else { high = Swift.min(high, reference + maxDrop) }
    }
    let fitting = try rows.compactMap { row -> (row: Row, cost: Double)? in
      guard let value = try value(column, of: row), !value.isNaN, value >= low - Self.slack(low), value <= high + Self.slack(high)
      else { return nil }
      return (row, isHigherBetter ? -value : value)
    }
    return fitting.min { ($0.row.bytes, $0.cost, $0.row.name) < ($1.row.bytes, $1.cost, $1.row.name) }?.row
  }

  /// Differences of decimal fractions: 0.99 - 0.01 is not quite 0.98.
  private static func slack(_ limit: Double) -> Double { limit.isFinite ? abs(limit) * 1e-12 : 0 }
}
