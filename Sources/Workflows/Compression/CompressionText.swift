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
    let totals = DisplayWidth.wrap(totals, to: frame.columns)
    let reasons = fitting(reasons.map { DisplayWidth.wrap($0, to: frame.columns) }, in: frame, totalsLines: Self.lines(totals))
    let others = reasons.reduce(0) { $0 + Self.lines($1) } + Self.lines(totals)
    let remedy = "report:print{ all = true } shows all"
    let table = compressed.isEmpty ? [] : [table(compressed, withReasons: false).text(in: frame, others: others, remedy: remedy)]
    return (table + reasons + [totals]).joined(separator: "\n")
  }

  private static func lines(_ text: String) -> Int { text.count(where: \.isNewline) + 1 }

  /// The minimum number of lines of the table: header, rule, a few rows, and the line about omitted rows.
  private static let leastTable = 8

  /// The reasons that leave enough lines for the table and the totals, and the number of omitted reasons.
  private func fitting(_ reasons: [String], in frame: DisplayFrame, totalsLines: Int) -> [String] {
    guard let lines = frame.lines else { return reasons }
    let available = lines - totalsLines - (compressed.isEmpty ? 0 : Self.leastTable)
    guard reasons.reduce(0, { $0 + Self.lines($1) }) > available else { return reasons }
    var shown: [String] = []
    var used = 1
    for reason in reasons {
      used += Self.lines(reason)
      guard shown.isEmpty || used <= available else { break }
      shown.append(reason)
    }
    let rest = reasons.count - shown.count
    return rest == 0 ? shown : shown + ["… \(rest) more reason\(rest == 1 ? "" : "s"); report:print{ all = true } shows all"]
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
        Table.Column("weight", .left), Table.Column("function", .left), Table.Column("operator", .left, dispensable: true),
        Table.Column("action", .left, dispensable: true),
        Table.Column("bits", dispensable: withReasons), Table.Column("before", unit: "B", dispensable: true),
        Table.Column("after", unit: "B"),
        Table.Column("SNR", unit: "dB"), Table.Column("output SNR", unit: "dB"), Table.Column("reason", .left, cut: .end),
      ])
    for e in entries {
      let isSkipped = e.action == CompressionReport.skippedAction
      table.append([
        e.name, e.function, e.opType, e.action, Quantity.fixed(e.bits, 1), "\(e.bytesBefore)", "\(e.bytesAfter)",
        isSkipped ? "" : Self.decibels(e.snrDB), Self.decibels(e.outputSNRDB), isSkipped || !e.algorithm.isEmpty ? e.reason : "",
      ])
    }
    var unused: Set<String> = []
    if !withReasons { unused.insert("reason") }
    if !report.entries.contains(where: { $0.outputSNRDB != nil }) { unused.insert("output SNR") }
    if !report.hasSeveralFunctions { unused.insert("function") }
    // A dry run does not measure the signal-to-noise ratio.
    if report.isDryRun { unused.insert("SNR") }
    return table.without(unused)
  }

  /// Formats decibels: `∞` for a weight that did not change, `NaN` or `−∞` for other non-finite values, and an empty text
  /// for `nil`.
  private static func decibels(_ value: Double?) -> String {
    guard let value else { return "" }
    return value.isFinite ? Quantity.fixed(value, 1) : value.isNaN ? "NaN" : value > 0 ? "∞" : "−∞"
  }

  /// A line for each reason: `left alone 51: 768…1536 elements do not exceed weight_threshold 2048 (a, b, …)`.
  private var reasons: [String] {
    // A weight shared by several functions counts once, as in the totals.
    func count(_ entries: [CompressionReport.Entry]) -> Int { entries.reduce(0) { $0 + $1.counted.weights } }
    let groups = ReasonGroups(skipped, reason: \.reason).groups.filter { count($0.elements) > 0 }
    return groups.sorted { count($0.elements) > count($1.elements) }.map { group in
      let names = group.elements.prefix(2).map { DisplayWidth.shorten(DisplayWidth.printable($0.name), to: 40) }
      let more = count(group.elements) > names.count ? ", …" : ""
      return "left alone \(count(group.elements)): \(group.reason) (\(names.joined(separator: ", "))\(more))"
    }
  }

  private var totals: String {
    let ratio = report.bytesAfter > 0 ? Double(report.bytesBefore) / Double(report.bytesAfter) : 1
    return "\(report.compressed) compressed, \(report.skipped) left alone; \(report.bytesBefore) → \(report.bytesAfter) bytes "
      + "(\(Quantity.fixed(ratio, 2))×), \(Quantity.fixed(report.bits, 2)) bits a weight"
      + (report.hasSharedWeights ? "; what several entries share counts once" : "")
  }
}
