// SPDX-License-Identifier: Apache-2.0
// A chart drawn as a stand-alone SVG picture.

/// Draws charts as SVG 1.1: no script, no external font, one element per mark with its facts as a tooltip.
package struct SVGChart {
  private let chart: Chart
  private let frame: ChartFrame
  private let plot: Box
  private let width: Double
  private let height: Double
  private var out = SVGText()

  /// The picture's source text.
  ///
  /// - Parameters: width and height in pixels, at least 240 × 180.
  /// - Throws: `EvaluationError.nothingToDraw`, `badOption`.
  package static func draw(_ chart: Chart, width: Int = 820, height: Int = 520) throws -> String {
    guard width >= 240, height >= 180 else {
      throw EvaluationError.badOption(name: "size", value: "\(width)×\(height)", allowed: "240×180 and above")
    }
    var picture = try SVGChart(chart, Double(width), Double(height))
    picture.paint()
    return picture.out.text
  }

  private init(_ chart: Chart, _ width: Double, _ height: Double) throws {
    self.chart = chart
    self.width = width
    self.height = height
    frame = try ChartFrame(chart, ticks: (x: max(2, Int(width / 110)), y: max(2, Int(height / 70))))
    let tickWidth = frame.y.ticks.map { SVGText.width($0.label, size: Style.tickSize) }.max() ?? 0
    let left = 40 + tickWidth
    let top = chart.title.isEmpty ? 22.0 : 52
    let bottom = Style.bottom + (Self.needsLegend(chart) ? 26 : 0) + (frame.omitted.isEmpty ? 0 : 18)
    plot = Box(x: left, y: top, width: width - left - 24, height: height - top - bottom)
  }

  private enum Style {
    static let bottom = 58.0
    static let tickSize = 12.0
    static let labelSize = 11.5
    static let markRadius = 5.5
    static let ink = "#24292f"
    static let pale = "#6e7781"
    static let grid = "#e6e8eb"
    static let band = "#009e73"
    /// Okabe and Ito's colours, told apart by colour-blind readers.
    static let colours = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#4d4d4d"]
  }

  private static func needsLegend(_ chart: Chart) -> Bool { chart.series.count > 1 || chart.tolerance != nil }

  private func px(_ value: Double) -> Double { plot.x + frame.x.position(value) * plot.width }
  private func py(_ value: Double) -> Double { plot.y + (1 - frame.y.position(value)) * plot.height }
  private func colour(_ series: Int) -> String {
    frame.series[series].style == .step ? Style.pale : Style.colours[series % Style.colours.count]
  }

  private mutating func paint() {
    out.begin(width: width, height: height, title: chart.title.isEmpty ? "\(chart.y.label) over \(chart.x.label)" : chart.title)
    out.rectangle(Box(x: 0, y: 0, width: width, height: height), fill: "#ffffff")
    if !chart.title.isEmpty { out.label(chart.title, x: plot.x, y: 30, size: 17, colour: Style.ink, isBold: true) }
    paintTolerance()
    paintAxes()
    paintBaseline()
    for index in frame.series.indices { paintLine(index) }
    for index in frame.series.indices { paintErrorBars(index) }
    for index in frame.series.indices { paintMarks(index) }
    paintLabels()
    paintLegend()
    if let omission = frame.omission {
      out.label(omission, x: plot.x, y: height - 10, size: Style.labelSize, colour: Style.pale)
    }
    out.end()
  }

  private mutating func paintTolerance() {
    guard let band = chart.tolerance, frame.y.shows(band.lowerBound), frame.y.shows(band.upperBound) else { return }
    let top = py(band.upperBound)
    out.rectangle(
      Box(x: plot.x, y: top, width: plot.width, height: py(band.lowerBound) - top), fill: Style.band, opacity: 0.1)
  }

  private mutating func paintAxes() {
    let bottom = plot.y + plot.height
    for tick in frame.y.ticks {
      let y = py(tick.value)
      out.line(plot.x, y, plot.x + plot.width, y, colour: Style.grid)
      out.label(tick.label, x: plot.x - 9, y: y + 4, size: Style.tickSize, colour: Style.pale, anchor: .end)
    }
    var rightmost = -Double.infinity
    for tick in frame.x.ticks {
      let x = px(tick.value)
      out.line(x, plot.y, x, bottom, colour: Style.grid)
      out.line(x, bottom, x, bottom + 5, colour: Style.pale)
      // On a crowded logarithmic axis a label that would touch the one before it is left out; its grid line stays.
      let half = SVGText.width(tick.label, size: Style.tickSize) / 2
      guard x - half > rightmost + 6 else { continue }
      rightmost = x + half
      out.label(tick.label, x: x, y: bottom + 20, size: Style.tickSize, colour: Style.pale, anchor: .middle)
    }
    out.line(plot.x, bottom, plot.x + plot.width, bottom, colour: Style.pale)
    out.line(plot.x, plot.y, plot.x, bottom, colour: Style.pale)
    out.label(chart.x.title, x: plot.x + plot.width / 2, y: bottom + 43, size: 13, colour: Style.ink, anchor: .middle)
    out.label(chart.y.title, x: 18, y: plot.y + plot.height / 2, size: 13, colour: Style.ink, anchor: .middle, isVertical: true)
  }

  private mutating func paintBaseline() {
    guard let level = chart.baseline, frame.y.shows(level.value) else { return }
    let y = py(level.value)
    out.line(plot.x, y, plot.x + plot.width, y, colour: Style.ink, width: 1.2, dashes: "6 4")
  }

  private mutating func paintLine(_ index: Int) {
    let series = frame.series[index]
    guard series.style != .marks, series.points.count > 1 else { return }
    let points = series.style == .step ? ChartFrame.corners(series.points) : series.points
    out.polyline(points.map { (px($0.x), py($0.y)) }, colour: colour(index), width: series.style == .step ? 1.4 : 2)
  }

  private mutating func paintErrorBars(_ index: Int) {
    for point in frame.series[index].points where frame.series[index].style != .step {
      guard let bar = point.interval, frame.y.shows(bar.lowerBound), frame.y.shows(bar.upperBound) else { continue }
      let (x, low, high) = (px(point.x), py(bar.lowerBound), py(bar.upperBound))
      let opacity = point.isFaded ? 0.25 : 0.7
      out.line(x, low, x, high, colour: colour(index), width: 1.3, opacity: opacity)
      for y in [low, high] { out.line(x - 4, y, x + 4, y, colour: colour(index), width: 1.3, opacity: opacity) }
    }
  }

  private mutating func paintMarks(_ index: Int) {
    let series = frame.series[index]
    guard series.style != .step else { return }
    for point in series.points {
      var facts =
        "\(chart.x.title): \(Quantity.significant(point.x, 5))\n\(chart.y.title): \(Quantity.significant(point.beyond ?? point.y, 5))"
      if let bar = point.interval {
        facts += " (\(Quantity.significant(bar.lowerBound, 5)) … \(Quantity.significant(bar.upperBound, 5)))"
      }
      out.mark(
        index, x: px(point.x), y: py(point.y), radius: Style.markRadius, colour: colour(index),
        opacity: point.isFaded ? 0.35 : 1, tooltip: point.label.isEmpty ? facts : "\(point.label)\n\(facts)")
    }
  }

  private mutating func paintLabels() {
    let marked = frame.series.filter { $0.style != .step }.flatMap(\.points)
    let r = Style.markRadius + 1
    var obstacles = marked.map { Box(x: px($0.x) - r, y: py($0.y) - r, width: 2 * r, height: 2 * r) }
    for point in marked {
      guard let bar = point.interval, frame.y.shows(bar.lowerBound), frame.y.shows(bar.upperBound) else { continue }
      obstacles.append(Box(x: px(point.x) - 2, y: py(bar.upperBound), width: 4, height: py(bar.lowerBound) - py(bar.upperBound)))
    }
    for series in frame.series where series.style == .step {
      // Vertical and horizontal pieces of the front.
      let corners = ChartFrame.corners(series.points)
      for (a, b) in zip(corners, corners.dropFirst()) {
        let (x0, x1, y0, y1) = (min(px(a.x), px(b.x)), max(px(a.x), px(b.x)), min(py(a.y), py(b.y)), max(py(a.y), py(b.y)))
        obstacles.append(Box(x: x0 - 1, y: y0 - 1, width: x1 - x0 + 2, height: y1 - y0 + 2))
      }
    }
    if let level = chart.baseline, frame.y.shows(level.value) {
      obstacles.append(Box(x: plot.x, y: py(level.value) - 1, width: plot.width, height: 2))
    }
    var placement = LabelPlacement(area: plot, obstacles: obstacles)
    if let level = chart.baseline, frame.y.shows(level.value), !level.label.isEmpty { labelBaseline(level, &placement) }
    // Points that matter take the good places.
    for point in marked.filter({ !$0.isFaded }) + marked.filter(\.isFaded) where !point.label.isEmpty {
      let width = SVGText.width(point.label, size: Style.labelSize)
      guard
        let place = placement.place(
          x: px(point.x), y: py(point.y), width: width, height: Style.labelSize + 2, markRadius: Style.markRadius)
      else { continue }
      if place.isFar {
        let reach = min(max(px(point.x), place.box.x), place.box.x + width)
        let edge = place.box.y > py(point.y) ? place.box.y : place.box.y + place.box.height
        out.line(px(point.x), py(point.y), reach, edge, colour: Style.pale, width: 0.7)
      }
      out.label(
        point.label, x: place.x, y: place.box.y + Style.labelSize - 0.5, size: Style.labelSize,
        colour: point.isFaded ? Style.pale : Style.ink, anchor: place.anchor)
    }
  }

  /// At the right end of the line, above or below; at the left end when marks are in the way.
  private mutating func labelBaseline(_ level: Chart.Level, _ placement: inout LabelPlacement) {
    let width = SVGText.width(level.label, size: Style.labelSize)
    for x in [plot.x + plot.width - width / 2 - 6, plot.x + width / 2 + 6] {
      guard
        let place = placement.place(
          x: x, y: py(level.value), width: width, height: Style.labelSize + 2, markRadius: -1)
      else { continue }
      out.label(
        level.label, x: place.x, y: place.box.y + Style.labelSize - 0.5, size: Style.labelSize, colour: Style.ink,
        anchor: place.anchor, isItalic: true)
      return
    }
  }

  /// One row under the x axis; names that no longer fit are left to the tooltips.
  private mutating func paintLegend() {
    guard Self.needsLegend(chart) else { return }
    var x = plot.x
    let y = plot.y + plot.height + Style.bottom + 8
    func fits(_ text: String) -> Bool { x + 18 + SVGText.width(text, size: Style.tickSize) <= width - 8 }
    for (index, series) in frame.series.enumerated() where !series.name.isEmpty && fits(series.name) {
      if series.style != .marks { out.line(x - 2, y - 4, x + 14, y - 4, colour: colour(index), width: series.style == .step ? 1.4 : 2) }
      if series.style != .step {
        out.mark(index, x: x + 6, y: y - 4, radius: Style.markRadius - 0.5, colour: colour(index), opacity: 1, tooltip: nil)
      }
      out.label(series.name, x: x + 19, y: y, size: Style.tickSize, colour: Style.ink)
      x += 19 + SVGText.width(series.name, size: Style.tickSize) + 18
    }
    if chart.tolerance != nil, fits("tolerance") {
      out.rectangle(Box(x: x - 1, y: y - 10, width: 15, height: 11), fill: Style.band, opacity: 0.18)
      out.label("tolerance", x: x + 19, y: y, size: Style.tickSize, colour: Style.ink)
    }
  }
}
