// SPDX-License-Identifier: Apache-2.0
// The methods model:factorize and model:slim.

import Compression
import Evaluation
import LuaHost
import Models
import Options
import Structure
import Workflows

extension Model {
  private enum FactorizeOptions {
    static let rank = LuaOption<Int?>("rank", "components that are kept", allowed: .atLeast(1))
    static let energy = LuaOption<Double?>(
      "energy", "part of the sum of squared singular values that is kept, 0 to 1", allowed: .within(0...1))
    static let ratio = LuaOption<Double?>(
      "ratio", "elements of the factors relative to those of the weight, 0 to 1", allowed: .within(0...1))
    static let `where` = LuaOption<LuaClosure?>("where", "called with each weight; returning false leaves it as it is")
    static let types = LuaOption<NameFilter?>("op_types", "only weights of these operators: a sequence, or a table from type to boolean")
    static let names = LuaOption<NameFilter?>("op_names", "only these weights, or those of these operators")
    static let threshold = LuaOption("weight_threshold", "weights with at most as many elements stay", default: 2048, allowed: .atLeast(0))
    static let calibration = LuaOption<DatasetObject?>(
      "calibration", "a Dataset: the error of the layers' outputs on it is least, instead of that of the weights")
    static let moments = LuaOption<[String: TensorObject]?>(
      "second_moments", "the second moments of what weights multiply, [inputs, inputs], by weight, in place of calibration")
    static let dryRun = LuaOption("dry_run", "return the report without changing the model", default: false)
    static let table = LuaOptionTable(
      "FactorizeOptions", [rank, energy, ratio, `where`, types, names, threshold, calibration, moments, dryRun])
  }

  private enum SlimOptions {
    static let ratio = LuaOption<Double>(required: "ratio", "part of the channels of each group that is removed, 0 to below 1")
    static let calibration = LuaOption<DatasetObject?>(
      "calibration",
      "a Dataset: channels are scored by what they add to the layers that read them, instead of by weights alone, and its mean is added to "
        + "the biases of these layers")
    static let group = LuaOption(
      "group", "auto removes channels of residual sums together; single leaves them, and removes only what one operation produces",
      default: "auto", allowed: .oneOf("auto", "single"))
    static let multiple = LuaOption("multiple", "the numbers of channels that stay are multiples of this", default: 1, allowed: .atLeast(1))
    static let dryRun = LuaOption("dry_run", "return the report without changing the model", default: false)
    static let table = LuaOptionTable("SlimOptions", [ratio, calibration, group, multiple, dryRun])
  }

  static let structuring: [LuaMethod] = [
    LuaMethod(
      "factorize",
      "The model with thinner layers in place of linear layers and convolutions: two by a singular value decomposition, three for kernels of "
        + "several positions (Tucker). Give one of rank, energy and ratio.",
      .options(FactorizeOptions.table), .context, returns: "a Model with a report; with dry_run only the report",
      type: .union([.object(Model.luaName), .object(ReportObject.luaName)]),
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        local thin = model:factorize{ ratio = 0.5, weight_threshold = 1000 }
        print(thin.size < model.size)  --> true
        """
    ) { (m: Model, options: LuaOptions, context: LuaContext) in try m.factorize(options, context.interpreter) },
    LuaMethod(
      "slim",
      "The model without its least important channels and attention heads: the weights that produce and read them are cut, and "
        + "predictions become faster. Inputs and outputs keep their shapes.",
      .options(SlimOptions.table), .context, returns: "a Model with a report; with dry_run only the report",
      type: .union([.object(Model.luaName), .object(ReportObject.luaName)]),
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        local slim = model:slim{ ratio = 0.25 }
        print(slim:flops() < model:flops())  --> true
        """
    ) { (m: Model, options: LuaOptions, context: LuaContext) in
      let ratio = options[SlimOptions.ratio]
      guard (0..<1).contains(ratio) else { throw LuaError(.usage, "slim: ratio is \(ratio), expected 0 to below 1") }
      var slimming = SlimmingOptions(ratio: ratio)
      slimming.multiple = options[SlimOptions.multiple]
      slimming.includesShared = options[SlimOptions.group] == "auto"
      let data = options[SlimOptions.calibration]?.dataset
      var words = ["ratio = \(ratio)"]
      if slimming.multiple > 1 { words.append("multiple = \(slimming.multiple)") }
      if !slimming.includesShared { words.append("group = \"single\"") }
      if let data { words.append("calibration = \(data.count) samples") }
      let isDryRun = options[SlimOptions.dryRun]
      let made = try EagerScope.run {
        try m.slimmed(
          slimming, data: data, words: "slim{ \(words.joined(separator: ", ")) }", isDryRun: isDryRun, isCancelled: { Interrupts.isPending }
        )
      }
      return isDryRun ? LuaResults(made.report.map { ReportObject($0) }) : LuaResults(made)
    },
  ]

  private func factorize(_ options: LuaOptions, _ interpreter: Interpreter) throws -> LuaResults {
    let sizes = [
      options[FactorizeOptions.rank].map { (FactorSize.rank($0), "rank = \($0)") },
      options[FactorizeOptions.energy].map { (FactorSize.energy($0), "energy = \($0)") },
      options[FactorizeOptions.ratio].map { (FactorSize.ratio($0), "ratio = \($0)") },
    ].compactMap { $0 }
    guard sizes.count == 1 else {
      throw LuaError(.usage, "factorize: give one of rank, energy and ratio", hint: "factorize{ ratio = 0.5 } halves the weights")
    }
    let data = options[FactorizeOptions.calibration]?.dataset
    let moments = options[FactorizeOptions.moments]?.mapValues(\.tensor) ?? [:]
    var words = [sizes[0].1]
    if let data { words.append("calibration = \(data.count) samples") }
    if !moments.isEmpty { words.append("second_moments = \(moments.count) weights") }
    var types = options[FactorizeOptions.types]
    var names = options[FactorizeOptions.names]
    let chooses = options[FactorizeOptions.where]
    let isDryRun = options[FactorizeOptions.dryRun]
    var chosen: [String: Bool] = [:]
    let made = try EagerScope.run {
      try factorized(
        sizes[0].0, moments: moments, data: data, words: "factorize{ \(words.joined(separator: ", ")) }", isDryRun: isDryRun,
        isCancelled: { Interrupts.isPending }
      ) { entry in
        let key = "\(entry.function) \(entry.valueName)"
        if let known = chosen[key] { return known }
        let isNamed = types?.includes(entry.readers.map(\.opType)) ?? true
        let isChosen = names?.includes([entry.name, entry.valueName] + entry.readers.map(\.opName)) ?? true
        var takes = isNamed && isChosen && entry.count > options[FactorizeOptions.threshold]
        if takes, let chooses { takes = try chooses.call(WeightObject(entry), returning: Bool.self, role: "where function") }
        chosen[key] = takes
        return takes
      }
    }
    try types?.checkMatched("op_types", of: "factorize", "no linear layer or convolution that can be factorized has")
    try names?.checkMatched("op_names", of: "factorize", "no weight that can be factorized has")
    if let report = made.report, let obstacle = report.obstacle {
      interpreter.remark("factorize changed nothing: \(obstacle.reason) (\(obstacle.weights) of \(report.entries.count) weights)")
    }
    return isDryRun ? LuaResults(made.report.map { ReportObject($0) }) : LuaResults(made)
  }
}
