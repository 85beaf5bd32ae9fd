// SPDX-License-Identifier: Apache-2.0
// A training run in a script's hands.

import Compression
import DataFiles
import Evaluation
import LuaHost
import ModelPackages
import Models
import Options
import Rules
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
  let configuration: [String: OptionValue]
  /// Whether the loss is a function or has a teacher, which no file can hold.
  let needsLoss: Bool
  /// Where fit goes on after a resume: the epoch, and batches done in it.
  var progress = FitProgress()
  private(set) var lastLoss: Double?
  private let remark: (String) -> Void

  static var luaName: String { "Trainer" }

  var luaExternalBytes: Int { trainer.byteCount }

  init(_ model: Model, _ options: LuaOptions, _ interpreter: Interpreter) throws {
    let (made, teacher) = try TrainerReader.options(options, dropout: model.contents.dropoutShares, interpreter)
    self.model = model
    self.teacher = teacher
    labelsName = options[TrainerReader.labels]
    if let name = labelsName, model.interface.inputs.contains(where: { $0.name == name }) {
      throw LuaError(
        .usage, "trainer: labels = \"\(name)\" is an input of the model",
        hint: "labels names the input of the data that holds the labels alone")
    }
    remark = { [weak interpreter] in interpreter?.remark($0) }
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
      "step", "Learn from one batch.",
      Arg<LuaTable>("batch", "a batch of a Dataset, or { inputs = { name = Tensor or Images }, labels = Tensor }"),
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
  private static let methodCalls: [LuaMethod] = TrainingMethods.all.map { type in
    let table = LuaOptionTable(
      "Training\(type.name.prefix(1).uppercased() + type.name.dropFirst())Options",
      type.declarations + [
        OptionDeclaration("op_types", .table, "options by type of operator; false leaves alone"),
        OptionDeclaration("op_names", .table, "options by name of a weight or operator; false leaves alone"),
        OptionDeclaration("op_patterns", .table, "a sequence of { Lua pattern, options }"),
        OptionDeclaration("allow_unmatched", .boolean, "whether rules may match nothing", default: "false"),
        OptionDeclaration("config_type", .string, "coremltools' configuration class, for options in its form"),
        OptionDeclaration("global_config", .table, "coremltools' global_config; a sequence gives options for weights of different sizes"),
        OptionDeclaration(
          "module_type_configs", .table, "coremltools' module_type_configs: options by type of module or operator; false leaves alone"),
        OptionDeclaration(
          "module_name_configs", .table,
          "coremltools' module_name_configs: options by regular expressions for names of weights, operators or modules; false leaves alone"),
        OptionDeclaration("non_traceable_module_names", .table, "of coremltools' quantizer; must be empty"),
        OptionDeclaration("preserved_attributes", .table, "of coremltools' quantizer; must be empty"),
      ])
    return LuaMethod(
      type.name, type.summary + " Before the first step.",
      .optionsOrText(table, "named options; or the path or text of a YAML or JSON file of coremltools.optimize.torch"), .context,
      returns: "the Trainer itself", example: "local t = wane.trainer(model, { lr = 1e-4 }):\(type.name){}"
    ) { (t: TrainerObject, options: LuaOptions, context: LuaContext) in
      var fields = try RecipeReader(context.interpreter).dictionary(options)
      if let text = options.text {
        guard case .dictionary(let read) = try RecipeFile.read(text, context.interpreter) else {
          throw LuaError(
            .format, "\(type.name): the configuration is no table", hint: "it has global_config, module_type_configs, module_name_configs")
        }
        fields = read
      }
      try t.add(type, fields, unmatched: options.text == nil ? .refuse : .warning(of: type.name), context.interpreter)
      return t
    }
  }

  func add(
    _ type: any TrainingMethod.Type, _ fields: [String: OptionValue], unmatched: UnmatchedPolicy, _ interpreter: Interpreter
  ) throws {
    let rule = try MethodRule(type, fields.filter { $0.value != .null }, compilePattern: LuaPatterns.compiler(interpreter))
    try trainer.add(rule, unmatched: unmatched)
  }

  // MARK: Steps

  /// A batch as scripts write it.
  ///
  /// - Parameter arePlaced: whether labels are positions among the model's classes already.
  func read(_ table: LuaTable, _ interpreter: Interpreter, arePlaced: Bool = false) throws -> TrainingBatch {
    let known = ["inputs", "labels", "count", "classes"]
    if let stray = try table.pairs().compactMap(\.key.string).filter({ !known.contains($0) }).min() {
      throw LuaError(
        .usage, "step: a batch has inputs and labels, not '\(stray)'",
        hint: Suggestion.nearest(to: stray, among: known).map { "did you mean '\($0)'?" })
    }
    guard let given = table["inputs"].table else {
      throw LuaError(.usage, "step: a batch has inputs: { inputs = { name = Tensor }, labels = Tensor }")
    }
    var inputs: [String: Tensor] = [:]
    for (key, value) in try given.pairs() {
      guard let name = key.string else { throw LuaError(.usage, "step: a batch's inputs are named: { inputs = { name = Tensor } }") }
      let pictures = Self.pictures(value)
      inputs[name] =
        pictures.isEmpty ? try value.read(as: TensorArgument.self, in: interpreter).tensor : try model.pixels(of: pictures, for: name)
    }
    let labels = table["labels"]
    if labels.isNil { return try batch(inputs, labels: nil, arePlaced: arePlaced) }
    func placed(_ tensor: Tensor, _ classes: [String], areNames: Bool) throws -> TrainingBatch {
      if model.classNames == nil, !areNames {
        remark("the model's classes have no names; labels count those of the data: \(Suggestion.list(classes))")
      }
      let reader = try LabelReader(classNames: classes, areNames: areNames, model, isNeeded: true)
      return try batch(inputs, labels: reader.positions(of: tensor), arePlaced: true)
    }
    do {
      if let names = labels.table, names[1].string != nil {
        let named = Dataset.Labels(names: try labels.read(as: [String].self, in: interpreter))
        return try placed(named.tensor, named.classNames ?? [], areNames: true)
      }
      let tensor = try labels.read(as: TensorArgument.self, in: interpreter).tensor
      let classes = table["classes"]
      guard !classes.isNil, !arePlaced, labelsName == nil else { return try batch(inputs, labels: tensor, arePlaced: arePlaced) }
      return try placed(tensor, classes.read(as: [String].self, in: interpreter), areNames: false)
    } catch let mismatch as LuaMismatch {
      throw LuaError(.usage, "step: labels: \(mismatch.sentence)")
    }
  }

  /// An Image, or a sequence of them.
  private static func pictures(_ value: LuaValue) -> [Image] {
    if let picture = value.object(ImageObject.self) { return [picture.image] }
    guard let table = value.table, table.count > 0 else { return [] }
    let all = (1...table.count).compactMap { table[$0].object(ImageObject.self)?.image }
    return all.count == table.count ? all : []
  }

  func batch(_ inputs: [String: Tensor], labels: Tensor?, arePlaced: Bool = false) throws -> TrainingBatch {
    var batch = TrainingBatch(inputs: inputs, labels: labels)
    if let labelsName {
      guard let found = batch.inputs.removeValue(forKey: labelsName) else {
        throw LuaError(
          .usage, "trainer: labels = \"\(labelsName)\" is no input of the batch",
          hint: Suggestion.hint(for: labelsName, among: batch.inputs.keys.sorted(), called: "inputs"))
      }
      batch.labels = found
    } else if !arePlaced {
      batch.labels = try labels.map(LabelReader(classesOf: model).positions)
    }
    // One input of each match whatever their names, as when a model is evaluated.
    if let (name, only) = batch.inputs.first, batch.inputs.count == 1, trainer.inputNames.count == 1 {
      let wanted = trainer.inputNames[0]
      if name != wanted { remark("input '\(wanted)' of the model is given '\(name)', the only input of the data set") }
      batch.inputs = [wanted: only]
    }
    for (name, tensor) in batch.inputs { model.doubt(about: tensor, for: name).map(remark) }
    if let teacher {
      let count = batch.inputs.values.first?.shape.first ?? 1
      let outputs = try teacher.predictBatch(batch.inputs, count: count)
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
