// SPDX-License-Identifier: Apache-2.0
// From data to the unit square: what part of each axis is shown, and where its ticks are.

import Foundation

/// The shown part of an axis.
package struct AxisFrame: Sendable, Equatable {
  package let axis: Chart.Axis
  package let range: ClosedRange<Double>
  package let ticks: [Tick]

  /// Where a value lies: 0 at the lower end, 1 at the upper.
  package func position(_ value: Double) -> Double {
    switch axis.scale {
    case .linear: (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    case .log: (log(value) - log(range.lowerBound)) / (log(range.upperBound) - log(range.lowerBound))
    }
  }

  func shows(_ value: Double) -> Bool { value.isFinite && (axis.scale == .linear || value > 0) }
}

/// Both axes, and the points that have a place on them.
package struct ChartFrame: Sendable, Equatable {
  package let x: AxisFrame
  package let y: AxisFrame
  package let series: [Chart.Series]
  /// Points that are infinite or not positive on a logarithmic axis, by label.
  package let omitted: [String]

  /// - Parameter ticks: how many ticks there is room for on each axis.
  /// - Throws: `EvaluationError.nothingToDraw` when no point can be placed.
  package init(_ chart: Chart, ticks: (x: Int, y: Int)) throws {
    func fits(_ value: Double, _ axis: Chart.Axis) -> Bool { value.isFinite && (axis.scale == .linear || value > 0) }
    func fits(_ point: Chart.Point) -> Bool { fits(point.x, chart.x) && fits(point.y, chart.y) }
    omitted = chart.series.filter { $0.style != .step }.flatMap(\.points).filter { !fits($0) }
      .map { $0.label.isEmpty ? "a point" : $0.label }
    series = chart.series.map { series in
      let points = series.points.filter(fits)
      return Chart.Series(
        series.name, style: series.style, points: chart.focus.map { range in points.map { $0.moved(into: range) } } ?? points)
    }
    let placed = series.flatMap(\.points)
    guard !placed.isEmpty else { throw EvaluationError.nothingToDraw }

    var ys = placed.map(\.y)
    for bounds in placed.compactMap(\.interval) + [chart.tolerance].compactMap({ $0 }) { ys += [bounds.lowerBound, bounds.upperBound] }
    if let level = chart.baseline?.value { ys.append(level) }
    x = Self.axis(chart.x, placed.map(\.x), target: ticks.x)
    y = Self.axis(chart.y, ys.filter { fits($0, chart.y) }, target: ticks.y)
  }

  /// The values with a margin of 6 % on either side; a single value gets room around it.
  private static func axis(_ axis: Chart.Axis, _ values: [Double], target: Int) -> AxisFrame {
    let low = values.min() ?? 0
    let high = values.max() ?? 1
    switch axis.scale {
    case .linear:
      let span = high - low
      let isNarrow = span <= max(abs(low), abs(high)) * 1e-12
      let margin = isNarrow ? max(abs(high) * 0.1, high == 0 ? 1 : 0) : span * 0.06
      // Sizes and shares do not go below zero, so neither does their axis.
      let lower = low >= 0 ? max(0, low - margin) : low - margin
      let range = lower...(high + margin)
      return AxisFrame(axis: axis, range: range, ticks: Ticks.linear(range, target: target))
    case .log:
      let span = log(high) - log(low)
      let margin = span <= 1e-12 ? log(2) : span * 0.06
      let range = exp(log(low) - margin)...exp(log(high) + margin)
      return AxisFrame(axis: axis, range: range, ticks: Ticks.logarithmic(range, target: target))
    }
  }

  /// A note on what has no place, or `nil`.
  package var omission: String? {
    guard !omitted.isEmpty else { return nil }
    return "not shown (no finite place on the axes): " + omitted.joined(separator: ", ")
  }

  /// The corners of a Pareto step through the points, which must be sorted by x.
  static func corners(_ points: [Chart.Point]) -> [Chart.Point] {
    var corners: [Chart.Point] = []
    for point in points {
      if let last = corners.last { corners.append(Chart.Point(x: point.x, y: last.y)) }
      corners.append(point)
    }
    return corners
  }
}
