// SPDX-License-Identifier: Apache-2.0
// The Lua object for training runs.

import DataFiles
import Evaluation
import Compression
import LuaHost
import Models
import Options
import Tensors
import TextLayout
import Training
import Workflows

/// A model in training, optionally with compression.
final class TrainerObject: LuaBoxed {
  let run: TrainingRun

  static var luaName: String { "Trainer" }

  var luaExternalBytes: Int { run.trainer.byteCount }

  init(_ run: TrainingRun) { self.run = run }

  init(_ model: Model, _ options: LuaOptions, _ interpreter: Interpreter) throws {
    run = try TrainingRun(
      model, TrainerReader.setup(options, interpreter), compilePattern: LuaPatterns.compiler(interpreter),
      isCancelled: { Interrupts.isPending }, remark: { [weak interpreter] in interpreter?.remark($0) })
  }

  static let luaClass = LuaClass(
    TrainerObject.self, "A model that is being trained, and compressed while it is.",
    properties: [
      LuaProperty("steps", "optimizer steps done") { (t: TrainerObject) in t.run.trainer.step },
      LuaProperty("lr", "the learning rate of the next step") { (t: TrainerObject) in try t.run.trainer.rate() },
      LuaProperty("loss", "of the last batch; nil before the first") { (t: TrainerObject) in t.run.lastLoss },
      LuaProperty("parameters", "names of what is trained") { (t: TrainerObject) in t.run.trainer.parameterNames },
      LuaProperty("fixed", "what operators could learn and is not trained, each { name, reason }") { (t: TrainerObject) in
        t.run.trainer.fixedConstants.map { ["name": $0.constant.name, "reason": $0.reason.description] }
      },
      LuaProperty("norms", "names of the layers that batch norms are restored behind") { (t: TrainerObject) in
        t.run.trainer.norms.map(\.layer)
      },
      LuaProperty("model", "the model as it is now, its weights plain but with the values that finalize() would store") {
        (t: TrainerObject) in
        try t.run.snapshot()
      },
    ],
    methods: methods + TrainerObject.methodCalls + TrainerObject.applying + TrainerObject.fitting + TrainerObject.saving,
    behaviors: [.toString(in: DisplayFrame.self) { (t: TrainerObject, frame: DisplayFrame) in t.run.text(in: frame) }])

  private static let methods: [LuaMethod] = [
    LuaMethod(
      "step", "Train on a batch.",
      Arg<LuaTable>("batch", "a batch of a Dataset, or { inputs = { name = Tensor or Images }, labels = Tensor }"),
      .context,
      returns: "the loss before the step",
      example: """
        local t = wane.trainer(model, { lr = 1e-4 })
        for batch in data:batches(64) do local loss = t:step(batch) end
        print(t.steps)  --> 7
        """
    ) { (t: TrainerObject, batch: LuaTable, context: LuaContext) in try t.run.learn(from: t.read(batch, context.interpreter)) },
    LuaMethod(
      "finalize", "The trained model, with weights encoded by the compression methods.", returns: "a Model",
      example: "local same = wane.trainer(model, { lr = 1e-4 }):finalize()"
    ) { (t: TrainerObject) in try t.run.finalized() },
    LuaMethod("report", "What the methods have done so far, weight by weight.", returns: "a TrainingReport") { (t: TrainerObject) in
      TrainingReportObject(try t.run.report())
    },
  ]

  private static let start = LuaOption<Model?>(
    "init", "a palettized model of the same weights, such as a calibrated one: its tables and values are the start")

  private enum ApplyOptions {
    static let methods = TrainingMethods.all.map { type in
      LuaOption<LuaTable?>(type.name, "more options of \(type.name), such as those that recipes do not have")
    }
    static let table = LuaOptionTable("TrainingApplyOptions", methods)
  }

  static let applying: [LuaMethod] = [
    LuaMethod(
      "apply",
      "Train with the steps of a recipe, such as that of a search: prune, palettize and quantize as methods. Before the first step.",
      Arg<RecipeSource>("recipe", "a Recipe, a Model with a history, a path, a text, or a sequence of steps"),
      .options(ApplyOptions.table), .context, returns: "the Trainer itself",
      example: """
        local t = wane.trainer(model, { lr = 1e-4 }):apply({ { "prune", target_sparsity = 0.5 } }, {
          prune = { scheduler = { type = "polynomial_decay", update_steps = "range(0, 100, 10)" } },
        })
        """
    ) { (t: TrainerObject, recipe: RecipeSource, options: LuaOptions, context: LuaContext) in
      let reader = RecipeReader(context.interpreter)
      var more: [String: [String: OptionValue]] = [:]
      for method in ApplyOptions.methods {
        guard let table = options[method], case .dictionary(let fields) = try reader.dictionary(table, leavingOut: 0) else { continue }
        more[method.declaration.name] = fields
      }
      try t.run.apply(RecipeObject(recipe.value, context.interpreter).plan, more: more, CompressionClient(context.interpreter))
      return t
    }
  ]

  /// `t:prune{…}`, `t:palettize{…}`, `t:quantize{…}`.
  private static let methodCalls: [LuaMethod] = TrainingMethods.all.map { type in
    let name = "Training\(type.name.prefix(1).uppercased() + type.name.dropFirst())Options"
    let declared: [any LuaReadable] =
      type.declarations + RuleOptions.flat(own: name) + [
        OptionDeclaration("allow_unmatched", .boolean, "whether rules may match nothing", default: "false"),
        RuleOptions.configurationClass,
        OptionDeclaration("global_config", .table, "coremltools' global_config; a sequence gives options for weights of different sizes"),
        OptionDeclaration(
          "module_type_configs", .table, "coremltools' module_type_configs: options by type of module or operator; false for no compression"
        ),
        OptionDeclaration(
          "module_name_configs", .table,
          "coremltools' module_name_configs: options by regular expressions for names of weights, operators or modules; false for no compression"
        ),
        OptionDeclaration("non_traceable_module_names", .table, "of coremltools' quantizer; must be empty"),
        OptionDeclaration("preserved_attributes", .table, "of coremltools' quantizer; must be empty"),
      ]
    let table = LuaOptionTable(name, declared + (type == DKMPalettizer.self ? [start] : []))
    return LuaMethod(
      type.name, type.summary + " Before the first step.",
      .optionsOrText(table, "named options; or the path or text of a YAML or JSON file of coremltools.optimize.torch"), .context,
      returns: "the Trainer itself", example: "local t = wane.trainer(model, { lr = 1e-4 }):\(type.name){}"
    ) { (t: TrainerObject, options: LuaOptions, context: LuaContext) in
      var fields = try RecipeReader(context.interpreter).dictionary(options, leavingOut: [start.declaration.name])
      if options.text == nil, type == DKMPalettizer.self, let model = options[start] {
        try t.run.addPalettization(startingFrom: model, fields, CompressionClient(context.interpreter))
        return t
      }
      if let text = options.text {
        guard case .dictionary(let read) = try RecipeArgument.read(text, context.interpreter) else {
          throw LuaError(
            .format, "\(type.name): the configuration is no table", hint: "it has global_config, module_type_configs, module_name_configs")
        }
        fields = read
      }
      try t.run.add(type, fields, isBorrowed: options.text != nil, CompressionClient(context.interpreter))
      return t
    }
  }

  // MARK: Steps

  /// Reads a batch from a Lua table.
  ///
  /// - Parameter arePlaced: whether labels are already indices of the model's classes.
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
    var inputs: [String: BatchInput] = [:]
    for (key, value) in try given.pairs() {
      guard let name = key.string else { throw LuaError(.usage, "step: a batch's inputs are named: { inputs = { name = Tensor } }") }
      let pictures = Self.pictures(value)
      inputs[name] = pictures.isEmpty ? .tensor(try value.read(as: TensorArgument.self, in: interpreter).tensor) : .pictures(pictures)
    }
    let labels = table["labels"]
    if labels.isNil { return try run.batch(inputs, labels: nil, arePlaced: arePlaced) }
    do {
      if let names = labels.table, names[1].string != nil {
        let named = Dataset.Labels(names: try labels.read(as: [String].self, in: interpreter))
        return try run.batch(inputs, labels: named.tensor, of: named.classNames ?? [], areNames: true)
      }
      let tensor = try labels.read(as: TensorArgument.self, in: interpreter).tensor
      let classes = table["classes"]
      guard !classes.isNil, !arePlaced, run.setup.labels == nil else {
        return try run.batch(inputs, labels: tensor, arePlaced: arePlaced)
      }
      return try run.batch(inputs, labels: tensor, of: classes.read(as: [String].self, in: interpreter))
    } catch let mismatch as LuaMismatch {
      throw LuaError(.usage, "step: labels: \(mismatch.sentence)")
    }
  }

  /// An Image, or a sequence of Images.
  private static func pictures(_ value: LuaValue) -> [Image] {
    if let picture = value.object(ImageObject.self) { return [picture.image] }
    guard let table = value.table, table.count > 0 else { return [] }
    let all = (1...table.count).compactMap { table[$0].object(ImageObject.self)?.image }
    return all.count == table.count ? all : []
  }
}

enum TrainerFunctions {
  static let all: [LuaFunction] = [
    LuaFunction(
      "trainer", "Train a model, optionally with compression.", Arg<Model>("model", "what to train"), .options(TrainerReader.table),
      .context,
      returns: "a Trainer", example: "local t = wane.trainer(model, { loss = \"cross_entropy\", optimizer = \"adamw\", lr = 1e-3 })"
    ) { (model: Model, options: LuaOptions, context: LuaContext) in try TrainerObject(model, options, context.interpreter) },
    LuaFunction(
      "resume", "Go on with a run that was saved by t:save_checkpoint.", Arg("path", "the checkpoint"), .options(CheckpointReader.table),
      .context,
      returns: "a Trainer"
    ) { (path: PathArgument, options: LuaOptions, context: LuaContext) in
      try CheckpointReader.resume(path.path, options, context.interpreter)
    },
  ]
}
