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
    behaviors: [
      .toString { (r: ReportObject) in r.table.text() + "\n" + r.totals },
      .length { (r: ReportObject) in r.report.entries.count },
      .index { (r: ReportObject, i: Int) in
        r.report.entries.indices.contains(i - 1) ? ReportEntry(entry: r.report.entries[i - 1]) : nil
      },
    ])

  private var table: Table {
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
