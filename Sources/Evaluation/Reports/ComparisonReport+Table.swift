// SPDX-License-Identifier: Apache-2.0
// A comparison as an aligned table with one unit per column.

import TextLayout

extension ComparisonReport: CustomStringConvertible {
  /// Name, size, ratio, metrics (with their 95 % interval), latency.
  package var table: Table {
    let bytes = ByteUnit.fitting(Double(rows.map(\.bytes).max() ?? 0))
    let time = DurationUnit.fitting(rows.compactMap { $0.latency?.median }.max() ?? 1)
    let metrics = rows.first?.metrics ?? []
    let hasInterval = metrics.indices.map { i in rows.contains { $0.metrics[i].value?.interval != nil } }
    var columns = [Table.Column("name", .left), Table.Column("size", unit: bytes.name)]
    if rows.contains(where: { $0.ratio != nil }) { columns.append(Table.Column("ratio")) }
    for (i, metric) in metrics.enumerated() {
      columns.append(Table.Column(metric.name, unit: metric.unit))
      if hasInterval[i] { columns.append(Table.Column("95 %", .left)) }
    }
    let formats = metrics.indices.map { i in Quantity.metrics(like: rows.compactMap { $0.metrics[i].value?.value }) }
    let hasLatency = rows.contains { $0.latency != nil }
    if hasLatency { columns += [Table.Column("median", unit: time.name), Table.Column("p90", unit: time.name)] }

    var table = Table(columns: columns)
    for row in rows {
      var cells = [row.isBaseline ? "\(row.name) (baseline)" : row.name]
      cells.append(bytes.bytes == 1 ? "\(row.bytes)" : Quantity.fixed(Double(row.bytes) / bytes.bytes, bytes.bytes >= 1e6 ? 2 : 1))
      if rows.contains(where: { $0.ratio != nil }) { cells.append(row.ratio.map { Quantity.fixed($0, 2) + "×" } ?? "–") }
      for (i, metric) in row.metrics.enumerated() {
        cells.append(metric.value.map { formats[i]($0.value) } ?? "–")
        if hasInterval[i] {
          cells.append(metric.value?.interval.map { "\(formats[i]($0.lowerBound))…\(formats[i]($0.upperBound))" } ?? "")
        }
      }
      if hasLatency {
        for seconds in [row.latency?.median, row.latency?.p90] {
          cells.append(seconds.map { Quantity.significant($0 / time.seconds, 3) } ?? "–")
        }
      }
      table.append(cells)
    }
    if baseline != nil { table.rules = [0] }
    return table
  }

  /// The table for notebooks, with a note about what an interrupt left unfinished.
  package var html: String { table.html + (remark.map { "<p>\(SVGText.escaped($0))</p>\n" } ?? "") }

  package var description: String { text(in: .whole) }

  /// The table fitted to a frame.
  ///
  /// - Parameters:
  ///   - column: the column to sort by, best first, or `name`; the order of `rows` by default.
  ///   - remedy: describes how to see rows that do not fit.
  /// - Throws: `EvaluationError.unknownColumn`.
  package func text(in frame: DisplayFrame, sortedBy column: String, remedy: String = "") throws -> String {
    let places: [Int]
    if column == "name" {
      places = rows.indices.sorted { rows[$0].name < rows[$1].name }
    } else {
      let isLower = try better(column) == .lower
      let values = try rows.map { try value(column, of: $0).flatMap { $0.isNaN ? nil : $0 } ?? (isLower ? .infinity : -.infinity) }
      places = rows.indices.sorted { isLower ? values[$0] < values[$1] : values[$0] > values[$1] }
    }
    return text(table.reordered(places), frame, remedy)
  }

  /// The table fitted to a frame, with the baseline first, then in order of size.
  package func text(in frame: DisplayFrame, remedy: String = "") -> String { text(table, frame, remedy) }

  private func text(_ table: Table, _ frame: DisplayFrame, _ remedy: String) -> String {
    let notes = ["\(samples) sample\(samples == 1 ? "" : "s")"] + [remark].compactMap { $0 }
    return ([table.text(in: frame, others: notes.count, remedy: remedy)] + notes).joined(separator: "\n")
  }
}
