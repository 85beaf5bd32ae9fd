// SPDX-License-Identifier: Apache-2.0
// The candidates, metrics and budgets that sensitivity and search read.

import Compression
import Evaluation
import LuaHost
import MIL
import Models
import Options
import Tensors
import Workflows

enum CandidateArguments {
  static let candidates = LuaOption<LuaTable?>(
    "candidates",
    "ways of compressing a weight, each a step such as { \"palettize\", nbits = 4 } or a sequence of steps; by default palettize with 2, 4, "
      + "6 and 8 bits (from iOS18 on also 3)")
  static let metric = LuaOption<MetricList?>(
    "metric", "the metric of the outputs: one name, function or description as in evaluate; by default snr_db",
    allowed: .strings(Metrics.all.map(\.name)))
  static let output = LuaOption<String?>("output", "the output to compare, if there are several")
  static let method = LuaOption<SensitivityMethod>(
    "method",
    "measure: run the model with one weight compressed; fisher: squared gradients, one run for all; auto: measure for few weights and programs with states",
    default: .auto)
  static let path = LuaOption<PathArgument?>("path", "a JSON file from which an interrupted run goes on")

  /// The candidates, with the calibration for those that read data.
  static func read(_ table: LuaTable?, _ model: Model, _ options: LuaOptions, _ interpreter: Interpreter) throws -> [SensitivityCandidate] {
    let plans = try table.map { try self.plans($0, interpreter) } ?? usual(model)
    let calibration = try CalibrationArguments.input(options)
    return plans.map { SensitivityCandidate($0.calibrated(with: calibration)) }
  }

  private static func usual(_ model: Model) -> [CompressionPlan] {
    ([2] + (model.opset >= .iOS18 ? [3] : []) + [4, 6, 8]).map { bits in
      CompressionPlan([PlannedStep(.compress(technique: "palettize", .dictionary(["nbits": .integer(bits)])))])
    }
  }

  private static func plans(_ table: LuaTable, _ interpreter: Interpreter) throws -> [CompressionPlan] {
    let example = "candidates = { { \"palettize\", nbits = 2 }, { \"palettize\", nbits = 4 } }"
    guard table.count > 0 else { throw LuaError(.usage, "candidates is no sequence of steps", hint: example) }
    if table[1].string != nil { throw LuaError(.usage, "candidates is a sequence of steps, found one step", hint: example) }
    let reader = RecipeReader(interpreter)
    return try (1...table.count).map { number in
      guard let candidate = table[number].table else {
        throw LuaError(.usage, "candidates[\(number)] is a \(interpreter.typeName(of: table[number])), expected a step", hint: example)
      }
      guard candidate[1].string != nil else { return try RecipeObject(table[number], interpreter).plan }
      let plan = CompressionPlan([try reader.step(number, table[number])])
      try plan.check(techniques: interpreter.techniques, compilePattern: LuaPatterns.compiler(interpreter))
      return plan
    }
  }

  /// The one metric, or the usual one.
  static func metric(_ list: MetricList?, usual: String, _ data: Dataset, _ interpreter: Interpreter) throws -> MetricDefinition {
    guard let list else { return try Metrics.named(usual) }
    let metrics = try MetricReader.metrics(list, data, hasBaseline: true, interpreter)
    guard metrics.count == 1, let metric = metrics.first else {
      throw LuaError(.usage, "metric is one metric, found \(metrics.count)")
    }
    return metric
  }

  private static let budgets = ["size", "bits", "bytes", "accuracy_drop", "drop", "snr_db"]

  /// `{ size = 0.25 }`, `{ bits = 4 }`, `{ bytes = 3e6 }`, `{ accuracy_drop = 0.01 }`, `{ drop = 0.01 }`, `{ snr_db = 30 }`.
  static func budget(_ table: LuaTable, _ function: String) throws -> (budget: SearchBudget, metric: String?) {
    let example = "\(function){ budget = { size = 0.25 } }; also \(budgets.dropFirst().joined(separator: ", "))"
    let pairs = try table.pairs()
    guard pairs.count == 1, let name = pairs[0].key.string else {
      throw LuaError(.usage, "\(function): the budget is one named number, found \(pairs.count)", hint: example)
    }
    guard budgets.contains(name) else {
      throw LuaError(
        .usage, "\(function): there is no budget '\(name)'",
        hint: Suggestion.nearest(to: name, among: budgets).map { "did you mean '\($0)'?" } ?? example)
    }
    let number: Double
    switch pairs[0].value {
    case .integer(let value): number = Double(value)
    case .number(let value): number = value
    default: throw LuaError(.usage, "\(function): the budget '\(name)' is no number", hint: example)
    }
    func check(_ isAllowed: Bool, _ allowed: String) throws {
      guard isAllowed else { throw LuaError(.usage, "\(function): the budget \(name) = \(number) is not allowed: \(allowed)") }
    }
    switch name {
    case "size":
      try check(number > 0 && number <= 1, "a share of the model's size, above 0 and at most 1")
      return (.size(number), nil)
    case "bits":
      try check(number > 0 && number <= 64, "bits of each element, above 0 and at most 64")
      return (.bits(number), nil)
    case "bytes":
      try check(number >= 1 && number < 1e15, "at least 1")
      return (.bytes(Int(number)), nil)
    case "snr_db":
      try check(number.isFinite, "decibels")
      return (.decibels(number), "snr_db")
    default:
      try check(number >= 0 && number.isFinite, "0 and above")
      return (.drop(number), name == "accuracy_drop" ? "accuracy" : nil)
    }
  }
}

extension SensitivityMethod: LuaEnumeration {}
extension SensitivityChart: LuaEnumeration {}
