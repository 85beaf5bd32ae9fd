// SPDX-License-Identifier: Apache-2.0
// Maps data to the unit square: the visible range of each axis, and its ticks.

import Foundation

/// The visible range of an axis.
package struct AxisFrame: Sendable, Equatable {
  package let axis: Chart.Axis
  package let range: ClosedRange<Double>
  package let ticks: [Tick]

  /// The position of a value: 0 at the lower end, 1 at the upper.
  package func position(_ value: Double) -> Double {
    switch axis.scale {
    case .linear, .categories: (value - range.lowerBound) / (range.upperBound - range.lowerBound)
    case .log: (log(value) - log(range.lowerBound)) / (log(range.upperBound) - log(range.lowerBound))
    }
  }

  func shows(_ value: Double) -> Bool { axis.fits(value) }
}

extension Chart.Axis {
  /// Whether a value can be placed on the axis.
  func fits(_ value: Double) -> Bool {
    switch scale {
    case .linear: value.isFinite
    case .log: value.isFinite && value > 0
    case .categories(let names): names.indices.contains(Int(exactly: value) ?? -1)
    }
  }
}

/// Both axes, and the points that can be placed on them.
package struct ChartFrame: Sendable, Equatable {
  package let x: AxisFrame
  package let y: AxisFrame
  package let series: [Chart.Series]
  /// Labels of points that are infinite or, on a logarithmic axis, not positive.
  package let omitted: [String]

  /// - Parameter ticks: the number of ticks that fit on each axis.
  /// - Throws: `EvaluationError.nothingToDraw` if no point can be placed.
  package init(_ chart: Chart, ticks: (x: Int, y: Int)) throws {
    func fits(_ point: Chart.Point) -> Bool { chart.x.fits(point.x) && chart.y.fits(point.y) }
    omitted = chart.series.filter { $0.style != .step }.flatMap { series in
      series.points.filter { !fits($0) }.map { point in
        series.style == .bars ? chart.y.text(point.y) : point.label.isEmpty ? "a point" : point.label
      }
    }
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
    var xs = placed.map(\.x) + (chart.rules?.values ?? [])
    // Bars and columns start at zero, so the axis includes zero.
    for series in series {
      switch series.style {
      case .bars: xs.append(0)
      case .columns(let width):
        ys.append(0)
        xs += series.points.flatMap { [$0.x - width / 2, $0.x + width / 2] }
      default: break
      }
    }
    x = Self.axis(chart.x, xs.filter(chart.x.fits), target: ticks.x)
    y = Self.axis(chart.y, ys.filter(chart.y.fits), target: ticks.y)
  }

  /// The range of the values with a margin of 6 % on either side; a single value gets a margin too.
  private static func axis(_ axis: Chart.Axis, _ values: [Double], target: Int) -> AxisFrame {
    let low = values.min() ?? 0
    let high = values.max() ?? 1
    switch axis.scale {
    case .linear:
      let span = high - low
      let isNarrow = span <= max(abs(low), abs(high)) * 1e-12
      let margin = isNarrow ? max(abs(high) * 0.1, high == 0 ? 1 : 0) : span * 0.06
      // Sizes and fractions are not negative, so their axis is not either.
      let lower = low >= 0 ? max(0, low - margin) : low - margin
      let range = lower...(high + margin)
      return AxisFrame(axis: axis, range: range, ticks: Ticks.linear(range, target: target))
    case .log:
      let span = log(high) - log(low)
      let margin = span <= 1e-12 ? log(2) : span * 0.06
      let range = exp(log(low) - margin)...exp(log(high) + margin)
      return AxisFrame(axis: axis, range: range, ticks: Ticks.logarithmic(range, target: target))
    case .categories(let names):
      return AxisFrame(
        axis: axis, range: -0.5...Double(max(names.count, 1)) - 0.5,
        ticks: names.enumerated().map { Tick(value: Double($0.offset), label: $0.element) })
    }
  }

  /// A note on the points that cannot be placed, or `nil`.
  package var omission: String? {
    guard !omitted.isEmpty else { return nil }
    return "not shown (no finite position on the axes): " + omitted.joined(separator: ", ")
  }

  /// The corners of a Pareto front through the points, which must be sorted by x.
  static func corners(_ points: [Chart.Point]) -> [Chart.Point] {
    var corners: [Chart.Point] = []
    for point in points {
      if let last = corners.last { corners.append(Chart.Point(x: point.x, y: last.y)) }
      corners.append(point)
    }
    return corners
  }
}
