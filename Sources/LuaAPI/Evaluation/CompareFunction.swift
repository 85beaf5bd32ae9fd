// SPDX-License-Identifier: Apache-2.0
// wane.compare.

import Evaluation
import LuaHost
import ModelPackages
import Models
import Options
import Runtime

enum CompareFunction {
  private enum Options {
    static let baseline = LuaOption<LuaValue?>(
      "baseline", "the Model, or name of the candidate, that the others are compared with; the first of a sequence when left out")
    static let metrics = MetricList.option
    static let latency = LuaOption("latency", "also measure how long a prediction takes", default: true)
    static let runs = LuaOption("runs", "timed predictions of each", default: 30, allowed: .atLeast(1))
    static let output = LuaOption<String?>("output", "which output is compared, where there are several")
    static let batchSize = LuaOption<Int?>("batch_size", "samples a batch", allowed: .atLeast(1))
    static let table = LuaOptionTable("CompareOptions", [baseline, metrics, latency, runs, output, batchSize])
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "compare", "Evaluate several models on the same data, side by side.",
      Arg<LuaTable>("candidates", "a sequence of { name =, model = }, or a table of models by name"), Arg("data", "a Dataset"),
      .options(Options.table), .context, returns: "a Report",
      example: "print(wane.compare({ int8 = model:quantize{}, pal4 = model:palettize{ nbits = 4 } }, data, { baseline = model }))"
    ) { (table: LuaTable, data: DatasetObject, options: LuaOptions, context: LuaContext) in
      let candidates = try read(table, context.interpreter)
      let baseline = try baseline(options[Options.baseline], candidates, isSequence: table.count > 0)
      let metrics = try MetricReader.metrics(options[Options.metrics], data.dataset, hasBaseline: baseline != nil, context.interpreter)
      let bar = Progress("compare", unit: "samples")
      defer { bar.finish() }
      let evaluator = Evaluator(
        metrics: metrics, options: MetricOptions(output: options[Options.output]), batchSize: options[Options.batchSize],
        onBatch: { bar.update($0.done, of: $0.total) }, isCancelled: { Interrupts.isPending })
      let comparison = Comparison(
        evaluator: evaluator, latency: options[Options.latency] ? .init(runs: options[Options.runs]) : nil,
        environment: .current(program: LuaAPI.version, threads: Threads.current))
      let all = candidates + (baseline.map { [$0] } ?? [])
      let report = try comparison.run(
        candidates.map(candidate), on: data.dataset, baseline: baseline.map(candidate))
      return ComparisonObject(report, models: Dictionary(all.map { ($0.name, $0.model) }, uniquingKeysWith: { a, _ in a }))
    }
  ]

  private typealias Named = (name: String, model: Model)

  private static func read(_ table: LuaTable, _ interpreter: Interpreter) throws -> [Named] {
    if table.count > 0 {
      return try (1...table.count).map { i in
        let entry = table[i].table
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

  private static func baseline(_ value: LuaValue?, _ candidates: [Named], isSequence: Bool) throws -> Named? {
    guard let value, !value.isNil else { return isSequence ? candidates.first : nil }
    if let name = value.string {
      guard let found = candidates.first(where: { $0.name == name }) else {
        throw LuaError(
          .notFound, "compare: no candidate named '\(name)'",
          hint: "candidates: \(candidates.map(\.name).joined(separator: ", "))")
      }
      return found
    }
    guard let model = value.object(Model.self) else {
      throw LuaError(.usage, "compare: baseline must be a Model or the name of a candidate")
    }
    return candidates.first { $0.model === model } ?? ("original", model)
  }

  private static func candidate(_ named: Named) throws -> Candidate {
    Candidate(
      name: named.name, predictor: named.model, bytes: try named.model.contents.weightByteCount(),
      group: group(named.model), recipe: named.model.contents.history.map { "\($0)" })
  }

  /// The techniques of a model's history: `prune + palettize`.
  private static func group(_ model: Model) -> String {
    model.contents.history.map { String($0.prefix { $0.isLetter || $0 == "_" }) }.joined(separator: " + ")
  }
}
