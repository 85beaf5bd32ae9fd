// SPDX-License-Identifier: Apache-2.0
// What compression did to each weight, in a script's hands.

import Compression
import Evaluation
import LuaHost
import Options
import TextLayout

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

  /// How bars follow each other.
  private enum BarOrder: String, LuaEnumeration {
    case program, value
  }

  private enum BarOptions {
    static let value = LuaOption("value", "field of the entries", default: BarValue.snrDB)
    static let limit = LuaOption<Int?>(
      "limit",
      "bars at most: those of the lowest signal to noise, or of the most bits or bytes; as many as fit the screen when left out, 40 in a file",
      allowed: .atLeast(1))
    static let order = LuaOption("order", "as the program has the weights, or by value, the worst first", default: BarOrder.program)
    static let label = LuaOption<LuaClosure?>(
      "label", "called with each entry; the name of its bar. What all names begin and end with is left out otherwise")
    static let table = PlotOptions.table("BarOptions", [value, limit, order, label])
  }

  /// A bar for each weight with a finite value, told apart by scheme.
  ///
  /// - Throws: `LuaError` when no weight has one; what `label` raises.
  private func chart(_ options: LuaOptions, _ interpreter: Interpreter) throws -> Chart {
    let value = options[BarOptions.value]
    let limit = options[BarOptions.limit] ?? PlotOptions.bars(options, interpreter)
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
    let worst = measured.sorted { value == .snrDB ? $0.amount < $1.amount : $0.amount > $1.amount }.prefix(limit)
    let shown = options[BarOptions.order] == .value ? Array(worst) : worst.sorted { $0.place < $1.place }
    let names: [String]
    if let label = options[BarOptions.label] {
      names = try shown.map { try label.call(ReportEntry(entry: $0.entry), returning: String.self, role: "label function") }
    } else {
      names = DistinctNames.shortened(shown.map(\.entry.name))
    }
    let rows = zip(shown, names).map { ChartRow(x: .name($1), y: .number($0.amount), group: $0.entry.scheme) }
    let left = measured.count > limit ? ", the \(limit) \(value == .snrDB ? "lowest" : "greatest") of \(measured.count)" : ""
    let (axis, title): (Chart.Axis, String) =
      switch value {
      case .snrDB: (.init("signal to noise", unit: "dB"), "Signal to noise of each weight")
      case .bits: (.init("stored bits per element"), "Bits of each weight")
      case .bytes: (.init("stored", unit: "B"), "Bytes of each weight")
      }
    return try Chart(.bars, rows, x: Chart.Axis(""), y: axis, title: title + left)
  }

  private enum PrintOptions {
    static let all = LuaOption("all", "every weight with its reason, however many there are", default: false)
    static let sort = LuaOption<String?>(
      "sort", "field by which weights follow each other: the lowest signal to noise, the most bytes, … first; names rising",
      allowed: .strings(CompressionText.sortFields))
    static let table = LuaOptionTable("ReportPrintOptions", [all, sort])
  }

  static let luaClass = LuaClass(
    ReportObject.self, "What compression did to each weight, and what it left alone and why.",
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
        "plot", "Draw a bar for each weight that was compressed: what it lost, or what it takes.", .options(BarOptions.table), .context,
        example: "model:palettize{ nbits = 4 }.report:plot{}"
      ) { (r: ReportObject, options: LuaOptions, context: LuaContext) in
        try PlotOptions.deliver(try r.chart(options, context.interpreter), options, of: "plot", context.interpreter)
      },
      LuaMethod(
        "print", "Write the report: the compressed weights, then the others by reason; or all of them, in an order of choice.",
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
    LuaField("reason", "why it was skipped, or which rule chose it") { $0.entry.reason },
    LuaField("scheme", "how it is stored now") { $0.entry.scheme },
    LuaField("bits", "stored bits per element, tables and scales included") { $0.entry.bits },
    LuaField("count", "number of elements") { $0.entry.count },
    LuaField("bytes_before", "bytes before") { $0.entry.bytesBefore },
    LuaField("bytes_after", "bytes after") { $0.entry.bytesAfter },
    LuaField("snr_db", "signal to noise against the weight as it was, in dB") { $0.entry.snrDB },
  ]
}
