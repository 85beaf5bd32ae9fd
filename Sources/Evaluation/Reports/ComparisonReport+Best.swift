// SPDX-License-Identifier: Apache-2.0
// Finds the smallest model that satisfies given limits.

extension ComparisonReport {
  /// The limits that a model must satisfy; all given limits apply.
  package struct Limits: Sendable, Equatable {
    /// The maximum difference to the baseline in the worse direction: lower for accuracy, higher for errors.
    package var maxDrop: Double?
    /// The minimum and maximum of the value.
    package var min: Double?
    package var max: Double?

    package init(maxDrop: Double? = nil, min: Double? = nil, max: Double? = nil) {
      self.maxDrop = maxDrop
      self.min = min
      self.max = max
    }
  }

  /// The smallest row whose value in a column satisfies the limits; `nil` if there is none. Among rows of equal size,
  /// the best value wins.
  ///
  /// The baseline satisfies any maximum drop of 0 or more. Rows without a value, or with NaN, never satisfy the
  /// limits.
  ///
  /// - Parameter column: the main metric by default.
  /// - Throws: `unknownColumn`; `metricNeeds` for a drop without a baseline that has a value.
  package func best(_ limits: Limits, column: String? = nil) throws -> Row? {
    guard let column = column ?? mainMetric else { throw EvaluationError.unknownColumn(name: "", known: columns) }
    let isHigherBetter = try better(column) == .higher
    var (low, high) = (limits.min ?? -.infinity, limits.max ?? .infinity)
    if let maxDrop = limits.maxDrop {
      guard let baseline, let reference = try value(column, of: baseline) else {
        throw EvaluationError.metricNeeds(metric: column, what: "a baseline to drop from; min and max limit the value itself")
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

  /// The tolerance for rounding errors of decimal fractions: 0.99 - 0.01 is not exactly 0.98.
  private static func slack(_ limit: Double) -> Double { limit.isFinite ? abs(limit) * 1e-12 : 0 }
}
