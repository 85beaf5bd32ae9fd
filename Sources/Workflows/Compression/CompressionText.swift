// SPDX-License-Identifier: Apache-2.0
// Formats a compression report as text: the compressed weights, and the skipped weights grouped by reason.

import Compression
import Evaluation
import TextLayout

/// Formats compression reports.
package struct CompressionText {
  private let report: CompressionReport
  private let compressed: [CompressionReport.Entry]
  private let skipped: [CompressionReport.Entry]

  /// The fields that entries can be sorted by.
  package static let sortFields = ["name", "op_type", "bits", "count", "bytes_before", "bytes_after", "snr_db"]

  package init(_ report: CompressionReport, sortedBy field: String? = nil) {
    self.report = report
    let entries = field.map { Self.sorted(report.entries, by: $0) } ?? report.entries
    compressed = entries.filter { $0.action != CompressionReport.skippedAction }
    skipped = entries.filter { $0.action == CompressionReport.skippedAction }
  }

  /// Sorts entries by a field with the worst first (lowest signal-to-noise ratio, most bits and bytes), names in
  /// ascending order. The sort is stable.
  private static func sorted(_ entries: [CompressionReport.Entry], by field: String) -> [CompressionReport.Entry] {
    switch field {
    case "op_type": entries.sorted { $0.opType < $1.opType }
    case "bits": entries.sorted { $0.bits > $1.bits }
    case "count": entries.sorted { $0.count > $1.count }
    case "bytes_before": entries.sorted { $0.bytesBefore > $1.bytesBefore }
    case "bytes_after": entries.sorted { $0.bytesAfter > $1.bytesAfter }
    case "snr_db":
      // NaN is sorted as the lowest ratio.
      entries.sorted { a, b in
        func rank(_ entry: CompressionReport.Entry) -> Double { entry.snrDB.map { $0.isNaN ? -.infinity : $0 } ?? .infinity }
        return rank(a) < rank(b)
      }
    default: entries.sorted { $0.name < $1.name }
    }
  }

  // MARK: Texts

  /// The compressed weights that fit the frame, the reasons for skipped weights, and the totals.
  package func text(in frame: DisplayFrame) -> String {
    let reasons = reasons.map { DisplayWidth.wrap($0, to: frame.columns) }
    let others = reasons.reduce(0) { $0 + $1.count(where: \.isNewline) + 1 } + 2
    let remedy = "report:print{ all = true } shows all"
    var parts = compressed.isEmpty ? [] : [table(compressed, withReasons: false).text(in: frame, others: others, remedy: remedy)]
    parts += reasons
    return (parts + [DisplayWidth.wrap(totals, to: frame.columns)]).joined(separator: "\n")
  }

  /// All weights, with the reason for each skipped weight.
  package func everything(in frame: DisplayFrame) -> String {
    table.text(maxWidth: frame.columns) + "\n" + DisplayWidth.wrap(totals, to: frame.columns)
  }

  /// A table with a row for each weight, including the reasons for skipped weights.
  package var table: Table { table(compressed + skipped, withReasons: true) }

  package var html: String {
    table.html + "<p>" + totals + "</p>\n"
  }

  private func table(_ entries: [CompressionReport.Entry], withReasons: Bool) -> Table {
    var table = Table(
      columns: [
        Table.Column("weight", .left), Table.Column("operator", .left, dispensable: true),
        Table.Column("action", .left, dispensable: withReasons),
        Table.Column("bits", dispensable: withReasons), Table.Column("before", unit: "B", dispensable: true),
        Table.Column("after", unit: "B"),
        Table.Column("SNR", unit: "dB"),
      ] + (withReasons ? [Table.Column("reason", .left)] : []))
    for e in entries {
      let isSkipped = e.action == CompressionReport.skippedAction
      let cells = [
        e.name, e.opType, e.action, Quantity.fixed(e.bits, 1), "\(e.bytesBefore)", "\(e.bytesAfter)",
        isSkipped ? "" : Self.decibels(e.snrDB),
      ]
      table.append(cells + (withReasons ? [isSkipped ? e.reason : ""] : []))
    }
    return table
  }

  /// Formats decibels. Infinity means that the weight did not change; other non-finite values are written as they
  /// are.
  private static func decibels(_ value: Double?) -> String {
    guard let value else { return "" }
    return value.isFinite ? Quantity.fixed(value, 1) : value.isNaN ? "NaN" : value > 0 ? "∞" : "−∞"
  }

  /// A line for each reason: `left alone: 51 (768…1536 elements do not exceed weight_threshold 2048): a, b, …`.
  private var reasons: [String] {
    var groups: [(key: String, entries: [CompressionReport.Entry])] = []
    for entry in skipped {
      let key = entry.reason.replacing(Self.number, with: "#")
      if let index = groups.firstIndex(where: { $0.key == key }) {
        groups[index].entries.append(entry)
      } else {
        groups.append((key, [entry]))
      }
    }
    return groups.sorted { $0.entries.count > $1.entries.count }.map { _, entries in
      let names = entries.prefix(2).map { DisplayWidth.shorten(DisplayWidth.printable($0.name), to: 40) }
      let more = entries.count > names.count ? ", …" : ""
      return "left alone \(entries.count): \(Self.common(entries.map(\.reason))) (\(names.joined(separator: ", "))\(more))"
    }
  }

  nonisolated(unsafe) private static let number = /[0-9]+(\.[0-9]+)?/

  /// Merges sentences that differ only in their numbers into one: `768…1536 elements`.
  private static func common(_ reasons: [String]) -> String {
    guard let first = reasons.first, reasons.contains(where: { $0 != first }) else { return reasons.first ?? "" }
    let numbers = reasons.map { $0.matches(of: number).map { String($0.output.0) } }
    var place = 0
    return first.replacing(number) { match -> String in
      defer { place += 1 }
      let values = Set(numbers.compactMap { $0.indices.contains(place) ? Double($0[place]) : nil })
      guard values.count > 1, let low = values.min(), let high = values.max() else { return String(match.output.0) }
      return "\(Quantity.significant(low, 6))…\(Quantity.significant(high, 6))".replacing(/(\.[0-9]*?)0+(?=…|$)/) { String($0.output.1) }
        .replacing(/\.(?=…|$)/, with: "")
    }
  }

  private var totals: String {
    let ratio = report.bytesAfter > 0 ? Double(report.bytesBefore) / Double(report.bytesAfter) : 1
    return "\(report.compressed) compressed, \(report.skipped) left alone; \(report.bytesBefore) → \(report.bytesAfter) bytes "
      + "(\(Quantity.fixed(ratio, 2))×), \(Quantity.fixed(report.bits, 2)) bits a weight"
      + (report.hasSharedWeights ? "; what several entries share counts once" : "")
  }
}
