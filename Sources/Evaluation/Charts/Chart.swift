// SPDX-License-Identifier: Apache-2.0
// A chart as a value: what is drawn, not how.

/// Points, bars or cells on two axes, with what belongs around them. `SVGChart` and `TextChart` draw it.
package struct Chart: Sendable, Equatable {
  package enum Scale: Sendable, Equatable {
    case linear, log
    /// Names instead of numbers: a coordinate is a place in the list, counted from 0. Up and down, the first is on top.
    case categories([String])
  }

  package struct Axis: Sendable, Equatable {
    package var label: String
    /// Shown after the label, in parentheses.
    package var unit: String
    package var scale: Scale

    package init(_ label: String, unit: String = "", scale: Scale = .linear) {
      self.label = label
      self.unit = unit
      self.scale = scale
    }

    package var title: String { unit.isEmpty ? label : "\(label) (\(unit))" }

    package var categories: [String]? {
      if case .categories(let names) = scale { names } else { nil }
    }

    /// A value as a tooltip tells it.
    func text(_ value: Double) -> String {
      guard let categories else { return Quantity.significant(value, 5) }
      return categories.indices.contains(Int(value)) ? categories[Int(value)] : ""
    }
  }

  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double
    /// An error bar.
    package var interval: ClosedRange<Double>?
    /// Beside the mark, or at the end of the bar.
    package var label: String
    /// Drawn pale: dominated by another point, say.
    package var isFaded: Bool
    /// The third value of a cell, which its color shows.
    package var value: Double?
    /// The true y of a point that was moved to the edge because it lies outside the chart's focus.
    private(set) var beyond: Double?

    package init(
      x: Double, y: Double, interval: ClosedRange<Double>? = nil, label: String = "", isFaded: Bool = false, value: Double? = nil
    ) {
      self.x = x
      self.y = y
      self.interval = interval
      self.label = label
      self.isFaded = isFaded
      self.value = value
    }

    /// The point on the edge of `range`, pale and with its value in the label, when it lies outside.
    func moved(into range: ClosedRange<Double>) -> Point {
      guard !range.contains(y) else { return self }
      let edge = y < range.lowerBound ? range.lowerBound : range.upperBound
      let value = "\(y < edge ? "↓" : "↑") \(Quantity.metric(y))"
      var moved = Point(x: x, y: edge, label: label.isEmpty ? value : "\(label) \(value)", isFaded: true)
      moved.beyond = y
      return moved
    }
  }

  package struct Series: Sendable, Equatable {
    package enum Style: Sendable, Equatable {
      case marks, line
      /// Level from each point to the next one's x, then up or down to it: a Pareto front. Drawn without marks.
      case step
      /// Upright columns from 0 to y, `width` wide, centered at x: a histogram.
      case columns(width: Double)
      /// Level bars from 0 to x, one for a category of the y axis.
      case bars
      /// Colored fields, one for a pair of categories: a heat map.
      case cells

      /// Whether points of it are marks with labels beside them.
      var isMarked: Bool { self == .marks || self == .line }
    }

    package var name: String
    package var style: Style
    package var points: [Point]

    package init(_ name: String, style: Style = .marks, points: [Point]) {
      self.name = name
      self.style = style
      self.points = points
    }
  }

  /// A horizontal dashed line.
  package struct Level: Sendable, Equatable {
    package var value: Double
    package var label: String

    package init(_ value: Double, label: String) {
      self.value = value
      self.label = label
    }
  }

  /// Values of x that are marked by upright thin lines.
  package struct Rules: Sendable, Equatable {
    package var values: [Double]
    package var label: String

    package init(_ values: [Double], label: String) {
      self.values = values
      self.label = label
    }
  }

  package var title: String
  package var x: Axis
  package var y: Axis
  package var series: [Series]
  package var baseline: Level?
  package var rules: Rules?
  /// What the color of cells stands for.
  package var colour: Axis?
  /// Values of y that are good enough, drawn as a band.
  package var tolerance: ClosedRange<Double>?
  /// The part of the y axis that matters: points outside it stand on its edge with their value beside them, so that a
  /// hopeless candidate does not squeeze the others together. `nil` shows all.
  package var focus: ClosedRange<Double>?

  package init(
    title: String = "", x: Axis, y: Axis, series: [Series], baseline: Level? = nil, tolerance: ClosedRange<Double>? = nil,
    focus: ClosedRange<Double>? = nil, rules: Rules? = nil, colour: Axis? = nil
  ) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
    self.baseline = baseline
    self.tolerance = tolerance
    self.focus = focus
    self.rules = rules
    self.colour = colour
  }

  /// The values of all cells.
  var cellValues: [Double] { series.filter { $0.style == .cells }.flatMap(\.points).compactMap(\.value) }
}
