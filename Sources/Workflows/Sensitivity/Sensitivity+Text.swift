// SPDX-License-Identifier: Apache-2.0
// Sensitivities as a table, as charts, and as CSV.

import Evaluation
import TextFormats
import TextLayout

/// How sensitivities are drawn.
package enum SensitivityChart: String, CaseIterable, Sendable {
  /// A cell for each weight and candidate.
  case heatmap
  /// The worst error of each weight.
  case bars
}

extension Sensitivity {
  /// The metric's unit, or that of the error.
  private var isMeasured: Bool { method != .fisher }

  /// A line for each weight with a column for each candidate: the metric, or the error if it was not measured.
  package func text(in frame: DisplayFrame) -> String {
    var table = Table(
      columns: [Table.Column("weight", .left), Table.Column("elements", dispensable: true)] + candidates.map { Table.Column($0.name) })
    for weight in weights {
      let own = rows.filter { $0.weight == weight }
      let cells = candidates.indices.map { index -> String in
        guard let row = own.first(where: { $0.candidate == index }) else { return "" }
        guard let value = isMeasured ? row.score : row.error else { return "?" }
        return Quantity.significant(value, 4)
      }
      table.append([weight, "\(own.first?.count ?? 0)"] + cells)
    }
    let known = rows.count { $0.error != nil }
    let title = "\(isMeasured ? metric : "error from squared gradients") with one weight compressed"
    return title + (isComplete ? "" : ", \(known) of \(rows.count) known") + "\n" + table.text(in: frame, remedy: "to_csv writes all")
  }

  /// One row for each weight and candidate, with a header.
  package var csv: String {
    var records = [["weight", "op_type", "candidate", "count", "bytes_before", "bytes", "bits", "error", "score"]]
    for row in rows {
      records.append([
        row.weight, row.opType, candidates[row.candidate].name, "\(row.count)", "\(row.bytesBefore)", "\(row.bytes)", "\(row.bits)",
        row.error.map { "\($0)" } ?? "", row.score.map { "\($0)" } ?? "",
      ])
    }
    return CSV.text(records)
  }

  /// - Throws: `EvaluationError.nothingToDraw` if nothing is known.
  package func chart(_ kind: SensitivityChart) throws -> Chart {
    let known = rows.filter { (isMeasured ? $0.score : $0.error)?.isFinite == true }
    guard !known.isEmpty else { throw EvaluationError.nothingToDraw }
    let names = weights
    let short = Dictionary(zip(names, DistinctNames.shortened(names)), uniquingKeysWith: { a, _ in a })
    let axis = Chart.Axis(isMeasured ? metric : "error", unit: isMeasured && metric.hasSuffix("_db") ? "dB" : "")
    func value(_ row: Row) -> Double { (isMeasured ? row.score : row.error) ?? 0 }
    switch kind {
    case .heatmap:
      let cells = known.map { row in
        ChartRow(x: .name(candidates[row.candidate].name), y: .name(short[row.weight] ?? row.weight), value: value(row))
      }
      return try Chart(
        .heatmap, cells, x: .init("candidate"), y: .init("weight"), color: axis, title: "\(axis.label), one weight at a time")
    case .bars:
      let worst = names.compactMap { name in
        known.filter { $0.weight == name }.max { ($0.error ?? 0) < ($1.error ?? 0) }
      }
      let bars = worst.map { row in
        ChartRow(x: .name(short[row.weight] ?? row.weight), y: .number(value(row)), group: candidates[row.candidate].name)
      }
      return try Chart(.bars, bars, x: .init(""), y: axis, title: "\(axis.label) of each weight's worst candidate")
    }
  }
}
