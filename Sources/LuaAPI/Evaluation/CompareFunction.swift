// SPDX-License-Identifier: Apache-2.0
// The function wane.compare.

import Evaluation
import LuaHost
import Models
import Options
import Runtime
import Tensors
import Workflows

enum CompareFunction {
  private enum Options {
    static let baseline = LuaOption<LuaValue?>(
      "baseline", "the Model, or the name of the candidate, that the others are compared with; by default the first of a sequence")
    static let metrics = MetricList.option
    static let latency = LuaOption("latency", "also measure the latency of predictions", default: true)
    static let runs = LuaOption("runs", "number of timed predictions of each model", default: 30, allowed: .atLeast(1))
    static let output = LuaOption<String?>("output", "the output to compare, if there are several")
    static let batchSize = LuaOption<Int?>("batch_size", "samples a batch", allowed: .atLeast(1))
    static let onInterrupt = LuaOption<OnInterrupt?>(
      "on_interrupt",
      "the effect of Ctrl-C: \"return\" returns a report of the finished models, marked as unfinished; \"stop\" ends the script and prints "
        + "them on standard error. At the prompt \"return\", in scripts \"stop\"")
    static let table = LuaOptionTable("CompareOptions", [baseline, metrics, latency, runs, output, batchSize, onInterrupt])
  }

  private enum OnInterrupt: String, LuaEnumeration {
    case `return`, stop
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "compare", "Evaluate several models on the same data and compare them.",
      Arg<LuaTable>("candidates", "a sequence of { name =, model = }, or a table of models by name"), Arg("data", "a Dataset"),
      .options(Options.table), .context, returns: "a Report",
      example: "print(wane.compare({ int8 = model:quantize{}, pal4 = model:palettize{ nbits = 4 } }, data, { baseline = model }))"
    ) { (table: LuaTable, data: DatasetObject, options: LuaOptions, context: LuaContext) in
      let interpreter = context.interpreter
      try interpreter.checkTaken()
      let candidates = try CandidateList(
        read(table, interpreter), isOrdered: table.count > 0, baseline: baseline(options[Options.baseline]))
      let measuresTime = options[Options.latency]
      guard measuresTime || options["runs"] == nil else {
        throw LuaError(.usage, "compare: runs is not used with latency = false")
      }
      let metrics = try MetricReader.metrics(options[Options.metrics], data.dataset, hasBaseline: candidates.baseline != nil, interpreter)
      let bar = Progress("compare", unit: "samples")
      defer { bar.finish() }
      let evaluator = Evaluator(
        metrics: metrics, options: MetricOptions(output: options[Options.output]), batchSize: options[Options.batchSize],
        onBatch: { bar.update($0.done, of: $0.total) }, isCancelled: { Interrupts.isPending },
        remark: { text in
          bar.clear()
          interpreter.remark(text)
        })
      let comparison = Comparison(
        evaluator: evaluator, latency: measuresTime ? .init(runs: options[Options.runs]) : nil,
        environment: .current(program: ProgramVersion.text, threads: Parallel.threads))
      let report = try candidates.compared(by: comparison, on: data.dataset)
      bar.finish()
      if let remark = report.remark { try settleInterrupt(options[Options.onInterrupt], report, remark, interpreter) }
      return ComparisonObject(report, models: candidates.models)
    }
  ]

  /// Continues with a partial report after an interrupt, or ends the script after printing the partial report.
  ///
  /// - Throws: `LuaInterrupted`.
  private static func settleInterrupt(
    _ wish: OnInterrupt?, _ report: ComparisonReport, _ remark: String, _ interpreter: Interpreter
  ) throws {
    let goesOn =
      switch wish {
      case .return: interpreter.takeInterrupt()
      case .stop: false
      // At the prompt, a second interrupt ends the input.
      case nil: interpreter.takeInterruptOfInput()
      }
    guard goesOn else {
      interpreter.tell("compare: \(report)")
      throw LuaInterrupted()
    }
    interpreter.tell("compare: \(remark)")
  }

  private static func read(_ table: LuaTable, _ interpreter: Interpreter) throws -> [CandidateList.Named] {
    if table.count > 0 {
      if let stray = try table.pairs().first(where: { $0.key.integer == nil }) {
        throw LuaError(
          .usage,
          "compare: candidates are a sequence or models by name, not both; found '\(try interpreter.describe(stray.key))' beside [1]")
      }
      return try (1...table.count).map { i -> CandidateList.Named in
        let entry = table[i].table
        if let stray = try entry?.pairs().first(where: { !["name", "model"].contains($0.key.string ?? "") }) {
          throw LuaError(
            .usage, "compare: candidate \(i) has an unknown field '\(try interpreter.describe(stray.key))'", hint: "fields: name, model")
        }
        guard let name = entry?["name"].string, let model = entry?["model"].object(Model.self) else {
          throw LuaError(
            .usage, "compare: candidate \(i) must be { name = \"…\", model = … }, got \(interpreter.typeName(of: table[i]))",
            hint: "or give the models by name: compare({ small = model }, data)")
        }
        return (name, model)
      }
    }
    return try table.pairs().map { key, value in
      guard let name = key.string, let model = value.object(Model.self) else {
        throw LuaError(
          .usage,
          "compare: candidates must be models by name, got \(interpreter.typeName(of: value)) for '\(try interpreter.describe(key))'")
      }
      return (name, model)
    }.sorted { $0.name < $1.name }
  }

  /// The model, or the name of a candidate, that the others are compared with.
  private static func baseline(_ value: LuaValue?) throws -> CandidateList.Baseline? {
    guard let value, !value.isNil else { return nil }
    if let name = value.string { return .named(name) }
    guard let model = value.object(Model.self) else {
      throw LuaError(.usage, "compare: baseline must be a Model or the name of a candidate")
    }
    return .model(model)
  }
}
