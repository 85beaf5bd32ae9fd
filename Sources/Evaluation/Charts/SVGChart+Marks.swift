// SPDX-License-Identifier: Apache-2.0
// Drawing of data: lines, error bars, marks, columns, bars, cells.

extension SVGChart {
  mutating func paintLine(_ index: Int) {
    let series = frame.series[index]
    guard [.line, .step].contains(series.style), series.points.count > 1 else { return }
    let points = series.style == .step ? ChartFrame.corners(series.points) : series.points
    out.polyline(points.map { (px($0.x), py($0.y)) }, color: color(index), width: series.style == .step ? 1.4 : 2)
  }

  mutating func paintErrorBars(_ index: Int) {
    for point in frame.series[index].points where frame.series[index].style.isMarked {
      guard let bar = point.interval, frame.y.shows(bar.lowerBound), frame.y.shows(bar.upperBound) else { continue }
      let (x, low, high) = (px(point.x), py(bar.lowerBound), py(bar.upperBound))
      let opacity = point.isFaded ? 0.25 : 0.7
      out.line(x, low, x, high, color: color(index), width: 1.3, opacity: opacity)
      for y in [low, high] { out.line(x - 4, y, x + 4, y, color: color(index), width: 1.3, opacity: opacity) }
    }
  }

  mutating func paintMarks(_ index: Int) {
    let series = frame.series[index]
    guard series.style.isMarked else { return }
    for point in series.points {
      var facts = "\(chart.x.title): \(chart.x.text(point.x))\n\(chart.y.title): \(chart.y.text(point.beyond ?? point.y))"
      if let bar = point.interval {
        facts += " (\(Quantity.significant(bar.lowerBound, 5)) … \(Quantity.significant(bar.upperBound, 5)))"
      }
      out.mark(
        index, x: px(point.x), y: py(point.y), radius: Style.markRadius, color: color(index),
        opacity: point.isFaded ? 0.35 : 1, tooltip: point.label.isEmpty ? facts : "\(point.label)\n\(facts)")
    }
  }

  /// Columns, bars and cells.
  mutating func paintAreas(_ index: Int) {
    switch frame.series[index].style {
    case .columns(let width): paintColumns(index, width)
    case .bars: paintBars(index)
    case .cells: paintCells(index)
    case .marks, .line, .step: return
    }
  }

  private mutating func paintColumns(_ index: Int, _ columnWidth: Double) {
    let series = frame.series[index]
    for point in series.points where point.y > 0 {
      let (left, right) = (px(point.x - columnWidth / 2), px(point.x + columnWidth / 2))
      let range = "\(Quantity.significant(point.x - columnWidth / 2, 4)) … \(Quantity.significant(point.x + columnWidth / 2, 4))"
      out.rectangle(
        Box(x: left, y: py(point.y), width: max(right - left, 1), height: py(0) - py(point.y)), fill: color(index),
        opacity: chart.series.count > 1 ? 0.55 : 0.8,
        tooltip: "\(series.name.isEmpty ? "" : series.name + "\n")\(chart.x.title): \(range)"
          + (point.label.isEmpty ? "\n\(chart.y.title): \(chart.y.text(point.y))" : "\n\(point.label)"))
    }
  }

  private mutating func paintBars(_ index: Int) {
    let series = frame.series[index]
    let thickness = min(16, plot.height / Double(max(chart.y.categories?.count ?? 1, 1)) * 0.72)
    let length = Quantity.lengths(like: series.points.map(\.x))
    for point in series.points {
      let (zero, end, y) = (px(0), px(point.x), py(point.y))
      let facts = "\(chart.y.text(point.y))\n\(chart.x.title): \(chart.x.text(point.x))"
      out.rectangle(
        Box(x: min(zero, end), y: y - thickness / 2, width: max(abs(end - zero), 1), height: thickness), fill: color(index),
        opacity: point.isFaded ? 0.4 : 0.9, tooltip: point.label.isEmpty ? facts : facts + "\n" + point.label)
      guard thickness >= 9 else { continue }
      let text = length(point.x)
      let fits = point.x >= 0 && end + 6 + SVGText.width(text, size: Style.labelSize) <= plot.x + plot.width
      out.label(
        text, x: point.x >= 0 ? (fits ? end + 5 : end - 5) : zero + 5, y: y + 4, size: Style.labelSize,
        color: fits || point.x < 0 ? Style.ink : "#ffffff", anchor: fits || point.x < 0 ? .start : .end)
    }
  }

  private mutating func paintCells(_ index: Int) {
    guard let columns = chart.x.categories?.count, let rows = chart.y.categories?.count else { return }
    let scale = ColorScale(chart.cellValues)
    let text = Quantity.metrics(like: chart.cellValues)
    let (width, height) = (plot.width / Double(columns), plot.height / Double(rows))
    for point in frame.series[index].points {
      let fill = point.value.flatMap(scale.color) ?? Style.grid
      let shown = point.value.map { $0.isFinite ? text($0) : Quantity.significant($0, 4) } ?? "–"
      out.rectangle(
        Box(x: px(point.x) - width / 2 + 1, y: py(point.y) - height / 2 + 1, width: max(width - 2, 1), height: max(height - 2, 1)),
        fill: fill,
        tooltip: "\(chart.x.title): \(chart.x.text(point.x))\n\(chart.y.title): \(chart.y.text(point.y))\n"
          + "\(chart.color?.title ?? "value"): \(point.value.map { Quantity.significant($0, 5) } ?? "none")")
      guard SVGText.width(shown, size: Style.tickSize) <= width - 6, height >= 16 else { continue }
      out.label(
        shown, x: px(point.x), y: py(point.y) + 4, size: Style.tickSize, color: ColorScale.ink(on: fill), anchor: .middle)
    }
  }

  mutating func paintRules() {
    guard let rules = chart.rules else { return }
    for value in rules.values where frame.x.shows(value) {
      let x = px(value)
      out.line(x, plot.y, x, plot.y + plot.height, color: Style.rule, width: 0.9, dashes: "2 3", opacity: 0.8)
      out.line(x, plot.y + plot.height - 7, x, plot.y + plot.height + 3, color: Style.rule, width: 1.8)
    }
  }
}
