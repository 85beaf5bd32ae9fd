// SPDX-License-Identifier: Apache-2.0
// Reads the options of wane.trainer.

import LuaHost
import MIL
import Models
import Operators
import Options
import Training
import Workflows

enum TrainerReader {
  static let loss = LuaOption<LuaValue?>(
    "loss", "the name of a loss, { type = name, its options }, or a function(graph, outputs, batch) that returns a Value",
    allowed: .strings(Losses.all.map { $0.name }))
  static let output = LuaOption<String?>("output", "the output for the loss, if there are several")
  static let labels = LuaOption<String?>("labels", "the data set input that contains the labels, if the data set has no labels")
  static let optimizer = LuaOption<LuaValue?>(
    "optimizer", "the name of an optimizer, or { type = name, its options }; by default adamw",
    allowed: .strings(Optimizers.all.map { $0.name }))
  static let rate = LuaOption(
    "lr", "the learning rate; for one_cycle its peak", default: 1e-3, allowed: .atLeast(0), aliases: ["learning_rate"])
  static let schedule = LuaOption<LuaValue?>(
    "schedule", "the name of a schedule, or { type = name, warmup_steps =, total_steps =, its options }; by default constant",
    allowed: .strings(Schedules.all.map { $0.name }))
  static let clipNorm = LuaOption<Double?>("clip_norm", "maximum total norm of all gradients", allowed: .atLeast(0))
  static let clipValue = LuaOption<Double?>("clip_value", "maximum magnitude of a gradient element", allowed: .atLeast(0))
  static let accumulate = LuaOption("accumulate", "number of batches per step", default: 1, allowed: .atLeast(1))
  static let ema = LuaOption<Double?>(
    "ema", "decay of the exponential moving average of weights, which becomes the result", allowed: .within(0.0..<1.0))
  static let groups = LuaOption<[LuaTable]?>(
    "groups", "a sequence of { pattern =, lr =, weight_decay = } for weights whose names match a Lua pattern")
  static let parameters = LuaOption<[String]?>(
    "parameters",
    "Lua patterns for names of the constants that are trained; by default the weights, biases, scales and tables of layers, as print(t) lists them"
  )
  static let norms = LuaOption<LuaValue?>(
    "norms",
    "\"restore\": put batch norms back behind the layers that they were folded into, with statistics of the data, until finalize(); "
      + "or { type = \"restore\", data = a Dataset, samples = 2048 }; by default \"none\"",
    allowed: .strings(NormRule.allCases.map(\.rawValue)))
  static let frozen = LuaOption<[String]?>("frozen", "Lua patterns for names of weights that are not trained")
  static let seed = LuaOption("seed", "seed of shuffling and dropout", default: 0)
  static let table = LuaOptionTable(
    "TrainerOptions",
    [loss, output, labels, optimizer, rate, schedule, clipNorm, clipValue, accumulate, ema, groups, parameters, frozen, norms, seed])

  /// The options that can be stored, for checkpoints.
  private static func configuration(_ options: LuaOptions, _ interpreter: Interpreter) throws -> [String: OptionValue] {
    var fields: [String: OptionValue] = [:]
    for name in options.given {
      guard let value = options[name], value.function == nil else { continue }
      if let inner = value.table, name == "loss" || name == "norms" {
        fields[name] = try RecipeReader(interpreter).dictionary(inner, leavingOut: 0, ["teacher", "data"])
      } else {
        fields[name] = try RecipeReader(interpreter).value(value)
      }
    }
    return fields
  }

  static func setup(_ options: LuaOptions, _ interpreter: Interpreter) throws -> TrainingSetup {
    let reader = RecipeReader(interpreter)
    var setup = TrainingSetup()
    setup.groups = try (options[Self.groups] ?? []).map { table in
      guard let pattern = table["pattern"].string else { throw LuaError(.usage, "trainer: each of groups needs a pattern") }
      if let stranger = try table.pairs().compactMap(\.key.string).first(where: { !["pattern", "lr", "weight_decay"].contains($0) }) {
        throw LuaError(.usage, "trainer: groups have pattern, lr and weight_decay, not '\(stranger)'")
      }
      return TrainingSetup.Group(pattern: pattern, rate: table["lr"].number, weightDecay: table["weight_decay"].number)
    }
    setup.parameters = options[Self.parameters] ?? []
    setup.frozen = options[Self.frozen] ?? []
    if let norms = options[Self.norms] { setup.norms = try Self.norms(norms) }
    if let loss = options[Self.loss] { setup.loss = try Self.loss(loss, reader) }
    if let optimizer = options[Self.optimizer] { setup.optimizer = try named(optimizer, "optimizer", reader) }
    setup.output = options[Self.output]
    setup.labels = options[Self.labels]
    setup.rate = options[Self.rate]
    setup.schedule = try options[Self.schedule].map { try reader.value($0) } ?? .null
    setup.clipNorm = options[Self.clipNorm]
    setup.clipValue = options[Self.clipValue]
    setup.accumulate = options[Self.accumulate]
    setup.emaDecay = options[Self.ema]
    setup.seed = UInt64(bitPattern: Int64(options[Self.seed]))
    setup.configuration = try configuration(options, interpreter)
    return setup
  }

  /// `"restore"`, or a table with the type, the data and the number of samples.
  private static func norms(_ value: LuaValue) throws -> TrainingSetup.NormOptions {
    var norms = TrainingSetup.NormOptions()
    let table = value.table
    let allowed = NormRule.allCases.map(\.rawValue)
    let type = table?["type"] ?? .nil
    let name = value.string ?? type.string ?? (table != nil && type.isNil ? NormRule.restore.rawValue : nil)
    guard let name, let rule = NormRule(rawValue: name) else {
      throw LuaError(
        .usage, "trainer: norms must be one of \(Suggestion.list(allowed)), or a table with that type",
        hint: "norms = { type = \"restore\", data = dataset, samples = 2048 }")
    }
    norms.rule = rule
    guard let table else { return norms }
    let known = ["type", "data", "samples"]
    if let stray = try table.pairs().map({ $0.key.string ?? "1" }).first(where: { !known.contains($0) }) {
      throw LuaError(
        .usage, "trainer: norms have type, data and samples, not '\(stray)'",
        hint: Suggestion.nearest(to: stray, among: known).map { "did you mean '\($0)'?" })
    }
    if !table["data"].isNil {
      guard let data = table["data"].object(DatasetObject.self) else { throw LuaError(.usage, "trainer: norms.data must be a Dataset") }
      norms.data = data.dataset
    }
    if !table["samples"].isNil {
      guard let samples = table["samples"].integer, samples >= 1 else {
        throw LuaError(.usage, "trainer: norms.samples must be a whole number of at least 1")
      }
      norms.samples = samples
    }
    if rule == .none, norms.data != nil || !table["samples"].isNil {
      throw LuaError(.usage, "trainer: data and samples of norms have no effect with type = \"none\"")
    }
    return norms
  }

  /// A name, or a table with a type and options.
  private static func named(
    _ value: LuaValue, _ option: String, _ reader: RecipeReader
  ) throws -> (name: String, options: [String: OptionValue]) {
    if let name = value.string { return (name, [:]) }
    guard let table = value.table, let name = table["type"].string,
      case .dictionary(var fields) = try reader.dictionary(table, leavingOut: 0, ["teacher"])
    else {
      throw LuaError(.usage, "trainer: \(option) must be a name, or a table with a type: \(option) = { type = \"…\" }")
    }
    fields["type"] = nil
    return (name, fields)
  }

  private static func loss(_ value: LuaValue, _ reader: RecipeReader) throws -> TrainingSetup.LossChoice {
    if let function = value.function { return custom(function) }
    let (name, options) = try named(value, "loss", reader)
    return .named(name, options, teacher: value.table?["teacher"].object(Model.self))
  }

  private static func custom(_ function: LuaClosure) -> TrainingSetup.LossChoice {
    .custom { context in
      let writer = try NetworkWriter(context.emitter)
      var outputs: [String: ValueObject] = [:]
      for name in context.function.block.outputs { outputs[name] = ValueObject(try writer.value(name), writer) }
      var batch: [String: ValueObject] = [:]
      if let labels = context.labels { batch["labels"] = ValueObject(try writer.value(labels), writer) }
      let made = try function.call(GraphObject(writer), outputs, batch, returning: ValueObject.self, role: "loss")
      return try context.emitter.value(made.value.name)
    }
  }
}
