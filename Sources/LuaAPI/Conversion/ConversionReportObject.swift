// SPDX-License-Identifier: Apache-2.0
// The Lua object for conversion reports.

import Conversion
import LuaHost
import Options

/// What a conversion did: a sequence of entries, one for each operator of the source.
final class ConversionReportObject: LuaBoxed {
  let report: ConversionReport

  init(_ report: ConversionReport) { self.report = report }

  static var luaName: String { "ConversionReport" }

  static let luaClass = LuaClass(
    ConversionReportObject.self, "What became of the operators of a converted file, with notes.",
    properties: [
      LuaProperty("nodes", "number of converted nodes") { (r: ConversionReportObject) in r.report.nodeCount },
      LuaProperty("operations", "number of operations of the program, without constants") { (r: ConversionReportObject) in
        r.report.operationCount
      },
      LuaProperty("operators", "operations of the program by operator") { (r: ConversionReportObject) in r.report.operators },
      LuaProperty("notes", "what was changed or decided, as sentences") { (r: ConversionReportObject) in
        r.report.notes.map { "\($0.subject): \($0.text)" }
      },
      LuaProperty("unsupported", "after a dry run: operators without a form in the program, with reason and nodes") {
        (r: ConversionReportObject) in
        r.report.unsupported.map { UnsupportedRecord(entry: $0) }
      },
    ],
    behaviors: [
      .toString { (r: ConversionReportObject) in ConversionText.text(r.report) },
      .length { (r: ConversionReportObject) in r.report.entries.count },
      .index { (r: ConversionReportObject, i: Int) in
        r.report.entries.indices.contains(i - 1) ? ConversionEntryRecord(entry: r.report.entries[i - 1]) : nil
      },
    ])
}

/// One operator of the source.
struct ConversionEntryRecord: LuaRecord {
  let entry: ConversionEntry

  static let luaName = "ConversionEntry"
  static let luaDoc = "What the nodes of one operator became."
  static let luaFields: [LuaField<ConversionEntryRecord>] = [
    LuaField("operator", "the source's operator") { $0.entry.source },
    LuaField("count", "number of its nodes") { $0.entry.count },
    LuaField("becomes", "operations of the program by operator, before passes") { $0.entry.results },
  ]
}

/// Nodes that could not be converted.
struct UnsupportedRecord: LuaRecord {
  let entry: UnsupportedOperator

  static let luaName = "UnsupportedOperator"
  static let luaDoc = "Nodes of a source that have no form in the program."
  static let luaFields: [LuaField<UnsupportedRecord>] = [
    LuaField("operator", "the source's operator") { $0.entry.name },
    LuaField("domain", "its domain; empty for the standard one") { $0.entry.domain },
    LuaField("version", "the imported version of the domain") { $0.entry.version },
    LuaField("reason", "why it cannot be converted") { $0.entry.reason },
    LuaField("count", "number of nodes") { $0.entry.nodes.count },
    LuaField("nodes", "names of the nodes' first outputs") { $0.entry.nodes },
  ]
}

/// The report of how a model was made.
struct ReportRecord: LuaReturnable {
  let report: any LuaReturnable

  static var luaType: LuaType { .union([.object("CompressionReport"), .object("ConversionReport")]) }

  func push(to interpreter: Interpreter) throws { try report.push(to: interpreter) }
}
