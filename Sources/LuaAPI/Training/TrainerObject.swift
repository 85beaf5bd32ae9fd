// SPDX-License-Identifier: Apache-2.0
// A training run in a script's hands.

import Compression
import Evaluation
import LuaHost
import ModelPackages
import Models
import Tensors
import Training

/// A model that is being trained, and perhaps compressed while it is.
final class TrainerObject: LuaBoxed {
  let trainer: Trainer
  /// The model that it began with.
  let model: Model
  let teacher: Model?
  /// The input of the data that holds labels.
  let labelsName: String?
  /// The options as they were given, as far as they can be written down.
  let configuration: [String: RecipeValue]
  /// Whether the loss is a function or has a teacher, which no file can hold.
  let needsLoss: Bool
  /// Where fit goes on after a resume: the epoch, and batches done in it.
  var progress = FitProgress()
  private(set) var lastLoss: Double?

  static var luaName: String { "Trainer" }

  var luaExternalBytes: Int { trainer.byteCount }

  init(_ model: Model, _ options: LuaOptions, _ interpreter: Interpreter) throws {
    let (made, teacher) = try TrainerReader.options(options, dropout: model.contents.dropoutShares, interpreter)
    self.model = model
    self.teacher = teacher
    labelsName = options[TrainerReader.labels]
    needsLoss = teacher != nil || options["loss"]?.function != nil
    configuration = try TrainerReader.configuration(options, interpreter)
    trainer = try Trainer(
      model.contents.program, function: model.interface.name, options: made, isCancelled: { Interrupts.isPending })
  }

  static let luaClass = LuaClass(
    TrainerObject.self, "A model that is being trained, and compressed while it is.",
    properties: [
      LuaProperty("steps", "optimizer steps done") { (t: TrainerObject) in t.trainer.step },
      LuaProperty("lr", "the learning rate of the next step") { (t: TrainerObject) in try t.trainer.rate() },
      LuaProperty("loss", "of the last batch; nil before the first") { (t: TrainerObject) in t.lastLoss },
      LuaProperty("parameters", "names of what is trained") { (t: TrainerObject) in t.trainer.parameterNames },
      LuaProperty("model", "the model as it is now, its weights plain but with the values that finalize() would store") {
        (t: TrainerObject) in
        try t.snapshot()
      },
    ],
    methods: methods + TrainerObject.methodCalls + TrainerObject.fitting + TrainerObject.saving,
    behaviors: [.toString { (t: TrainerObject) in t.summary }])

  private static let methods: [LuaMethod] = [
    LuaMethod(
      "step", "Learn from one batch.", Arg<LuaTable>("batch", "a batch of a Dataset, or { inputs = { name = Tensor }, labels = Tensor }"),
      .context,
      returns: "the loss before the step",
      example: """
        local t = wane.trainer(model, { lr = 1e-4 })
        for batch in data:batches(64) do local loss = t:step(batch) end
        print(t.steps)  --> 7
        """
    ) { (t: TrainerObject, batch: LuaTable, context: LuaContext) in try t.learn(from: t.read(batch, context.interpreter)) },
    LuaMethod(
      "finalize", "The model that training made, with its weights stored as the methods store them.", returns: "a Model",
      example: "local same = wane.trainer(model, { lr = 1e-4 }):finalize()"
    ) { (t: TrainerObject) in
      let result = try t.trainer.finalized()
      return try t.model.trained(result.program, report: result.report, words: t.words)
    },
    LuaMethod("report", "What the methods have done so far, weight by weight.", returns: "a TrainingReport") { (t: TrainerObject) in
      TrainingReportObject(try t.trainer.report(), skipped: t.trainer.skipped)
    },
  ]

  /// `t:prune{…}`, `t:palettize{…}`, `t:quantize{…}`.
  private static let methodCalls: [LuaMethod] = TrainingMethods.all.map { row in
    let table = LuaOptionTable(
      "Training\(row.name.prefix(1).uppercased() + row.name.dropFirst())Options",
      row.options.map { LuaDynamicOption($0) } + [
        LuaDynamicOption("op_types", .table, "options by type of operator; false leaves alone"),
        LuaDynamicOption("op_names", .table, "options by name of a weight or operator; false leaves alone"),
        LuaDynamicOption("op_patterns", .table, "a sequence of { Lua pattern, options }"),
      ])
    return LuaMethod(
      row.name, row.summary + " Before the first step.", .options(table), .context, returns: "the Trainer itself",
      example: "local t = wane.trainer(model, { lr = 1e-4 }):\(row.name){}"
    ) { (t: TrainerObject, options: LuaOptions, context: LuaContext) in
      try t.add(row, try RecipeReader(context.interpreter).dictionary(options), context.interpreter)
      return t
    }
  }

  func add(_ row: MethodRow, _ fields: [String: RecipeValue], _ interpreter: Interpreter) throws {
    let compiler = LuaPatterns.compiler(interpreter)
    try trainer.add(MethodRule(row, fields.filter { $0.value != .null }) { try compiler($0) })
  }

  // MARK: Steps

  /// A batch as scripts write it.
  func read(_ table: LuaTable, _ interpreter: Interpreter) throws -> TrainingBatch {
    guard let given = table["inputs"].table else {
      throw LuaError(.usage, "step: a batch has inputs: { inputs = { name = Tensor }, labels = Tensor }")
    }
    let inputs = try LuaValue.table(given).read(as: [String: TensorArgument].self, in: interpreter).mapValues(\.tensor)
    let labels = table["labels"]
    return try batch(inputs, labels: labels.isNil ? nil : labels.read(as: TensorArgument.self, in: interpreter).tensor)
  }

  func batch(_ inputs: [String: Tensor], labels: Tensor?) throws -> TrainingBatch {
    var batch = TrainingBatch(inputs: inputs, labels: labels)
    if let labelsName {
      guard let found = batch.inputs.removeValue(forKey: labelsName) else {
        throw LuaError(.usage, "step: the batch has no input '\(labelsName)', which holds the labels")
      }
      batch.labels = found
    }
    if let teacher {
      let outputs = try teacher.predict(batch.inputs)
      let wanted = trainer.options.output ?? model.interface.outputs.first?.name ?? ""
      guard let reference = outputs[wanted] ?? (outputs.count == 1 ? outputs.values.first : nil) else {
        throw LuaError(.usage, "step: the teacher has no output '\(wanted)'")
      }
      batch.reference = reference
    }
    return batch
  }

  func learn(from batch: TrainingBatch) throws -> Double {
    let loss = Double(try trainer.train(on: batch))
    lastLoss = loss
    return loss
  }

  func snapshot() throws -> Model { try model.trained(trainer.snapshot(), words: words) }

  // MARK: Words

  /// What was done, for the history.
  var words: String {
    let methods = trainer.rules.map { HistoryText.call($0.method, .dictionary($0.configuration), hasSelector: false) }
    return (["train(\(trainer.step) steps)"] + methods).joined(separator: ", ")
  }

  private var summary: String {
    let methods = trainer.rules.map(\.method)
    return "Trainer of \(model.name ?? "a fresh model"): \(trainer.parameterNames.count) parameters, \(trainer.step) steps done"
      + (methods.isEmpty ? "" : ", with \(methods.joined(separator: ", "))")
  }
}

enum TrainerFunctions {
  static let all: [LuaFunction] = [
    LuaFunction(
      "trainer", "Train a model, and compress it while it is trained.", Arg<Model>("model", "what to train"), .options(TrainerReader.table),
      .context,
      returns: "a Trainer", example: "local t = wane.trainer(model, { loss = \"cross_entropy\", optimizer = \"adamw\", lr = 1e-3 })"
    ) { (model: Model, options: LuaOptions, context: LuaContext) in try TrainerObject(model, options, context.interpreter) },
    LuaFunction(
      "resume", "Go on with a run that was saved by t:save_checkpoint.", Arg("path", "the checkpoint"), .options(CheckpointFile.table),
      .context,
      returns: "a Trainer"
    ) { (path: PathArgument, options: LuaOptions, context: LuaContext) in
      try CheckpointFile.resume(path.path, options, context.interpreter)
    },
  ]
}
