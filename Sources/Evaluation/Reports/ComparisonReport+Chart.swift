// SPDX-License-Identifier: Apache-2.0
// The chart of a comparison: size against quality, with baseline, tolerance and Pareto front.

extension ComparisonReport {
  /// A chart with one series per group of candidates, dominated candidates in a lighter color, and the Pareto front
  /// as a step line.
  ///
  /// Units of size and latency are chosen to fit the values. A size axis is logarithmic if sizes differ by more than
  /// a factor of ten.
  ///
  /// - Parameter maxDrop: draws the band of values that are worse than the baseline by at most this much. Points that
  ///   are worse by more than four times as much are drawn at the edge.
  /// - Throws: `EvaluationError.unknownColumn`.
  package func chart(x: String = "size", y: String? = nil, maxDrop: Double? = nil, title: String? = nil) throws -> Chart {
    guard let y = y ?? mainMetric else { throw EvaluationError.unknownColumn(name: "", known: columns) }
    if maxDrop != nil, baseline == nil {
      throw EvaluationError.metricNeeds(metric: y, what: "a baseline, from which max_drop is measured")
    }
    let (axisX, scaleX) = try axis(x)
    let (axisY, scaleY) = try axis(y)
    let front = try pareto(x: x, y: y)
    let winners = Set(front.map(\.name))

    func point(_ row: Row) throws -> Chart.Point? {
      guard let a = try value(x, of: row), let b = try value(y, of: row) else { return nil }
      let interval = row.metrics.first { $0.name == y }?.value?.interval
      return Chart.Point(
        x: a / scaleX, y: b / scaleY, interval: interval, label: row.name, isFaded: !winners.contains(row.name) && !row.isBaseline)
    }
    var groups: [(name: String, rows: [Row])] = []
    for row in rows where !row.isBaseline {
      let name = row.group.isEmpty ? "candidates" : row.group
      if let at = groups.firstIndex(where: { $0.name == name }) { groups[at].rows.append(row) } else { groups.append((name, [row])) }
    }
    var series = try groups.map { Chart.Series($0.name, points: try $0.rows.compactMap(point)) }
    if let baseline, let place = try point(baseline) { series.append(Chart.Series("baseline", points: [place])) }
    let steps = try front.compactMap(point)
    if steps.count > 1 { series.append(Chart.Series("Pareto front", style: .step, points: steps)) }

    var chart = Chart(title: title ?? "\(axisY.label) against \(axisX.label)", x: axisX, y: axisY, series: series)
    if let baseline, let level = try value(y, of: baseline), level.isInfinite {
      // A tolerance band cannot be drawn at infinity, which is the baseline's value of metrics that compare with the baseline.
      if title == nil { chart.title += ", baseline ∞" }
    } else if let baseline, let level = try value(y, of: baseline), level.isFinite {
      chart.baseline = Chart.Level(level / scaleY, label: "baseline \(Quantity.metric(level / scaleY))")
      if let maxDrop {
        let end = try better(y) == .higher ? level - maxDrop : level + maxDrop
        chart.tolerance = min(end, level) / scaleY...max(end, level) / scaleY
        // The visible range ends at four tolerances; points beyond are drawn at its edge.
        let far = (level + 4 * (end - level)) / scaleY
        chart.focus = try better(y) == .higher ? far...Double.greatestFiniteMagnitude : -Double.greatestFiniteMagnitude...far
      }
    }
    return chart
  }

  /// The axis of a column, and the divisor for its values.
  private func axis(_ column: String) throws -> (Chart.Axis, Double) {
    let values = try rows.compactMap { try value(column, of: $0) }.filter { $0.isFinite && $0 > 0 }
    let isWide = (values.max() ?? 1) / (values.min() ?? 1) > 10
    switch column {
    case "size":
      let unit = ByteUnit.fitting(values.max() ?? 1)
      return (Chart.Axis("size", unit: unit.name, scale: isWide ? .log : .linear), unit.bytes)
    case "latency":
      let unit = DurationUnit.fitting(values.max() ?? 1)
      return (Chart.Axis("median latency", unit: unit.name, scale: isWide ? .log : .linear), unit.seconds)
    case "ratio": return (Chart.Axis("compression ratio"), 1)
    default: return (Chart.Axis(column, unit: rows.first?.metrics.first { $0.name == column }?.unit ?? ""), 1)
    }
  }
}
