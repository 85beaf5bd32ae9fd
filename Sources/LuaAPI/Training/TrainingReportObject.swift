// SPDX-License-Identifier: Apache-2.0
// The Lua object for reports of training-time compression.

import LuaHost
import Options
import TextLayout
import Training
import Workflows

/// The report of a trainer: a sequence with an entry for each weight.
final class TrainingReportObject: LuaBoxed {
  private let report: TrainingReport

  init(_ report: TrainingReport) { self.report = report }

  static var luaName: String { "TrainingReport" }

  private enum PrintOptions {
    static let all = LuaOption("all", "every weight, however many there are", default: false)
    static let sort = LuaOption<String?>(
      "sort", "field by which weights follow each other: the largest error or the most elements first; names rising",
      allowed: .strings(TrainingReport.sortFields))
    static let table = LuaOptionTable("TrainingPrintOptions", [all, sort])
  }

  static let luaClass = LuaClass(
    TrainingReportObject.self, "What methods have done to weights so far.",
    properties: [
      LuaProperty("sparsity", "share of zeros in all pruned weights; nil without pruning") { (r: TrainingReportObject) in r.report.sparsity
      },
      LuaProperty("skipped", "weights left alone, each { method, weight, reason }") { (r: TrainingReportObject) in
        r.report.skipped.map { ["method": $0.method, "weight": $0.weight, "reason": $0.reason] }
      },
    ],
    methods: [
      LuaMethod(
        "print", "Print the report, optionally complete or sorted.", .options(PrintOptions.table), .context,
        example: "wane.trainer(model):report():print{ all = true, sort = \"error\" }"
      ) { (r: TrainingReportObject, options: LuaOptions, context: LuaContext) in
        let screen = context.interpreter.screen()
        let frame = options[PrintOptions.all] ? DisplayFrame(columns: screen.columns) : screen
        context.interpreter.write(r.report.text(in: frame, sortedBy: options[PrintOptions.sort]))
      }
    ],
    behaviors: [
      .toString(in: DisplayFrame.self) { (r: TrainingReportObject, frame: DisplayFrame) in r.report.text(in: frame) },
      .length { (r: TrainingReportObject) in r.report.weights.count },
      .index { (r: TrainingReportObject, i: Int) in
        r.report.weights.indices.contains(i - 1) ? TrainingReportEntry(weight: r.report.weights[i - 1]) : nil
      },
    ])
}

extension WeightFact.Value {
  fileprivate var lua: LuaValue {
    switch self {
    case .number(let v): .number(v)
    case .integer(let v): .integer(v)
    case .text(let v): .string(v)
    case .flag(let v): .boolean(v)
    }
  }
}

/// An entry of the report.
struct TrainingReportEntry: LuaRecord {
  let weight: WeightTraining

  static let luaName = "TrainingReportEntry"
  static let luaDoc = "What methods have done to one weight."
  static let luaFields: [LuaField<TrainingReportEntry>] = [
    LuaField("name", "the weight") { $0.weight.name },
    LuaField("method", "the applied methods, in order") { $0.weight.method },
    LuaField("params", "number of elements") { $0.weight.count },
    LuaField("error", "root mean square of the difference between the weight and its stored values") { $0.weight.error },
    LuaField("facts", "method-specific values: sparsities, clusters, codes") { entry in
      Dictionary(entry.weight.facts.map { ($0.name, $0.value.lua) }, uniquingKeysWith: { a, _ in a })
    },
  ]
}
