// SPDX-License-Identifier: Apache-2.0
// What compression did to each weight, in a script's hands.

import Compression
import Evaluation
import LuaHost

/// A compression's report: a sequence of entries with totals.
final class ReportObject: LuaBoxed {
  let report: CompressionReport

  init(_ report: CompressionReport) { self.report = report }

  static var luaName: String { "CompressionReport" }

  /// What a bar may stand for.
  private enum BarValue: String, LuaEnumeration {
    case snrDB = "snr_db"
    case bits
    case bytes = "bytes_after"
  }

  private enum BarOptions {
    static let value = LuaOption("value", "field of the entries", default: BarValue.snrDB)
    static let limit = LuaOption(
      "limit", "bars at most: those of the lowest signal to noise, or of the most bits or bytes", default: 40, allowed: .atLeast(1))
    static let table = PlotOptions.table("BarOptions", [value, limit])
  }

  /// A bar for each weight with a finite value, in the order of the report, told apart by scheme.
  ///
  /// - Throws: `LuaError` when no weight has one.
  private func chart(_ value: BarValue, limit: Int) throws -> Chart {
    func amount(_ entry: CompressionReport.Entry) -> Double? {
      switch value {
      case .snrDB: entry.snrDB.flatMap { $0.isFinite ? $0 : nil }
      case .bits: entry.bits
      case .bytes: Double(entry.bytesAfter)
      }
    }
    let compressed = report.entries.filter { $0.action != CompressionReport.skippedAction }
    let measured = compressed.enumerated().compactMap { place, entry in amount(entry).map { (place: place, entry: entry, amount: $0) } }
    guard !measured.isEmpty else {
      throw LuaError(
        .usage, report.isDryRun ? "plot: a dry run has measured nothing" : "plot: no weight was compressed with a loss that could be drawn",
        hint: "value = \"bits\" draws what each weight takes")
    }
    let worst = measured.sorted { value == .snrDB ? $0.amount < $1.amount : $0.amount > $1.amount }.prefix(limit).sorted {
      $0.place < $1.place
    }
    let rows = worst.map { ChartRow(x: .name($0.entry.name), y: .number($0.amount), group: $0.entry.scheme) }
    let left = measured.count > limit ? ", the \(limit) \(value == .snrDB ? "lowest" : "greatest") of \(measured.count)" : ""
    let (axis, title): (Chart.Axis, String) =
      switch value {
      case .snrDB: (.init("signal to noise", unit: "dB"), "Signal to noise of each weight")
      case .bits: (.init("stored bits per element"), "Bits of each weight")
      case .bytes: (.init("stored", unit: "B"), "Bytes of each weight")
      }
    return try Chart(.bars, rows, x: Chart.Axis(""), y: axis, title: title + left)
  }

  static let luaClass = LuaClass(
    ReportObject.self, "What compression did to each weight, and what it left alone and why.",
    properties: [
      LuaProperty("bytes_before", "bytes of all weights before") { (r: ReportObject) in r.report.bytesBefore },
      LuaProperty("bytes_after", "bytes of all weights after") { (r: ReportObject) in r.report.bytesAfter },
      LuaProperty("compressed", "number of weights compressed") { (r: ReportObject) in r.report.compressed },
      LuaProperty("skipped", "number of weights left alone") { (r: ReportObject) in r.report.skipped },
      LuaProperty("bits", "stored bits per weight element") { (r: ReportObject) in r.report.bits },
      LuaProperty("dry_run", "whether nothing was compressed") { (r: ReportObject) in r.report.isDryRun },
    ],
    methods: [
      LuaMethod(
        "plot", "Draw a bar for each weight that was compressed: what it lost, or what it takes.", .options(BarOptions.table), .context,
        example: "model:palettize{ nbits = 4 }.report:plot{}"
      ) { (r: ReportObject, options: LuaOptions, context: LuaContext) in
        let chart = try r.chart(options[BarOptions.value], limit: options[BarOptions.limit])
        try PlotOptions.deliver(chart, options, of: "plot", context.interpreter)
      }
    ],
    behaviors: [
      .toString { (r: ReportObject) in r.table.text() + "\n" + r.totals },
      .forms { (r: ReportObject) in ["text/html": r.table.html + "<p>" + r.totals + "</p>\n"] },
      .length { (r: ReportObject) in r.report.entries.count },
      .index { (r: ReportObject, i: Int) in
        r.report.entries.indices.contains(i - 1) ? ReportEntry(entry: r.report.entries[i - 1]) : nil
      },
    ])

  var table: Table {
    var table = Table(columns: [
      Table.Column("weight", .left), Table.Column("operator", .left), Table.Column("action", .left), Table.Column("bits"),
      Table.Column("before", unit: "B"), Table.Column("after", unit: "B"), Table.Column("SNR", unit: "dB"),
      Table.Column("reason", .left),
    ])
    for e in report.entries {
      let isSkipped = e.action == CompressionReport.skippedAction
      table.append([
        e.name, e.opType, e.action, Quantity.fixed(e.bits, 1), "\(e.bytesBefore)", "\(e.bytesAfter)",
        isSkipped ? "" : e.snrDB.map { $0.isFinite ? Quantity.fixed($0, 1) : "∞" } ?? "", isSkipped ? e.reason : "",
      ])
    }
    return table
  }

  private var totals: String {
    let ratio = report.bytesAfter > 0 ? Double(report.bytesBefore) / Double(report.bytesAfter) : 1
    return "\(report.compressed) compressed, \(report.skipped) left alone; \(report.bytesBefore) → \(report.bytesAfter) bytes "
      + "(\(Quantity.fixed(ratio, 2))×), \(Quantity.fixed(report.bits, 2)) bits a weight"
  }
}

/// One line of the report.
struct ReportEntry: LuaRecord {
  let entry: CompressionReport.Entry

  static let luaName = "ReportEntry"
  static let luaDoc = "What compression did to one weight."
  static let luaFields: [LuaField<ReportEntry>] = [
    LuaField("name", "the weight") { $0.entry.name },
    LuaField("op_type", "type of the operator that reads it") { $0.entry.opType },
    LuaField("op_name", "name of the operator that reads it") { $0.entry.opName },
    LuaField("action", "quantized, palettized, pruned, decompressed or skipped") { $0.entry.action },
    LuaField("reason", "why it was skipped, or which rule chose it") { $0.entry.reason },
    LuaField("scheme", "how it is stored now") { $0.entry.scheme },
    LuaField("bits", "stored bits per element, tables and scales included") { $0.entry.bits },
    LuaField("count", "number of elements") { $0.entry.count },
    LuaField("bytes_before", "bytes before") { $0.entry.bytesBefore },
    LuaField("bytes_after", "bytes after") { $0.entry.bytesAfter },
    LuaField("snr_db", "signal to noise against the weight as it was, in dB") { $0.entry.snrDB },
  ]
}
