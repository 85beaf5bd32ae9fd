// SPDX-License-Identifier: Apache-2.0
// A chart as data, independent of how it is drawn.

/// Points, bars or cells on two axes, with title, legend and annotations. `SVGChart` and `TextChart` draw it.
package struct Chart: Sendable, Equatable {
  package enum Scale: Sendable, Equatable {
    case linear, log
    /// Names instead of numbers: a coordinate is an index in the list, from 0. On the y axis the first is at the top.
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

    /// A value as shown in a tooltip.
    func text(_ value: Double) -> String {
      guard let categories else { return Quantity.significant(value, 5) }
      return categories.indices.contains(Int(value)) ? categories[Int(value)] : ""
    }
  }

  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double
    /// The interval of an error bar.
    package var interval: ClosedRange<Double>?
    /// Displayed next to the mark, or at the end of the bar.
    package var label: String
    /// Drawn faded, for example because another point dominates it.
    package var isFaded: Bool
    /// The value of a heat map cell, shown as its color.
    package var value: Double?
    /// The actual y of a point that was moved to the edge because it is outside the chart's focus.
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

    /// The point, moved to the edge of `range`, faded and with its value in the label, if it is outside.
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
      /// Horizontal from each point to the next one's x, then vertical to its y: a Pareto front. Drawn without marks.
      case step
      /// Vertical columns from 0 to y, `width` wide, centered at x: a histogram.
      case columns(width: Double)
      /// Horizontal bars from 0 to x, one per category of the y axis.
      case bars
      /// Colored cells, one per pair of categories: a heat map.
      case cells

      /// Whether its points are drawn as marks with labels.
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

  /// Values of x that are marked by thin vertical lines.
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
  /// The axis of the cells' color.
  package var color: Axis?
  /// Acceptable values of y, drawn as a band.
  package var tolerance: ClosedRange<Double>?
  /// The y range of interest: points outside it are drawn at its edge with their values, so that an outlier does not
  /// compress the scale of the others. `nil` shows all.
  package var focus: ClosedRange<Double>?

  package init(
    title: String = "", x: Axis, y: Axis, series: [Series], baseline: Level? = nil, tolerance: ClosedRange<Double>? = nil,
    focus: ClosedRange<Double>? = nil, rules: Rules? = nil, color: Axis? = nil
  ) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
    self.baseline = baseline
    self.tolerance = tolerance
    self.focus = focus
    self.rules = rules
    self.color = color
  }

  /// The values of all cells.
  var cellValues: [Double] { series.filter { $0.style == .cells }.flatMap(\.points).compactMap(\.value) }
}
