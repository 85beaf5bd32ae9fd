// SPDX-License-Identifier: Apache-2.0
// The method model:sensitivity and the Lua object that it returns.

import Evaluation
import Files
import LuaHost
import Models
import Options
import TextLayout
import Workflows

extension Model {
  private enum SensitivityOptions {
    static let table = LuaOptionTable(
      "SensitivityOptions",
      [
        CandidateArguments.candidates, CandidateArguments.metric, CandidateArguments.method, CandidateArguments.output,
        CandidateArguments.path,
      ]
        + CalibrationArguments.declarations)
  }

  static let searching: [LuaMethod] = [
    LuaMethod(
      "sensitivity", "Find the error that each way of compressing causes in each weight, if it alone is compressed.",
      Arg("data", "a Dataset that the error is measured on"), .options(SensitivityOptions.table), .context, returns: "Sensitivity",
      example: "local s = model:sensitivity(data, { candidates = { { \"palettize\", nbits = 2 }, { \"palettize\", nbits = 4 } } })"
    ) { (m: Model, data: DatasetObject, options: LuaOptions, context: LuaContext) in
      try context.interpreter.checkTaken()
      let metric = try CandidateArguments.metric(
        options[CandidateArguments.metric], usual: "snr_db", data.dataset, context.interpreter)
      return SensitivityObject(try sensitivity(m, data.dataset, metric, options, context.interpreter))
    },
    SearchMethod.method,
  ]

  /// Runs with the options that sensitivity and search have in common.
  static func sensitivity(
    _ model: Model, _ data: Dataset, _ metric: MetricDefinition, _ options: LuaOptions, _ interpreter: Interpreter
  ) throws -> Sensitivity {
    let bar = Progress("sensitivity", unit: "runs")
    defer { bar.finish() }
    var run = SensitivityRun(
      model, try CandidateArguments.read(options[CandidateArguments.candidates], model, options, interpreter), data, metric,
      CompressionClient(interpreter))
    run.method = options[CandidateArguments.method]
    run.output = options[CandidateArguments.output]
    run.path = options[CandidateArguments.path]?.path
    run.calibration.output = run.output
    if case .data(let given, _)? = try CalibrationArguments.input(options) { run.calibration = given }
    run.remark = { text in
      bar.clear()
      interpreter.remark(text)
    }
    run.progress = { bar.update($0, of: $1) }
    let found = try run.run(keepsPartial: true)
    guard !found.isComplete, Interrupts.isPending else { return found }
    bar.finish()
    guard interpreter.takeInterruptOfInput() else { throw LuaInterrupted() }
    interpreter.tell("sensitivity: interrupted; \(found.rows.count { $0.error != nil }) of \(found.rows.count) runs are done")
    return found
  }
}

/// The errors of single weights, as a Lua object.
final class SensitivityObject: LuaBoxed {
  let sensitivity: Sensitivity

  init(_ sensitivity: Sensitivity) { self.sensitivity = sensitivity }

  static var luaName: String { "Sensitivity" }

  private enum PlotArguments {
    static let kind = LuaOption("kind", "a cell for each weight and candidate, or a bar for each weight", default: SensitivityChart.heatmap)
    static let table = PlotOptions.table("SensitivityPlotOptions", [kind])
  }

  static let luaClass = LuaClass(
    SensitivityObject.self, "The error that each candidate causes in each weight: a sequence of rows.",
    properties: [
      LuaProperty("metric", "the metric of the scores; fisher for errors from squared gradients") { (s: SensitivityObject) in
        s.sensitivity.metric
      },
      LuaProperty("candidates", "the candidates, in words") { (s: SensitivityObject) in s.sensitivity.candidates.map(\.name) },
      LuaProperty("complete", "whether all rows are known; false after an interrupt") { (s: SensitivityObject) in s.sensitivity.isComplete
      },
    ],
    methods: [
      LuaMethod(
        "best", "The recipe of least total error within a budget, without running anything.",
        Arg<LuaTable>("budget", "{ size = 0.25 }, { bits = 4 } or { bytes = 3e6 }"), .context, returns: "a Recipe",
        example: "local small = model:compress(model:sensitivity(data):best{ size = 0.5 })"
      ) { (s: SensitivityObject, table: LuaTable, context: LuaContext) in
        guard let bytes = try CandidateArguments.budget(table, "best").budget.bytes(of: s.sensitivity) else {
          throw LuaError(
            .usage, "best: a budget of quality needs runs of the model", hint: "model:search(data, { budget = …, sensitivity = s })")
        }
        guard let assignment = s.sensitivity.best(bytes: bytes) else {
          throw WorkflowError.budget(wanted: bytes, least: s.sensitivity.leastBytes, of: s.sensitivity.modelBytes)
        }
        return RecipeObject(plan: s.sensitivity.plan(assignment))
      },
      LuaMethod(
        "plot", "Draw a heat map of weights and candidates, or bars of the worst candidates.", .options(PlotArguments.table), .context,
        example: "model:sensitivity(data):plot{}"
      ) { (s: SensitivityObject, options: LuaOptions, context: LuaContext) in
        try PlotOptions.deliver(s.sensitivity.chart(options[PlotArguments.kind]), options, of: "plot", context.interpreter)
      },
      LuaMethod("to_csv", "Write all rows.", Arg("path", "a .csv file; replaced")) { (s: SensitivityObject, path: PathArgument) in
        try FileReplacement.replace(path.path, with: s.sensitivity.csv)
      },
    ],
    behaviors: [
      .toString(in: DisplayFrame.self) { (s: SensitivityObject, frame: DisplayFrame) in s.sensitivity.text(in: frame) },
      .length { (s: SensitivityObject) in s.sensitivity.rows.count },
      .index { (s: SensitivityObject, i: Int) in
        s.sensitivity.rows.indices.contains(i - 1)
          ? SensitivityRecord(row: s.sensitivity.rows[i - 1], candidate: s.sensitivity.candidates[s.sensitivity.rows[i - 1].candidate].name)
          : nil
      },
    ])
}

/// The error of one candidate in one weight.
struct SensitivityRecord: LuaRecord {
  let row: Sensitivity.Row
  let candidate: String

  static let luaName = "SensitivityRow"
  static let luaDoc = "The error of one candidate in one weight."
  static let luaFields: [LuaField<SensitivityRecord>] = [
    LuaField("weight", "the weight") { $0.row.weight },
    LuaField("op_type", "type of the operator that reads it") { $0.row.opType },
    LuaField("candidate", "the candidate, in words") { $0.candidate },
    LuaField("count", "number of elements") { $0.row.count },
    LuaField("bytes_before", "bytes before") { $0.row.bytesBefore },
    LuaField("bytes", "bytes after") { $0.row.bytes },
    LuaField("bits", "stored bits of each element") { $0.row.bits },
    LuaField("error", "the harm, which adds up over weights; nil if it is not known yet") { $0.row.error },
    LuaField("score", "the metric; nil if it was not measured") { $0.row.score },
  ]
}
