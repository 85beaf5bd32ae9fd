// SPDX-License-Identifier: Apache-2.0
// A chart as a value: what is drawn, not how.

/// Points on two axes, with what belongs around them. `SVGChart` and `TextChart` draw it.
package struct Chart: Sendable, Equatable {
  package enum Scale: Sendable, Equatable { case linear, log }

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
  }

  package struct Point: Sendable, Equatable {
    package var x: Double
    package var y: Double
    /// An error bar.
    package var interval: ClosedRange<Double>?
    package var label: String
    /// Drawn pale: dominated by another point, say.
    package var isFaded: Bool
    /// The true y of a point that was moved to the edge because it lies outside the chart's focus.
    private(set) var beyond: Double?

    package init(x: Double, y: Double, interval: ClosedRange<Double>? = nil, label: String = "", isFaded: Bool = false) {
      self.x = x
      self.y = y
      self.interval = interval
      self.label = label
      self.isFaded = isFaded
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

  package var title: String
  package var x: Axis
  package var y: Axis
  package var series: [Series]
  package var baseline: Level?
  /// Values of y that are good enough, drawn as a band.
  package var tolerance: ClosedRange<Double>?
  /// The part of the y axis that matters: points outside it stand on its edge with their value beside them, so that a
  /// hopeless candidate does not squeeze the others together. `nil` shows all.
  package var focus: ClosedRange<Double>?

  package init(
    title: String = "", x: Axis, y: Axis, series: [Series], baseline: Level? = nil, tolerance: ClosedRange<Double>? = nil,
    focus: ClosedRange<Double>? = nil
  ) {
    self.title = title
    self.x = x
    self.y = y
    self.series = series
    self.baseline = baseline
    self.tolerance = tolerance
    self.focus = focus
  }
}
