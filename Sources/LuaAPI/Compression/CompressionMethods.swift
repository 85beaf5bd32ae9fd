// SPDX-License-Identifier: Apache-2.0
// model:quantize, model:palettize, model:prune, model:compress, model:decompress, model:retarget.

import Compression
import Evaluation
import LuaHost
import MIL
import ModelPackages
import Models

extension Model {
  static let compressing: [LuaMethod] =
    Techniques.standard.steps.map(step) + [
      LuaMethod(
        "compress", "Do several steps, one after the other. What cannot be done is an error before any work.",
        Arg<RecipeSource>("steps", "a sequence of { \"prune\", target_sparsity = 0.5 } and the like; or a Recipe, its path or text"),
        .options(CompressOptions.table), .context, returns: "a Model; with dry_run a sequence of reports, one for each step",
        type: .union([.object(Model.luaName), .sequence(.object(ReportObject.luaName))]),
        example: "local small = model:compress{ { \"prune\", target_sparsity = 0.5 }, { \"palettize\", nbits = 4 } }"
      ) { (m: Model, source: RecipeSource, options: LuaOptions, context: LuaContext) in
        let steps = try RecipeObject(source.value, context.interpreter).steps
        // Foretold first, so that what the format cannot hold is refused before any work.
        let reports = try m.foretell(steps, context.interpreter)
        if options[CompressOptions.dryRun] {
          // What such a step leaves depends on values, so what comes before it is really done.
          let known = steps.lastIndex { $0.dependsOnValues } ?? 0
          return LuaResults(known == 0 ? reports : try m.foretell(steps, doing: known, context.interpreter))
        }
        var model = m
        for step in steps { model = try model.compressed(step, isDryRun: false, context.interpreter) }
        return LuaResults(model)
      },
      LuaMethod("decompress", "Store every weight plainly again.", .context, returns: "a Model") { (m: Model, context: LuaContext) in
        try m.compressed(PlannedStep(.decompress), isDryRun: false, context.interpreter)
      },
      LuaMethod(
        "retarget",
        "Raise the model to a newer system, so that newer forms of compression are open to it; runs both to see that they agree.",
        Arg("target", "such as \"iOS18\"", allowed: .oneOf("iOS16", "iOS17", "iOS18")), returns: "a Model",
        example: "local newer = model:retarget(\"iOS18\")"
      ) { (m: Model, target: String) in try Opset(target: target).map(m.retargeted) ?? m },
    ]

  private enum CompressOptions {
    static let dryRun = LuaOption("dry_run", "give the reports, do not compress", default: false)
    static let table = LuaOptionTable("CompressOptions", [dryRun])
  }

  /// Options that every step has beside its own.
  ///
  /// - Parameter name: of the step's own table of options, of which there are more within `op_types` and `op_names`.
  private static func common(_ name: String) -> [any LuaOptionDeclaration] {
    let own = LuaType.union([.options(name), .boolean])
    return [
      LuaDynamicOption("op_types", .dictionary(.string, own), "options by type of operator; false leaves alone"),
      LuaDynamicOption("op_names", .dictionary(.string, own), "options by name of a weight or operator; false leaves alone"),
      LuaDynamicOption("op_patterns", .sequence(.tuple([.string, own])), "a sequence of { Lua pattern, options }"),
      LuaDynamicOption(
        "where", .callback([.init("weight", .object(WeightObject.luaName))], returns: .boolean),
        "called with each weight; false leaves it alone"),
      LuaDynamicOption(
        "tied", .string, "a weight whose consumers want different things", default: "\"error\"", allowed: .oneOf("error", "first", "split")),
      LuaDynamicOption("joint", .boolean, "whether to compress what is compressed already (iOS18)", default: "true"),
      LuaDynamicOption("compatible", .boolean, "coremltools' choice where Wane's differs", default: "false"),
      LuaDynamicOption("dry_run", .boolean, "give the report, do not compress", default: "false"),
      LuaDynamicOption("config_type", .string, "coremltools' configuration class, for a recipe in its shape"),
      LuaDynamicOption("global_config", .table, "coremltools' global_config"),
      LuaDynamicOption("op_type_configs", .table, "coremltools' op_type_configs"),
      LuaDynamicOption("op_name_configs", .table, "coremltools' op_name_configs"),
    ]
  }

  private static func step(_ step: TechniqueStep) -> LuaMethod {
    let name = step.name
    let own: [any LuaOptionDeclaration] = Techniques.standard.options(step: name).map { LuaDynamicOption($0) }
    let tableName = name.prefix(1).uppercased() + name.dropFirst() + "Options"
    let table = LuaOptionTable(tableName, own + common(tableName))
    return LuaMethod(
      name, step.summary, .optionsOrText(table, "named options; or the path or text of coremltools' YAML or JSON"), .context,
      returns: "a Model whose report says what was done; with dry_run the report alone",
      type: .union([.object(Model.luaName), .object(ReportObject.luaName)]), example: "local small = " + step.example
    ) { (m: Model, options: LuaOptions, context: LuaContext) in
      let value: RecipeValue
      if let text = options.text {
        value = try RecipeFile.read(text, context.interpreter)
      } else {
        let fields = try RecipeReader(context.interpreter).dictionary(options, leavingOut: ["where", "dry_run"])
        value = .dictionary(fields.filter { $0.value != .null })
      }
      let step = PlannedStep(.compress(technique: name, value), selector: options["where"]?.function)
      let isDryRun = options["dry_run"]?.boolean ?? false
      let made = try m.compressed(step, isDryRun: isDryRun, context.interpreter)
      return isDryRun ? LuaResults(made.report.map { ReportObject($0) }) : LuaResults(made)
    }
  }

  /// Each step's report, foretold; what the format cannot hold is an error.
  ///
  /// - Parameter count: so many of the first steps are done in memory, for the values that later ones ask for.
  private func foretell(
    _ steps: [PlannedStep], doing count: Int = 0, _ interpreter: Interpreter
  ) throws -> [ReportObject] {
    var model = self
    var reports: [ReportObject] = []
    for (number, step) in steps.enumerated() {
      model = try model.compressed(step, isDryRun: number >= count, interpreter)
      reports.append(ReportObject(model.report?.foretold ?? CompressionReport(isDryRun: true)))
    }
    return reports
  }

  /// The model after one step.
  private func compressed(_ step: PlannedStep, isDryRun: Bool, _ interpreter: Interpreter) throws -> Model {
    switch step.step {
    case .decompress:
      let result = try Compressor(isCancelled: { Interrupts.isPending }).decompress(contents.program)
      return try replaced(by: result, words: "decompress()", step: .decompress)
    case .retarget(let opset):
      return try retargeted(to: opset)
    case .compress(let technique, let value):
      var recipe = try Recipe(step: technique, value, compilePattern: LuaPatterns.compiler(interpreter))
      if let selector = step.selector {
        // Called on the interpreter's thread only: compression runs there.
        nonisolated(unsafe) let selector = selector
        recipe.selector = { try selector.call(WeightObject($0), returning: Bool.self, role: "where function") }
      }
      let bar = Progress(technique, unit: "weights")
      defer { bar.finish() }
      nonisolated(unsafe) let shown = bar
      let compressor = Compressor(
        isDryRun: isDryRun, isCancelled: { Interrupts.isPending },
        progress: { if !isDryRun { shown.update($0.done, of: $0.total) } })
      let result = try compressor.compress(contents.program, recipe)
      return try replaced(
        by: result, words: HistoryText.call(technique, value, hasSelector: step.selector != nil),
        step: .compress(technique: technique, recipe.naming(result.report.unselected).configuration))
    }
  }
}

/// A step, and what a recipe on paper cannot hold of it.
struct PlannedStep {
  let step: RecipeStep
  let selector: LuaClosure?

  init(_ step: RecipeStep, selector: LuaClosure? = nil) {
    self.step = step
    self.selector = selector
  }

  /// Whether the outcome depends on the values that the weights have by then.
  var dependsOnValues: Bool {
    if case .compress(let technique, _) = step { Techniques.standard.dependsOnValues(step: technique) } else { false }
  }
}
