// SPDX-License-Identifier: Apache-2.0
// Draws bars with characters, one per line.

import TextLayout

/// Draws names, bars starting at zero, and values.
enum TextBars {
  /// Block characters for eighths of a cell, from the left.
  private static let eighths: [Character] = ["▏", "▎", "▍", "▌", "▋", "▊", "▉"]

  /// Lines of at most `width` cells. The value of each bar is to the right of it, followed by its label.
  static func lines(_ chart: Chart, _ frame: ChartFrame, width: Int, isASCII: Bool) -> [String] {
    let points = frame.series.filter { $0.style == .bars }.flatMap(\.points).sorted { $0.y < $1.y }
    let names = points.map { DisplayWidth.printable(chart.y.text($0.y)) }
    let values = points.map(\.x).map(Quantity.lengths(like: points.map(\.x)))
    let nameWidth = min(names.map { DisplayWidth.of($0) }.max() ?? 0, width * 2 / 5)
    let head = DisplayWidth.head(for: names, width: nameWidth)
    let valueWidth = values.map(DisplayWidth.of).max() ?? 0
    let space = max(4, width - nameWidth - valueWidth - 4)
    let low = min(0, points.map(\.x).min() ?? 0)
    let span = max(0, points.map(\.x).max() ?? 0) - low
    let zero = span > 0 ? -low / span * Double(space) : 0
    var lines = chart.title.isEmpty ? [] : [chart.title]
    lines.append(DisplayWidth.pad("", to: nameWidth) + "  " + chart.x.title)
    for (i, point) in points.enumerated() {
      let end = span > 0 ? (point.x - low) / span * Double(space) : 0
      let name = DisplayWidth.pad(DisplayWidth.shorten(names[i], to: nameWidth, head: head), to: nameWidth)
      let bar = isASCII ? ascii(from: min(zero, end), to: max(zero, end)) : blocks(from: min(zero, end), to: max(zero, end))
      let note = point.label.isEmpty ? "" : "  " + DisplayWidth.printable(point.label)
      lines.append("\(name)  \(bar) \(values[i])\(note)")
    }
    if let omission = frame.omission { lines.append(omission) }
    return lines
  }

  private static func ascii(from start: Double, to end: Double) -> String {
    let (first, last) = (Int(start.rounded()), Int(end.rounded()))
    return String(repeating: " ", count: first) + String(repeating: "#", count: max(last - first, 0))
  }

  /// Whole cells, followed by a partial cell at the right end.
  private static func blocks(from start: Double, to end: Double) -> String {
    let first = Int(start.rounded())
    let parts = max(0, Int(((end - Double(first)) * 8).rounded()))
    let rest = parts % 8 == 0 ? "" : String(eighths[parts % 8 - 1])
    return String(repeating: " ", count: first) + String(repeating: "█", count: parts / 8) + rest
  }
}
