// SPDX-License-Identifier: Apache-2.0
// Draws a chart as a stand-alone SVG image.

/// Draws charts as SVG 1.1: no script, no external font, one element per mark with its values in a tooltip.
package struct SVGChart {
  let chart: Chart
  let frame: ChartFrame
  let plot: Box
  let width: Double
  let height: Double
  var out = SVGText()

  /// The SVG source.
  ///
  /// - Parameters: width and height in pixels, at least 240 × 180; without a height, bars get as much as they need.
  /// - Throws: `EvaluationError.nothingToDraw`, `badOption`.
  package static func draw(_ chart: Chart, width: Int = 820, height: Int? = nil) throws -> String {
    guard width >= 240, height ?? 520 >= 180 else {
      throw EvaluationError.badOption(name: "size", value: "\(width)×\(height ?? 520)", allowed: "240×180 and above")
    }
    var picture = try SVGChart(chart, Double(width), height.map(Double.init) ?? Self.height(of: chart))
    picture.paint()
    return picture.out.text
  }

  private init(_ chart: Chart, _ width: Double, _ height: Double) throws {
    self.chart = chart
    self.width = width
    self.height = height
    frame = try ChartFrame(chart, ticks: (x: max(2, Int(width / 110)), y: max(2, Int(height / 70))))
    // Long names are truncated at a third of the chart's width.
    let tickWidth = min(frame.y.ticks.map { SVGText.width($0.label, size: Style.tickSize) }.max() ?? 0, width / 3)
    let left = (chart.y.title.isEmpty ? 20 : 40) + tickWidth
    let right = chart.color == nil ? 24.0 : 96
    let top = chart.title.isEmpty ? 22.0 : 52
    let bottom = Style.bottom + (Self.needsLegend(chart) ? 26 : 0) + (frame.omitted.isEmpty ? 0 : 18)
    plot = Box(x: left, y: top, width: width - left - right, height: height - top - bottom)
  }

  /// Default height: one row per bar, or 520 pixels for other charts.
  private static func height(of chart: Chart) -> Double {
    guard chart.series.contains(where: { $0.style == .bars }), let names = chart.y.categories else { return 520 }
    return 140 + 22 * Double(max(names.count, 3)) + (needsLegend(chart) ? 26 : 0)
  }

  enum Style {
    static let bottom = 58.0
    static let tickSize = 12.0
    static let labelSize = 11.5
    /// Largest fraction of the plot's width for a label.
    static let labelShare = 0.4
    static let markRadius = 5.5
    static let ink = "#24292f"
    static let pale = "#6e7781"
    static let grid = "#e6e8eb"
    static let band = "#009e73"
    static let rule = "#d55e00"
    /// The palette of Okabe and Ito, distinguishable with color blindness.
    static let colors = ["#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#4d4d4d"]
  }

  static func needsLegend(_ chart: Chart) -> Bool { chart.series.count > 1 || chart.tolerance != nil || chart.rules != nil }

  func px(_ value: Double) -> Double { plot.x + frame.x.position(value) * plot.width }
  /// Numbers increase upward; the first category is at the top.
  func py(_ value: Double) -> Double {
    let up = frame.y.position(value)
    return plot.y + (frame.y.axis.categories == nil ? 1 - up : up) * plot.height
  }
  func color(_ series: Int) -> String {
    frame.series[series].style == .step ? Style.pale : Style.colors[series % Style.colors.count]
  }

  private mutating func paint() {
    out.begin(width: width, height: height, title: chart.title.isEmpty ? "\(chart.y.label) over \(chart.x.label)" : chart.title)
    out.rectangle(Box(x: 0, y: 0, width: width, height: height), fill: "#ffffff")
    if !chart.title.isEmpty { out.label(chart.title, x: plot.x, y: 30, size: 17, color: Style.ink, isBold: true) }
    paintTolerance()
    paintAxes()
    for index in frame.series.indices { paintAreas(index) }
    paintRules()
    paintBaseline()
    for index in frame.series.indices { paintLine(index) }
    for index in frame.series.indices { paintErrorBars(index) }
    for index in frame.series.indices { paintMarks(index) }
    paintLabels()
    paintLegend()
    paintColorScale()
    if let omission = frame.omission {
      out.label(omission, x: plot.x, y: height - 10, size: Style.labelSize, color: Style.pale)
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
    var lowest = -Double.infinity
    for tick in frame.y.ticks {
      let y = py(tick.value)
      if frame.y.axis.categories == nil { out.line(plot.x, y, plot.x + plot.width, y, color: Style.grid) }
      // If not all names fit, only every second or third one is drawn.
      guard frame.y.axis.categories == nil || y >= lowest + Style.tickSize else { continue }
      lowest = y
      let label = SVGText.cut(tick.label, to: plot.x - (chart.y.title.isEmpty ? 12 : 32), size: Style.tickSize)
      out.label(label, x: plot.x - 9, y: y + 4, size: Style.tickSize, color: Style.pale, anchor: .end)
    }
    var rightmost = -Double.infinity
    for tick in frame.x.ticks {
      let x = px(tick.value)
      if frame.x.axis.categories == nil { out.line(x, plot.y, x, bottom, color: Style.grid) }
      out.line(x, bottom, x, bottom + 5, color: Style.pale)
      // On a crowded logarithmic axis, overlapping labels are left out; their grid lines stay.
      let half = SVGText.width(tick.label, size: Style.tickSize) / 2
      guard x - half > rightmost + 6 else { continue }
      rightmost = x + half
      out.label(tick.label, x: x, y: bottom + 20, size: Style.tickSize, color: Style.pale, anchor: .middle)
    }
    out.line(plot.x, bottom, plot.x + plot.width, bottom, color: Style.pale)
    out.line(plot.x, plot.y, plot.x, bottom, color: Style.pale)
    out.label(chart.x.title, x: plot.x + plot.width / 2, y: bottom + 43, size: 13, color: Style.ink, anchor: .middle)
    if !chart.y.title.isEmpty {
      out.label(chart.y.title, x: 18, y: plot.y + plot.height / 2, size: 13, color: Style.ink, anchor: .middle, isVertical: true)
    }
  }

  private mutating func paintBaseline() {
    guard let level = chart.baseline, frame.y.shows(level.value) else { return }
    let y = py(level.value)
    out.line(plot.x, y, plot.x + plot.width, y, color: Style.ink, width: 1.2, dashes: "6 4")
  }
}
