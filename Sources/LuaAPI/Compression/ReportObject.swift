// SPDX-License-Identifier: Apache-2.0
// The Lua object for compression reports.

import Compression
import Evaluation
import LuaHost
import Options
import TextLayout
import Workflows

/// A compression report: a sequence of entries with totals.
final class ReportObject: LuaBoxed {
  let report: CompressionReport

  init(_ report: CompressionReport) { self.report = report }

  static var luaName: String { "CompressionReport" }

  private enum BarOptions {
    static let value = LuaOption("value", "field of the entries", default: ReportBars.Value.snrDB)
    static let limit = LuaOption<Int?>(
      "limit",
      "maximum number of bars: those with the lowest signal-to-noise ratio, or the most bits or bytes; by default as many as fit the screen, or 40 in a file",
      allowed: .atLeast(1))
    static let order = LuaOption("order", "as the program has the weights, or by value, the worst first", default: ReportBars.Order.program)
    static let label = LuaOption<LuaClosure?>(
      "label", "called with each entry, returns the name of its bar; by default the names without their common prefix and suffix")
    static let table = PlotOptions.table("BarOptions", [value, limit, order, label])
  }

  private func bars(_ options: LuaOptions, _ interpreter: Interpreter) -> ReportBars {
    let label = options[BarOptions.label].map { label in
      { entry in try label.call(ReportEntry(entry: entry), returning: String.self, role: "label function") }
    }
    return ReportBars(
      value: options[BarOptions.value], order: options[BarOptions.order],
      limit: options[BarOptions.limit] ?? PlotOptions.bars(options, interpreter), label: label)
  }

  private enum PrintOptions {
    static let all = LuaOption("all", "list every weight with its reason, without a limit", default: false)
    static let sort = LuaOption<String?>(
      "sort", "field to sort by: lowest signal-to-noise ratio, most bytes, … first; names in ascending order",
      allowed: .strings(CompressionText.sortFields))
    static let table = LuaOptionTable("ReportPrintOptions", [all, sort])
  }

  static let luaClass = LuaClass(
    ReportObject.self, "The effect of compression on each weight, with reasons for skipped weights.",
    properties: [
      LuaProperty("bytes_before", "bytes of all weights before; a weight that functions share counts once") { (r: ReportObject) in
        r.report.bytesBefore
      },
      LuaProperty("bytes_after", "bytes of all weights after; a weight that functions share counts once") { (r: ReportObject) in
        r.report.bytesAfter
      },
      LuaProperty("compressed", "number of weights compressed") { (r: ReportObject) in r.report.compressed },
      LuaProperty("skipped", "number of weights left alone") { (r: ReportObject) in r.report.skipped },
      LuaProperty("bits", "stored bits per weight element") { (r: ReportObject) in r.report.bits },
      LuaProperty("dry_run", "whether nothing was compressed") { (r: ReportObject) in r.report.isDryRun },
    ],
    methods: [
      LuaMethod(
        "plot", "Draw a bar for each compressed weight: its signal-to-noise ratio, bits or bytes.", .options(BarOptions.table), .context,
        example: "model:palettize{ nbits = 4 }.report:plot{}"
      ) { (r: ReportObject, options: LuaOptions, context: LuaContext) in
        try PlotOptions.deliver(r.report.chart(r.bars(options, context.interpreter)), options, of: "plot", context.interpreter)
      },
      LuaMethod(
        "print", "Print the report: the compressed weights, then the others by reason; or all weights, optionally sorted.",
        .options(PrintOptions.table), .context, example: "model:palettize{ nbits = 4 }.report:print{ all = true, sort = \"snr_db\" }"
      ) { (r: ReportObject, options: LuaOptions, context: LuaContext) in
        let text = CompressionText(r.report, sortedBy: options[PrintOptions.sort])
        let screen = context.interpreter.screen()
        let columns = DisplayFrame(columns: screen.columns)
        context.interpreter.write(options[PrintOptions.all] ? text.everything(in: columns) : text.text(in: screen))
      },
    ],
    behaviors: [
      .toString(in: DisplayFrame.self) { (r: ReportObject, frame: DisplayFrame) in CompressionText(r.report).text(in: frame) },
      .forms { (r: ReportObject) in ["text/html": CompressionText(r.report).html] },
      .length { (r: ReportObject) in r.report.entries.count },
      .index { (r: ReportObject, i: Int) in
        r.report.entries.indices.contains(i - 1) ? ReportEntry(entry: r.report.entries[i - 1]) : nil
      },
    ])
}

extension ReportBars.Value: LuaEnumeration {}

extension ReportBars.Order: LuaEnumeration {}

/// One line of the report.
struct ReportEntry: LuaRecord {
  let entry: CompressionReport.Entry

  static let luaName = "ReportEntry"
  static let luaDoc = "What compression did to one weight."
  static let luaFields: [LuaField<ReportEntry>] = [
    LuaField("name", "the weight") { $0.entry.name },
    LuaField("op_type", "type of the operator that reads it") { $0.entry.opType },
    LuaField("op_name", "name of the operator that reads it") { $0.entry.opName },
    LuaField("function_name", "the function that holds it") { $0.entry.function },
    LuaField("action", "quantized, palettized, pruned, decompressed or skipped") { $0.entry.action },
    LuaField("reason", "the reason for skipping it, or the rule that applied") { $0.entry.reason },
    LuaField("scheme", "how it is stored now") { $0.entry.scheme },
    LuaField("bits", "stored bits per element, tables and scales included") { $0.entry.bits },
    LuaField("count", "number of elements") { $0.entry.count },
    LuaField("bytes_before", "bytes before") { $0.entry.bytesBefore },
    LuaField("bytes_after", "bytes after") { $0.entry.bytesAfter },
    LuaField("snr_db", "signal-to-noise ratio relative to the original weight, in dB") { $0.entry.snrDB },
    LuaField("output_snr_db", "signal-to-noise ratio of the layer's output on the calibration data, in dB; nil without them") {
      $0.entry.outputSNRDB
    },
    LuaField("algorithm", "the algorithm of a technique that has several; empty for others") { $0.entry.algorithm },
  ]
}
