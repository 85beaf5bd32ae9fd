// SPDX-License-Identifier: Apache-2.0
// Draws a heat map with characters: a table with shaded fields.

import TextLayout

/// A row for each category of y, a column for each of x.
enum TextCells {
  static func lines(_ chart: Chart, _ frame: ChartFrame, width: Int, isASCII: Bool) -> [String] {
    guard let columns = chart.x.categories, let rows = chart.y.categories else { return [] }
    let shades: [Character] = isASCII ? [".", ":", "+", "#"] : ["░", "▒", "▓", "█"]
    let scale = ColorScale(chart.cellValues)
    let text = Quantity.metrics(like: chart.cellValues)
    var cells: [Int: Double] = [:]
    for point in frame.series.filter({ $0.style == .cells }).flatMap(\.points) {
      cells[Int(point.y) * columns.count + Int(point.x)] = point.value
    }
    func shade(_ value: Double) -> String {
      guard let range = scale.range, !value.isNaN else { return "  " }
      let span = range.upperBound - range.lowerBound
      let share = span > 0 ? min(max((value - range.lowerBound) / span, 0), 1) : 0.5
      return String(repeating: shades[min(Int(share * Double(shades.count)), shades.count - 1)], count: 2)
    }
    var table = Table(
      columns: [.init("\(chart.y.title) \\ \(chart.x.title)", .left)] + columns.map { .init(DisplayWidth.truncate($0, to: 16)) })
    for (row, name) in rows.enumerated() {
      let values = columns.indices.map { column in
        cells[row * columns.count + column].map { "\(text($0)) \(shade($0))" } ?? "–   "
      }
      table.append([name] + values)
    }
    let title = chart.title.isEmpty ? chart.color?.title ?? "" : chart.title
    return (title.isEmpty ? [] : [title]) + table.text(maxWidth: width, isASCII: isASCII).split(separator: "\n").map(String.init)
  }
}
