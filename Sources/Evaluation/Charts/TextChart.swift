// SPDX-License-Identifier: Apache-2.0
// Draws a chart with characters: braille dots for lines and a glyph for each mark; or plain ASCII.

import TextLayout

/// Draws charts for a terminal.
package struct TextChart {
  private let chart: Chart
  private let frame: ChartFrame
  private let glyphs: Glyphs
  private let margin: Int
  private let legend: [String]
  private var canvas: TextCanvas

  /// The drawing as lines of at most `width` cells, without a final newline.
  ///
  /// - Parameters: width and height of the whole chart in cells, at least 30 × 12 (a long legend may add lines);
  ///   `isASCII` for terminals without Unicode.
  /// - Throws: `EvaluationError.nothingToDraw`, `badOption`.
  package static func draw(_ chart: Chart, width: Int = 80, height: Int = 24, isASCII: Bool = false) throws -> String {
    guard width >= 30, height >= 12 else {
      throw EvaluationError.badOption(name: "size", value: "\(width)×\(height)", allowed: "30×12 cells and above")
    }
    let styles = chart.series.map(\.style)
    let lines: [String]
    if styles.contains(.bars) {
      lines = TextBars.lines(chart, try ChartFrame(chart, ticks: (x: 2, y: 2)), width: width, isASCII: isASCII)
    } else if styles.contains(.cells) {
      lines = TextCells.lines(chart, try ChartFrame(chart, ticks: (x: 2, y: 2)), width: width, isASCII: isASCII)
    } else {
      var drawing = try TextChart(chart, width, height, isASCII ? .ascii : .unicode)
      drawing.paint()
      lines = drawing.lines()
    }
    return lines.map { line in
      var line = Substring(DisplayWidth.truncate(DisplayWidth.printable(line), to: width))
      while line.last == " " { line.removeLast() }
      return String(line)
    }.joined(separator: "\n")
  }

  private struct Glyphs {
    let marks: [Character]
    let faded: [Character]
    let vertical, horizontal, corner, left, below, rule, block: Character
    let isASCII: Bool

    static let unicode = Glyphs(
      marks: ["●", "■", "▲", "◆", "▼", "✚"], faded: ["○", "□", "△", "◇", "▽", "✢"],
      vertical: "│", horizontal: "─", corner: "└", left: "┤", below: "┬", rule: "▲", block: "▒", isASCII: false)
    static let ascii = Glyphs(
      marks: ["o", "#", "^", "*", "v", "x"], faded: ["o", "#", "^", "*", "v", "x"],
      vertical: "|", horizontal: "-", corner: "+", left: "+", below: "+", rule: "^", block: ":", isASCII: true)
  }

  private init(_ chart: Chart, _ width: Int, _ height: Int, _ glyphs: Glyphs) throws {
    self.chart = chart
    self.glyphs = glyphs
    frame = try ChartFrame(chart, ticks: (x: max(2, width / 12), y: max(2, height / 5)))
    margin = (frame.y.ticks.map { DisplayWidth.of($0.label) }.max() ?? 0) + 1
    legend = Self.legend(chart, glyphs, width: width - margin - 1)
    // The other lines are for title, y title, x axis with numbers and title, note on omitted points, and legend.
    let rows = max(4, height - 4 - (chart.title.isEmpty ? 0 : 1) - (frame.omitted.isEmpty ? 0 : 1) - legend.count)
    canvas = TextCanvas(columns: width - margin - 1, rows: rows, isASCII: glyphs.isASCII)
  }

  private func dot(_ x: Double, _ y: Double) -> (Int, Int) {
    let across = Double(canvas.dotColumns - 1) * frame.x.position(x)
    let down = Double(canvas.dotRows - 1) * (1 - frame.y.position(y))
    return (Int(across.rounded()), Int(down.rounded()))
  }

  private mutating func paintColumns(_ series: Chart.Series, isFilled: Bool) {
    guard case .columns(let width) = series.style else { return }
    var before = 0.0
    for point in series.points {
      let (left, right) = (dot(point.x - width / 2, point.y).0, dot(point.x + width / 2, point.y).0)
      let (top, floor) = (dot(point.x, point.y).1, dot(point.x, 0).1)
      if isFilled, point.y > 0 {
        for x in left...max(left, right - 1) { canvas.line(from: (x, top), to: (x, floor)) }
      } else if !isFilled {
        canvas.line(from: (left, dot(point.x, before).1), to: (left, top))
        canvas.line(from: (left, top), to: (right, top))
      }
      before = point.y
    }
  }

  private mutating func paint() {
    let right = frame.x.range.upperBound
    let left = frame.x.range.lowerBound
    for (value, gap) in [(chart.baseline?.value, 4), (chart.tolerance?.lowerBound, 8), (chart.tolerance?.upperBound, 8)] {
      guard let value, frame.y.shows(value) else { continue }
      canvas.line(from: dot(left, value), to: dot(right, value), every: gap)
    }
    let columns = frame.series.filter { if case .columns = $0.style { true } else { false } }
    // The last of several histograms is filled, the others are outlines.
    for series in columns { paintColumns(series, isFilled: series == columns.last) }
    for series in frame.series where [.line, .step].contains(series.style) {
      let points = series.style == .step ? ChartFrame.corners(series.points) : series.points
      for (a, b) in zip(points, points.dropFirst()) { canvas.line(from: dot(a.x, a.y), to: dot(b.x, b.y)) }
    }
    for point in frame.series.filter(\.style.isMarked).flatMap(\.points) {
      guard let bar = point.interval, frame.y.shows(bar.lowerBound), frame.y.shows(bar.upperBound) else { continue }
      canvas.line(from: dot(point.x, bar.lowerBound), to: dot(point.x, bar.upperBound))
    }
    for (index, series) in frame.series.enumerated() where series.style.isMarked {
      for point in series.points {
        let set = point.isFaded ? glyphs.faded : glyphs.marks
        canvas.put(set[index % set.count], at: canvas.cell(dot(point.x, point.y)))
      }
    }
    let labeled = frame.series.filter(\.style.isMarked).flatMap(\.points).filter { !$0.label.isEmpty }
    for point in labeled.filter({ !$0.isFaded }) + labeled.filter(\.isFaded) {
      canvas.label(point.label, beside: canvas.cell(dot(point.x, point.y)))
    }
  }

  private func lines() -> [String] {
    var lines = chart.title.isEmpty ? [] : [String(repeating: " ", count: margin + 1) + chart.title]
    lines.append(chart.y.title)
    var ticks: [Int: String] = [:]
    for tick in frame.y.ticks { ticks[canvas.cell(dot(frame.x.range.lowerBound, tick.value)).row] = tick.label }
    for (row, text) in canvas.lines.enumerated() {
      let label = DisplayWidth.pad(ticks[row] ?? "", to: margin - 1, right: true)
      lines.append("\(label) \(ticks[row] == nil ? glyphs.vertical : glyphs.left)\(text)")
    }
    lines += xAxis()
    if let omission = frame.omission { lines.append(omission) }
    return lines + legend.map { String(repeating: " ", count: margin + 1) + $0 }
  }

  /// The axis line, its numbers and its title.
  private func xAxis() -> [String] {
    var axis = [Character](repeating: glyphs.horizontal, count: canvas.columns)
    var numbers = [Character](repeating: " ", count: canvas.columns + margin + 1)
    var free = 0
    for tick in frame.x.ticks {
      let column = canvas.cell(dot(tick.value, frame.y.range.lowerBound)).column
      axis[column] = glyphs.below
      let start = min(max(margin + 1 + column - tick.label.count / 2, free), numbers.count - tick.label.count)
      guard start >= free else { continue }
      for (i, character) in tick.label.enumerated() { numbers[start + i] = character }
      free = start + tick.label.count + 1
    }
    for value in chart.rules?.values ?? [] where frame.x.shows(value) {
      axis[canvas.cell(dot(value, frame.y.range.lowerBound)).column] = glyphs.rule
    }
    let title = chart.x.title
    let indent = max(0, margin + 1 + (canvas.columns - DisplayWidth.of(title)) / 2)
    return [
      String(repeating: " ", count: margin) + String(glyphs.corner) + String(axis), String(numbers),
      String(repeating: " ", count: indent) + title,
    ]
  }

  /// Marks with their names, in lines of at most `width` cells.
  private static func legend(_ chart: Chart, _ glyphs: Glyphs, width: Int) -> [String] {
    var parts: [String] = []
    if chart.series.count > 1 {
      for (index, series) in chart.series.enumerated() where !series.name.isEmpty {
        let isLast = index == chart.series.count - 1
        let sign: String =
          switch series.style {
          case .step: "\(glyphs.horizontal)\(glyphs.horizontal)"
          case .columns: isLast ? "\(glyphs.block)\(glyphs.block)" : "\(glyphs.horizontal)\(glyphs.vertical)"
          default: "\(glyphs.marks[index % glyphs.marks.count])"
          }
        parts.append("\(sign) \(series.name)")
      }
    }
    if let level = chart.baseline { parts.append("- - \(level.label.isEmpty ? "baseline" : level.label)") }
    if let rules = chart.rules { parts.append("\(glyphs.rule) \(rules.label)") }
    if chart.tolerance != nil { parts.append(". . tolerance") }
    var lines: [String] = []
    for part in parts {
      if let last = lines.last, DisplayWidth.of(last) + 3 + DisplayWidth.of(part) <= width {
        lines[lines.count - 1] = last + "   " + part
      } else {
        lines.append(part)
      }
    }
    return lines
  }
}
