// SPDX-License-Identifier: Apache-2.0
// The method model:search.

import Evaluation
import LuaHost
import Models
import Options
import Runtime
import Tensors
import Workflows

enum SearchMethod {
  private enum Options {
    static let budget = LuaOption<LuaTable?>(
      "budget",
      "{ size = share of the model's size }, { bits = of each element }, { bytes = }, { accuracy_drop = }, { drop = of the metric } or "
        + "{ snr_db = of the outputs }")
    static let sensitivity = LuaOption<SensitivityObject?>("sensitivity", "of model:sensitivity; by default it is found first")
    static let algorithm = LuaOption<String?>(
      "algorithm", "the algorithm of the result in place of that of the candidates, such as \"gptq\", which needs calibration")
    static let validation = LuaOption<DatasetObject?>("validation", "data to measure models on; by default those of the search")
    static let points = LuaOption("points", "models of the curve that are measured besides the result", default: 5, allowed: .atLeast(0))
    static let onStep = LuaOption<LuaClosure?>("on_step", "called with each measured model: { name, bytes, score, error }")
    static let table = LuaOptionTable(
      "SearchOptions",
      [
        budget, CandidateArguments.candidates, CandidateArguments.metric, CandidateArguments.method, CandidateArguments.output,
        CandidateArguments.path, sensitivity, algorithm, validation, points, onStep,
      ] + CalibrationArguments.declarations)
  }

  static let method = LuaMethod(
    "search",
    "Choose the compression of each weight so that the model fits a budget with the least error. After an interrupt at the prompt, the "
      + "result has the points of the curve that are done.",
    Arg("data", "a Dataset"), .options(Options.table), .context, returns: "a Model with recipe, report and curve",
    example: "local small = model:search(data, { budget = { size = 0.5 } })"
  ) { (m: Model, data: DatasetObject, options: LuaOptions, context: LuaContext) in
    let interpreter = context.interpreter
    try interpreter.checkTaken()
    guard let table = options[Options.budget] else {
      throw LuaError(.usage, "search: there is no budget", hint: "model:search(data, { budget = { size = 0.25 } })")
    }
    let (budget, named) = try CandidateArguments.budget(table, "search")
    if let named, options["metric"] != nil {
      throw LuaError(.usage, "search: metric has no effect with the budget of \(named)", hint: "budget = { drop = … } goes with a metric")
    }
    let calibration = try CalibrationArguments.input(options)
    if options[Options.algorithm] != nil, calibration == nil {
      throw LuaError(.usage, "search: algorithm needs calibration", hint: "calibration = data")
    }
    let measured = options[Options.validation] ?? data
    if case .data(let given, _)? = calibration, given.dataset.identity === measured.dataset.identity {
      interpreter.remark("search: the data for calibration are those that models are measured on; give validation = other data")
    }
    let metric = try CandidateArguments.metric(
      options[CandidateArguments.metric], usual: named ?? "snr_db", measured.dataset, interpreter)
    let sensitivity: Sensitivity
    if let given = options[Options.sensitivity] {
      guard given.sensitivity.modelDigest == m.digest else { throw WorkflowError.otherModel }
      if let stray = ["candidates", "method", "path"].first(where: options.given.contains) {
        throw LuaError(.usage, "search: \(stray) has no effect with a sensitivity that is given")
      }
      sensitivity = given.sensitivity
    } else {
      // What adds up over weights best; drops of metrics that count saturate.
      let own = options[CandidateArguments.metric] == nil ? try Metrics.named("snr_db") : metric
      sensitivity = try Model.sensitivity(m, data.dataset, own, options, interpreter)
    }
    let bar = Progress("search", unit: "models")
    defer { bar.finish() }
    var run = SearchRun(m, sensitivity, budget, measured.dataset, metric, CompressionClient(interpreter))
    run.output = options[CandidateArguments.output]
    run.algorithm = options[Options.algorithm]
    run.calibration = calibration
    run.points = options[Options.points]
    run.environment = .current(program: ProgramVersion.text, threads: Parallel.threads)
    run.remark = { text in
      bar.clear()
      interpreter.remark(text)
    }
    run.found = { point in
      bar.clear()
      try options[Options.onStep]?.call(SearchPointRecord(point: point))
    }
    let result = try run.run()
    bar.finish()
    if result.isPartial {
      guard interpreter.takeInterruptOfInput() else { throw LuaInterrupted() }
      interpreter.tell("search: interrupted; the curve has \(result.curve.rows.count) models")
    }
    return try result.chosen.model.found(by: SearchTrace(curve: result.curve, models: result.models))
  }
}

/// A measured model of a search.
struct SearchPointRecord: LuaRecord {
  let point: SearchRun.Point

  static let luaName = "SearchPoint"
  static let luaDoc = "A model that a search measured."
  static let luaFields: [LuaField<SearchPointRecord>] = [
    LuaField("name", "its size relative to the model's") { $0.point.name },
    LuaField("bytes", "bytes of its weights") { $0.point.bytes },
    LuaField("score", "the metric") { $0.point.score },
    LuaField("error", "the predicted error") { $0.point.assignment.error },
  ]
}
