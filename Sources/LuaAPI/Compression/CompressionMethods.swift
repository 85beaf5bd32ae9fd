// SPDX-License-Identifier: Apache-2.0
// model:quantize, model:palettize, model:prune, model:compress, model:decompress, model:retarget.

import Compression
import Evaluation
import LuaHost
import MIL
import ModelPackages
import Models
import Operators
import Options
import Rules

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
        let allows = options[CompressOptions.allowUnmatched]
        let reports = try m.foretell(steps, context.interpreter) { $0.unmatched(allowed: allows) }
        if options[CompressOptions.dryRun] {
          // What such a step leaves depends on values, so what comes before it is really done.
          let known = steps.lastIndex { $0.dependsOnValues } ?? 0
          return LuaResults(known == 0 ? reports : try m.foretell(steps, doing: known, context.interpreter) { _ in .ignore })
        }
        var model = m
        for step in steps {
          // Only what a selector chooses is not known yet.
          let unmatched = step.selector == nil ? .ignore : step.unmatched(allowed: allows)
          model = try model.compressed(step, isDryRun: false, unmatched: unmatched, context.interpreter)
        }
        return LuaResults(model)
      },
      LuaMethod("decompress", "Store every weight plainly again.", .context, returns: "a Model") { (m: Model, context: LuaContext) in
        try m.compressed(PlannedStep(.decompress), isDryRun: false, unmatched: .ignore, context.interpreter)
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
    static let allowUnmatched = LuaOption<Bool?>(
      "allow_unmatched", "whether rules may match nothing; an error when left out, a warning for recipes from files and models")
    static let table = LuaOptionTable("CompressOptions", [dryRun, allowUnmatched])
  }

  /// Options that every step has beside its own.
  ///
  /// - Parameter name: of the step's own table of options, of which there are more within `op_types` and `op_names`.
  private static func common(_ name: String) -> [any LuaReadable] {
    let own = LuaType.union([.options(name), .boolean])
    return [
      OptionDeclaration("op_types", .dictionary(.string, own), "options by type of operator; false leaves alone"),
      OptionDeclaration("op_names", .dictionary(.string, own), "options by name of a weight or operator; false leaves alone"),
      OptionDeclaration("op_patterns", .sequence(.tuple([.string, own])), "a sequence of { Lua pattern, options }"),
      OptionDeclaration(
        "where", .callback([.init("weight", .object(WeightObject.luaName))], returns: .boolean),
        "called with each weight; false leaves it alone"),
      OptionDeclaration(
        "tied", .string, "a weight whose consumers want different things", default: "\"error\"", allowed: .oneOf("error", "first", "split")),
      OptionDeclaration("joint", .boolean, "whether to compress what is compressed already (iOS18)", default: "true"),
      OptionDeclaration("compatible", .boolean, "coremltools' choice where Wane's differs", default: "false"),
      OptionDeclaration("allow_unmatched", .boolean, "whether rules and where may match nothing", default: "false"),
      OptionDeclaration("dry_run", .boolean, "give the report, do not compress", default: "false"),
      OptionDeclaration("config_type", .string, "coremltools' configuration class, for a recipe in its shape"),
      OptionDeclaration("global_config", .table, "coremltools' global_config"),
      OptionDeclaration("op_type_configs", .table, "coremltools' op_type_configs"),
      OptionDeclaration("op_name_configs", .table, "coremltools' op_name_configs"),
    ]
  }

  private static func step(_ step: TechniqueStep) -> LuaMethod {
    let name = step.name
    let own: [any LuaReadable] = Techniques.standard.options(step: name)
    let tableName = name.prefix(1).uppercased() + name.dropFirst() + "Options"
    let table = LuaOptionTable(tableName, own + common(tableName))
    return LuaMethod(
      name, step.summary, .optionsOrText(table, "named options; or the path or text of coremltools' YAML or JSON"), .context,
      returns: "a Model whose report says what was done; with dry_run the report alone",
      type: .union([.object(Model.luaName), .object(ReportObject.luaName)]), example: "local small = " + step.example
    ) { (m: Model, options: LuaOptions, context: LuaContext) in
      let value: OptionValue
      if let text = options.text {
        value = try RecipeFile.read(text, context.interpreter)
      } else {
        let fields = try RecipeReader(context.interpreter).dictionary(options, leavingOut: ["where", "dry_run"])
        value = .dictionary(fields.filter { $0.value != .null })
      }
      let step = PlannedStep(
        .compress(technique: name, value), selector: options["where"]?.function, isBorrowed: options.text != nil)
      let isDryRun = options["dry_run"]?.boolean ?? false
      let made = try m.compressed(step, isDryRun: isDryRun, unmatched: step.unmatched(), context.interpreter)
      return isDryRun ? LuaResults(made.report.map { ReportObject($0) }) : LuaResults(made)
    }
  }

  /// Each step's report, foretold; what the format cannot hold is an error.
  ///
  /// - Parameters:
  ///   - count: so many of the first steps are done in memory, for the values that later ones ask for.
  ///   - unmatched: what becomes of a step's rules that match nothing.
  private func foretell(
    _ steps: [PlannedStep], doing count: Int = 0, _ interpreter: Interpreter, unmatched: (PlannedStep) -> UnmatchedPolicy
  ) throws -> [ReportObject] {
    var model = self
    var reports: [ReportObject] = []
    for (number, step) in steps.enumerated() {
      model = try model.compressed(
        step, isDryRun: number >= count, unmatched: unmatched(step), judgesSelector: number == 0, interpreter)
      reports.append(ReportObject(model.report?.foretold ?? CompressionReport(isDryRun: true)))
    }
    return reports
  }

  /// The model after one step.
  ///
  /// - Parameter judgesSelector: whether the values that `where` may ask for are those that the weights will have.
  private func compressed(
    _ step: PlannedStep, isDryRun: Bool, unmatched: UnmatchedPolicy, judgesSelector: Bool = true, _ interpreter: Interpreter
  ) throws -> Model {
    switch step.step {
    case .decompress:
      let result = try Compressor(Catalogue.weightTable, isCancelled: { Interrupts.isPending }).decompress(contents.program)
      return try replaced(by: result, words: "decompress()", step: .decompress)
    case .retarget(let opset):
      return try retargeted(to: opset)
    case .compress(let technique, let value):
      var recipe = try Recipe(step: technique, value, Catalogue.weightTable, compilePattern: LuaPatterns.compiler(interpreter))
      if let selector = step.selector {
        // Called on the interpreter's thread only: compression runs there.
        nonisolated(unsafe) let selector = selector
        recipe.selector = { try selector.call(WeightObject($0), returning: Bool.self, role: "where function", wanted: "true or false") }
      }
      let bar = Progress(technique, unit: "weights")
      defer { bar.finish() }
      nonisolated(unsafe) let shown = bar
      let compressor = Compressor(
        Catalogue.weightTable, isDryRun: isDryRun, unmatched: unmatched, judgesSelector: judgesSelector,
        isCancelled: { Interrupts.isPending },
        progress: { if !isDryRun { shown.update($0.done, of: $0.total) } })
      let result = try compressor.compress(contents.program, recipe)
      if !isDryRun, let (count, reason) = result.report.obstacle {
        interpreter.remark("\(technique) compressed nothing: \(reason) (\(count) of \(result.report.skipped) weights)")
      }
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
  /// Whether it comes from a file or another model, and so was not written for the model at hand.
  let isBorrowed: Bool

  init(_ step: RecipeStep, selector: LuaClosure? = nil, isBorrowed: Bool = false) {
    self.step = step
    self.selector = selector
    self.isBorrowed = isBorrowed
  }

  /// What becomes of its rules that match nothing: an error, or a warning where it is borrowed, unless somebody says otherwise.
  func unmatched(allowed: Bool? = nil) -> UnmatchedPolicy {
    switch allowed {
    case true?: return .ignore
    case nil where isBorrowed:
      guard case .compress(let technique, _) = step else { return .ignore }
      return .warning(of: technique)
    default: return .refuse
    }
  }

  /// Whether the outcome depends on the values that the weights have by then.
  var dependsOnValues: Bool {
    if case .compress(let technique, _) = step { Techniques.standard.dependsOnValues(step: technique) } else { false }
  }
}
