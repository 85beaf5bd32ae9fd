// SPDX-License-Identifier: Apache-2.0
// Labels next to marks, the legend, and the color scale.

extension SVGChart {
  mutating func paintLabels() {
    let marked = frame.series.filter(\.style.isMarked).flatMap(\.points)
    let r = Style.markRadius + 1
    var obstacles = marked.map { Box(x: px($0.x) - r, y: py($0.y) - r, width: 2 * r, height: 2 * r) }
    for point in marked {
      guard let bar = point.interval, frame.y.shows(bar.lowerBound), frame.y.shows(bar.upperBound) else { continue }
      obstacles.append(Box(x: px(point.x) - 2, y: py(bar.upperBound), width: 4, height: py(bar.lowerBound) - py(bar.upperBound)))
    }
    for series in frame.series where series.style == .step {
      // Vertical and horizontal segments of the front.
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
    // Points that are not faded are labeled first, in the best positions.
    for point in marked.filter({ !$0.isFaded }) + marked.filter(\.isFaded) where !point.label.isEmpty {
      // A label that is too long is cut; the tooltip shows all of it.
      let label = SVGText.cut(point.label, to: plot.width * Style.labelShare, size: Style.labelSize)
      let width = SVGText.width(label, size: Style.labelSize)
      guard
        let place = placement.place(
          x: px(point.x), y: py(point.y), width: width, height: Style.labelSize + 2, markRadius: Style.markRadius)
      else { continue }
      if place.isFar {
        let reach = min(max(px(point.x), place.box.x), place.box.x + width)
        let edge = place.box.y > py(point.y) ? place.box.y : place.box.y + place.box.height
        out.line(px(point.x), py(point.y), reach, edge, color: Style.pale, width: 0.7)
      }
      out.label(
        label, x: place.x, y: place.box.y + Style.labelSize - 0.5, size: Style.labelSize,
        color: point.isFaded ? Style.pale : Style.ink, anchor: place.anchor)
    }
  }

  /// At the right end of the line, above or below; at the left end if marks are in the way.
  private mutating func labelBaseline(_ level: Chart.Level, _ placement: inout LabelPlacement) {
    let width = SVGText.width(level.label, size: Style.labelSize)
    for x in [plot.x + plot.width - width / 2 - 6, plot.x + width / 2 + 6] {
      guard
        let place = placement.place(
          x: x, y: py(level.value), width: width, height: Style.labelSize + 2, markRadius: -1)
      else { continue }
      out.label(
        level.label, x: place.x, y: place.box.y + Style.labelSize - 0.5, size: Style.labelSize, color: Style.ink,
        anchor: place.anchor, isItalic: true)
      return
    }
  }

  /// One row under the x axis; names that do not fit appear in the tooltips only.
  mutating func paintLegend() {
    guard Self.needsLegend(chart) else { return }
    var x = plot.x
    let y = plot.y + plot.height + Style.bottom + 8
    func fits(_ text: String) -> Bool { x + 18 + SVGText.width(text, size: Style.tickSize) <= width - 8 }
    for (index, series) in frame.series.enumerated() where !series.name.isEmpty && fits(series.name) {
      if [.line, .step].contains(series.style) {
        out.line(x - 2, y - 4, x + 14, y - 4, color: color(index), width: series.style == .step ? 1.4 : 2)
      }
      if !series.style.isMarked, series.style != .step {
        out.rectangle(Box(x: x - 1, y: y - 10, width: 15, height: 11), fill: color(index), opacity: 0.7)
      } else if series.style != .step {
        out.mark(index, x: x + 6, y: y - 4, radius: Style.markRadius - 0.5, color: color(index), opacity: 1, tooltip: nil)
      }
      out.label(series.name, x: x + 19, y: y, size: Style.tickSize, color: Style.ink)
      x += 19 + SVGText.width(series.name, size: Style.tickSize) + 18
    }
    if let rules = chart.rules, fits(rules.label) {
      out.line(x + 6, y - 11, x + 6, y + 2, color: Style.rule, width: 1.8)
      out.label(rules.label, x: x + 19, y: y, size: Style.tickSize, color: Style.ink)
      x += 19 + SVGText.width(rules.label, size: Style.tickSize) + 18
    }
    if chart.tolerance != nil, fits("tolerance") {
      out.rectangle(Box(x: x - 1, y: y - 10, width: 15, height: 11), fill: Style.band, opacity: 0.18)
      out.label("tolerance", x: x + 19, y: y, size: Style.tickSize, color: Style.ink)
    }
  }

  /// A strip of the scale's colors with labels at its ends and middle, right of the plot.
  mutating func paintColorScale() {
    guard let axis = chart.color, let range = ColorScale(chart.cellValues).range else { return }
    let scale = ColorScale(chart.cellValues)
    let (x, steps) = (plot.x + plot.width + 18, 40)
    let step = plot.height / Double(steps)
    for i in 0..<steps {
      let share = 1 - (Double(i) + 0.5) / Double(steps)
      let value = range.lowerBound + share * (range.upperBound - range.lowerBound)
      out.rectangle(
        Box(x: x, y: plot.y + Double(i) * step, width: 14, height: step + (i == steps - 1 ? 0 : 1)), fill: scale.color(value) ?? Style.grid
      )
    }
    let text = Quantity.metrics(like: chart.cellValues)
    let ends = [(range.upperBound, plot.y + 10), (range.lowerBound, plot.y + plot.height)]
    for (value, y) in range.lowerBound < range.upperBound ? ends : [ends[0]] {
      out.label(text(value), x: x + 18, y: y, size: Style.labelSize, color: Style.pale)
    }
    out.label(axis.title, x: x + 30, y: plot.y + plot.height / 2, size: 13, color: Style.ink, anchor: .middle, isVertical: true)
  }
}
