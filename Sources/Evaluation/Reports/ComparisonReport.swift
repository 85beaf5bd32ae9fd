// SPDX-License-Identifier: Apache-2.0
// The results of a comparison, and queries on them.

/// Rows of a comparison: the baseline first, then by size, smallest last; equal sizes by name.
package struct ComparisonReport: Sendable, Equatable {
  package struct Row: Sendable, Equatable {
    package let name: String
    package let group: String
    package let bytes: Int
    /// The baseline's size divided by this row's.
    package let ratio: Double?
    package let metrics: [EvaluationResult.Entry]
    package let latency: LatencyResult?
    package let isBaseline: Bool
    /// The compression steps; empty for a model as it was loaded.
    package let recipe: [String]
    package let description: ModelDescription

    package init(
      name: String, group: String = "", bytes: Int, ratio: Double? = nil, metrics: [EvaluationResult.Entry],
      latency: LatencyResult? = nil, isBaseline: Bool = false, recipe: [String] = [],
      description: ModelDescription = ModelDescription()
    ) {
      self.name = name
      self.group = group
      self.bytes = bytes
      self.ratio = ratio
      self.metrics = metrics
      self.latency = latency
      self.isBaseline = isBaseline
      self.recipe = recipe
      self.description = description
    }
  }

  /// The measurements that are missing because of an interrupt.
  package struct Interruption: Sendable, Equatable {
    /// The names of the models that were not finished.
    package let missing: [String]
    /// Whether requested latencies, which are measured last, are missing.
    package let lacksLatency: Bool

    package init(missing: [String], lacksLatency: Bool) {
      self.missing = missing
      self.lacksLatency = lacksLatency
    }
  }

  package let rows: [Row]
  /// The number of samples that each row was evaluated on.
  package let samples: Int
  /// The environment of the measurement.
  package let environment: RunEnvironment
  /// A description of the data.
  package let data: [RunEnvironment.Fact]
  /// `nil` for a complete report.
  package let interruption: Interruption?

  package init(
    rows: [Row], samples: Int, environment: RunEnvironment = RunEnvironment([]), data: [RunEnvironment.Fact] = [],
    interruption: Interruption? = nil
  ) {
    self.rows = rows.sorted { a, b in
      if a.isBaseline != b.isBaseline { return a.isBaseline }
      return a.bytes != b.bytes ? a.bytes > b.bytes : a.name < b.name
    }
    self.samples = samples
    self.environment = environment
    self.data = data
    self.interruption = interruption
  }

  /// A sentence about the missing measurements: `unfinished: 2 of 4 models were measured; missing: a, b`.
  package var remark: String? {
    guard let interruption else { return nil }
    let missing = interruption.missing
    guard !missing.isEmpty else { return "unfinished: latency was not measured" }
    return "unfinished: \(rows.count) of \(rows.count + missing.count) models were measured; missing: "
      + missing.joined(separator: ", ") + (interruption.lacksLatency ? "; no latency" : "")
  }

  package var baseline: Row? { rows.first { $0.isBaseline } }

  /// Columns that can be plotted and compared: `size` (bytes), `ratio`, the metrics, `latency` (median seconds).
  package var columns: [String] {
    let hasRatio = rows.contains { $0.ratio != nil }
    let hasLatency = rows.contains { $0.latency != nil }
    return ["size"] + (hasRatio ? ["ratio"] : []) + (rows.first?.metrics.map(\.name) ?? []) + (hasLatency ? ["latency"] : [])
  }

  /// The value of a column in a row; `nil` if it does not apply.
  ///
  /// - Throws: `EvaluationError.unknownColumn`.
  package func value(_ column: String, of row: Row) throws -> Double? {
    guard columns.contains(column) else { throw EvaluationError.unknownColumn(name: column, known: columns) }
    switch column {
    case "size": return Double(row.bytes)
    case "ratio": return row.ratio
    case "latency": return row.latency?.median
    default: return row.metrics.first { $0.name == column }?.value?.value
    }
  }

  /// Whether higher or lower values of a column are better: lower for size and latency, higher for ratio, and as
  /// defined by the metric.
  package func better(_ column: String) throws -> MetricDefinition.Direction {
    guard columns.contains(column) else { throw EvaluationError.unknownColumn(name: column, known: columns) }
    switch column {
    case "size", "latency": return .lower
    case "ratio": return .higher
    default: return rows.first?.metrics.first { $0.name == column }?.better ?? .higher
    }
  }

  /// The first metric for which every row has a value. It is the default for `best` and `pareto`.
  package var mainMetric: String? {
    let names = rows.first?.metrics.map(\.name) ?? []
    func isEverywhere(_ name: String, _ rows: [Row]) -> Bool {
      rows.allSatisfy { row in row.metrics.contains { $0.name == name && $0.value != nil } }
    }
    return names.first { isEverywhere($0, rows) } ?? names.first { isEverywhere($0, rows.filter { !$0.isBaseline }) }
  }

  /// The Pareto-optimal rows: no other row is at least as good in both columns and better in one. They are sorted by
  /// `x`. Rows without a value (or with NaN) in either column are excluded.
  package func pareto(x: String = "size", y: String? = nil) throws -> [Row] {
    guard let y = y ?? mainMetric else { throw EvaluationError.unknownColumn(name: "", known: columns) }
    // Signs are changed such that lower is better for both.
    let signX = try better(x) == .lower ? 1.0 : -1.0
    let signY = try better(y) == .lower ? 1.0 : -1.0
    let costs = try rows.compactMap { row -> (row: Row, x: Double, y: Double)? in
      guard let a = try value(x, of: row), let b = try value(y, of: row), !a.isNaN, !b.isNaN else { return nil }
      return (row, a * signX, b * signY)
    }
    let front = costs.filter { one in
      !costs.contains { $0.x <= one.x && $0.y <= one.y && ($0.x < one.x || $0.y < one.y) }
    }
    return front.sorted { ($0.x * signX, $0.row.name) < ($1.x * signX, $1.row.name) }.map(\.row)
  }
}
