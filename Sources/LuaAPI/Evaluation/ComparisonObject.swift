// SPDX-License-Identifier: Apache-2.0
// The Lua object for comparisons: rows, tables, charts, files.

import Evaluation
import Files
import LuaHost
import Models
import Options
import TextLayout

/// The result of `wane.compare`.
final class ComparisonObject: LuaBoxed {
  let report: ComparisonReport
  fileprivate let models: [String: Model]

  init(_ report: ComparisonReport, models: [String: Model]) {
    self.report = report
    self.models = models
  }

  static var luaName: String { "Report" }

  private enum TradeOffOptions {
    static let x = LuaOption("x", "column across", default: "size")
    static let y = LuaOption<String?>("y", "column for the y axis; by default the first metric")
    static let maxDrop = LuaOption<Double?>(
      "max_drop", "marks the band of values that are worse than the baseline by at most this", allowed: .atLeast(0))
    static let table = PlotOptions.table("TradeOffOptions", [x, y, maxDrop])
  }

  private enum BestOptions {
    static let maxDrop = LuaOption<Double?>(
      "max_drop", "maximum loss relative to the baseline; 0.01 if neither min nor max is given", allowed: .atLeast(0))
    static let metric = LuaOption<String?>("metric", "the metric or other column; by default the first metric")
    static let min = LuaOption<Double?>("min", "the minimum acceptable value")
    static let max = LuaOption<Double?>("max", "the maximum acceptable value")
    static let table = LuaOptionTable("BestOptions", [maxDrop, metric, min, max])

    static func limits(_ options: LuaOptions) -> ComparisonReport.Limits {
      var limits = ComparisonReport.Limits(maxDrop: options[maxDrop], min: options[min], max: options[max])
      if limits == ComparisonReport.Limits() { limits.maxDrop = 0.01 }
      return limits
    }
  }

  private enum PageOptions {
    static let title = LuaOption("title", "headline", default: "Comparison")
    static let maxDrop = LuaOption<Double?>("max_drop", "maximum acceptable loss relative to the baseline", allowed: .atLeast(0))
    static let table = LuaOptionTable("PageOptions", [title, maxDrop])
  }

  private enum ParetoOptions {
    static let x = LuaOption("x", "column to minimize", default: "size")
    static let y = LuaOption<String?>("y", "column of the quality; by default the first metric")
    static let table = LuaOptionTable("ParetoOptions", [x, y])
  }

  private enum PrintOptions {
    static let all = LuaOption("all", "print every row, without a limit", default: false)
    static let sort = LuaOption<String?>("sort", "column to sort by, the best first: one of report.columns, or name")
    static let table = LuaOptionTable("ComparisonPrintOptions", [all, sort])
  }

  static let luaClass = LuaClass(
    ComparisonObject.self, "Models side by side: a sequence of rows, the baseline first, then by size.",
    properties: [
      LuaProperty("samples", "number of samples that each model was evaluated on") { (r: ComparisonObject) in r.report.samples },
      LuaProperty("columns", "column names for plot, pareto and best") { (r: ComparisonObject) in r.report.columns },
      LuaProperty("missing", "names of the models that are missing because of an interrupt; empty for a complete report") {
        (r: ComparisonObject) in
        r.report.interruption?.missing ?? []
      },
      LuaProperty("remark", "a description of what is missing because of an interrupt; nil for a complete report") {
        (r: ComparisonObject) in
        r.report.remark
      },
    ],
    methods: [
      LuaMethod(
        "plot", "Plot two columns with baseline, tolerance, Pareto front and 95 % intervals.",
        .options(TradeOffOptions.table), .context, example: "report:plot{ max_drop = 0.01 }"
      ) { (r: ComparisonObject, options: LuaOptions, context: LuaContext) in
        let chart = try r.report.chart(
          x: options[TradeOffOptions.x], y: options[TradeOffOptions.y], maxDrop: options[TradeOffOptions.maxDrop])
        try PlotOptions.deliver(chart, options, of: "plot", context.interpreter)
      },
      LuaMethod("pareto", "The Pareto-optimal rows for two columns.", .options(ParetoOptions.table), returns: "a sequence of rows") {
        (r: ComparisonObject, options: LuaOptions) in
        try r.report.pareto(x: options[ParetoOptions.x], y: options[ParetoOptions.y]).map(r.row)
      },
      LuaMethod(
        "best", "The smallest row within a maximum loss relative to the baseline, or within limits.",
        .options(BestOptions.table), returns: "a row, or nil", example: "report:best{ max_drop = 0.01 }.model:save(\"small.mlpackage\")"
      ) { (r: ComparisonObject, options: LuaOptions) in
        try r.report.best(BestOptions.limits(options), column: options[BestOptions.metric]).map(r.row)
      },
      LuaMethod(
        "print", "Print the table, optionally complete or sorted.", .options(PrintOptions.table), .context,
        example: "report:print{ sort = \"size\" }"
      ) { (r: ComparisonObject, options: LuaOptions, context: LuaContext) in
        let screen = context.interpreter.screen()
        let frame = options[PrintOptions.all] ? DisplayFrame(columns: screen.columns) : screen
        let remedy = "report:print{ all = true } shows all"
        let text = try options[PrintOptions.sort].map { try r.report.text(in: frame, sortedBy: $0, remedy: remedy) }
        context.interpreter.write(text ?? r.report.text(in: frame, remedy: remedy))
      },
      LuaMethod("to_csv", "Write the rows as CSV.", Arg("path", "the file; replaced")) { (r: ComparisonObject, path: PathArgument) in
        try FileReplacement.replace(path.path, with: r.report.toCSV())
      },
      LuaMethod("to_json", "Write the rows as JSON.", Arg("path", "the file; replaced")) { (r: ComparisonObject, path: PathArgument) in
        try FileReplacement.replace(path.path, with: r.report.toJSON())
      },
      LuaMethod(
        "to_html",
        "Write a self-contained HTML page with charts, a sortable table, recipes with their effect on each weight, interfaces, data and machine.",
        Arg("path", "the file; replaced"), .options(PageOptions.table), example: "report:to_html(os.tmpname(), { max_drop = 0.01 })"
      ) { (r: ComparisonObject, path: PathArgument, options: LuaOptions) in
        let page = try r.report.toHTML(title: options[PageOptions.title], maxDrop: options[PageOptions.maxDrop])
        try FileReplacement.replace(path.path, with: page)
      },
    ],
    behaviors: [
      .toString(in: DisplayFrame.self) { (r: ComparisonObject, frame: DisplayFrame) in
        r.report.text(in: frame, remedy: "report:print{ all = true } shows all")
      },
      .forms { (r: ComparisonObject) in ["text/html": r.report.html] },
      .length { (r: ComparisonObject) in r.report.rows.count },
      .index { (r: ComparisonObject, i: Int) in r.report.rows.indices.contains(i - 1) ? r.row(r.report.rows[i - 1]) : nil },
      .pairs { (r: ComparisonObject) in r.report.rows.enumerated().map { ($0.offset + 1, r.row($0.element)) } },
    ])

  private func row(_ row: ComparisonReport.Row) -> RowObject { RowObject(row, models[row.name]) }
}

/// A model in a comparison.
final class RowObject: LuaBoxed {
  private let row: ComparisonReport.Row
  private let model: Model?

  init(_ row: ComparisonReport.Row, _ model: Model?) {
    self.row = row
    self.model = model
  }

  static var luaName: String { "Row" }

  static let luaClass = LuaClass(
    RowObject.self, "One model of a comparison.",
    properties: [
      LuaProperty("name", "its name") { (r: RowObject) in r.row.name },
      LuaProperty("model", "the Model") { (r: RowObject) in r.model },
      LuaProperty("size", "bytes of its weights on disk") { (r: RowObject) in r.row.bytes },
      LuaProperty("ratio", "the baseline's size divided by its own") { (r: RowObject) in r.row.ratio },
      LuaProperty("latency", "median seconds of a prediction") { (r: RowObject) in r.row.latency?.median },
      LuaProperty("is_baseline", "whether it is the baseline") { (r: RowObject) in r.row.isBaseline },
    ] + MetricProperties.all { (r: RowObject) in r.row.metrics },
    behaviors: [.toString { (r: RowObject) in "\(r.row.name)  \(r.row.bytes) bytes" }])
}
