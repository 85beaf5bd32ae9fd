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
  static let frozen = LuaOption<[String]?>("frozen", "Lua patterns for names of weights that are not trained")
  static let seed = LuaOption("seed", "seed of shuffling and dropout", default: 0)
  static let table = LuaOptionTable(
    "TrainerOptions",
    [loss, output, labels, optimizer, rate, schedule, clipNorm, clipValue, accumulate, ema, groups, frozen, seed])

  /// The options that can be stored, for checkpoints.
  private static func configuration(_ options: LuaOptions, _ interpreter: Interpreter) throws -> [String: OptionValue] {
    var fields: [String: OptionValue] = [:]
    for name in options.given {
      guard let value = options[name], value.function == nil else { continue }
      if let inner = value.table, name == "loss" {
        fields[name] = try RecipeReader(interpreter).dictionary(inner, leavingOut: 0, ["teacher"])
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
    setup.frozen = options[Self.frozen] ?? []
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
