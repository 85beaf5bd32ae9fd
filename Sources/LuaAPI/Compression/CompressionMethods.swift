// SPDX-License-Identifier: Apache-2.0
// The methods model:quantize, model:palettize, model:prune, model:compress, model:decompress and model:retarget.

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
        "compress", "Apply several steps in sequence. Unsupported steps are errors before any work.",
        Arg<RecipeSource>("steps", "a sequence of steps such as { \"prune\", target_sparsity = 0.5 }; or a Recipe, its path or text"),
        .options(CompressOptions.table), .context, returns: "a Model; with dry_run a sequence of reports, one for each step",
        type: .union([.object(Model.luaName), .sequence(.object(ReportObject.luaName))]),
        example: "local small = model:compress{ { \"prune\", target_sparsity = 0.5 }, { \"palettize\", nbits = 4 } }"
      ) { (m: Model, source: RecipeSource, options: LuaOptions, context: LuaContext) in
        let steps = try RecipeObject(source.value, context.interpreter).steps
        // A dry run first, so that errors of unsupported formats are thrown before any work.
        let allows = options[CompressOptions.allowUnmatched]
        let reports = try m.foretell(steps, context.interpreter) { $0.unmatched(allowed: allows) }
        if options[CompressOptions.dryRun] {
          // The result of such a step depends on values of weights, so all earlier steps must be executed.
          let known = steps.lastIndex { $0.dependsOnValues } ?? 0
          return LuaResults(known == 0 ? reports : try m.foretell(steps, doing: known, context.interpreter) { _ in .ignore })
        }
        var model = m
        for step in steps {
          // The selection of a selector is not known before the step runs, so unmatched rules cannot be detected here.
          let unmatched = step.selector == nil ? .ignore : step.unmatched(allowed: allows)
          model = try model.compressed(step, isDryRun: false, unmatched: unmatched, context.interpreter)
        }
        return LuaResults(model)
      },
      LuaMethod("decompress", "Decompress all weights.", .context, returns: "a Model") { (m: Model, context: LuaContext) in
        try m.compressed(PlannedStep(.decompress), isDryRun: false, unmatched: .ignore, context.interpreter)
      },
      LuaMethod(
        "retarget",
        "Convert the model to a newer system, which makes newer forms of compression available; checks that the outputs are equal.",
        Arg("target", "such as \"iOS18\"", allowed: .oneOf("iOS16", "iOS17", "iOS18")), returns: "a Model",
        example: "local newer = model:retarget(\"iOS18\")"
      ) { (m: Model, target: String) in try Opset(target: target).map(m.retargeted) ?? m },
    ]

  private enum CompressOptions {
    static let dryRun = LuaOption("dry_run", "return the reports without compressing", default: false)
    static let allowUnmatched = LuaOption<Bool?>(
      "allow_unmatched", "whether rules may match nothing; by default an error, or a warning for recipes from files and models")
    static let table = LuaOptionTable("CompressOptions", [dryRun, allowUnmatched])
  }

  /// The options that every step has in addition to its own.
  ///
  /// - Parameter name: the name of the step's options table, which is also the type of entries in `op_types` and
  ///   `op_names`.
  private static func common(_ name: String) -> [any LuaReadable] {
    let own = LuaType.union([.options(name), .boolean])
    return [
      OptionDeclaration("op_types", .dictionary(.string, own), "options by type of operator; false for no compression"),
      OptionDeclaration("op_names", .dictionary(.string, own), "options by name of a weight or operator; false for no compression"),
      OptionDeclaration("op_patterns", .sequence(.tuple([.string, own])), "a sequence of { Lua pattern, options }"),
      OptionDeclaration(
        "where", .callback([.init("weight", .object(WeightObject.luaName))], returns: .boolean),
        "called with each weight; returning false skips it"),
      OptionDeclaration(
        "tied", .string, "how different options for the consumers of a weight are resolved", default: "\"error\"",
        allowed: .oneOf("error", "first", "split")),
      OptionDeclaration("joint", .boolean, "whether to compress weights that are already compressed (iOS18)", default: "true"),
      OptionDeclaration("compatible", .boolean, "follow coremltools where Wane's default behavior differs", default: "false"),
      OptionDeclaration("allow_unmatched", .boolean, "whether rules and where may match nothing", default: "false"),
      OptionDeclaration("dry_run", .boolean, "return the report without compressing", default: "false"),
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
      returns: "a Model with a report; with dry_run only the report",
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

  /// The predicted report of each step (a dry run). Throws an error if the format cannot store a result.
  ///
  /// - Parameters:
  ///   - count: the number of leading steps that are executed in memory, because later steps depend on their values.
  ///   - unmatched: how rules that match nothing are handled.
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
  /// - Parameter judgesSelector: whether the values that `where` reads are the final values of the weights.
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
        // Only called on the interpreter's thread, on which compression runs.
        nonisolated(unsafe) let selector = selector
        recipe.selector = { try selector.call(WeightObject($0), returning: Bool.self, role: "where function") }
      }
      let bar = Progress(technique, unit: "weights")
      defer { bar.finish() }
      nonisolated(unsafe) let shown = bar
      let compressor = Compressor(
        Catalogue.weightTable, isDryRun: isDryRun, unmatched: unmatched, judgesSelector: judgesSelector,
        isCancelled: { Interrupts.isPending },
        progress: { if !isDryRun { shown.update($0.done, of: $0.total) } })
      let result = try compressor.compress(contents.program, recipe)
      return try replaced(
        by: result, words: HistoryText.call(technique, value, hasSelector: step.selector != nil),
        step: .compress(technique: technique, recipe.naming(result.report.unselected).configuration))
    }
  }
}

/// A step, together with the parts that a written recipe cannot contain.
struct PlannedStep {
  let step: RecipeStep
  let selector: LuaClosure?
  /// Whether the rules were loaded from a file or another model, and so were not written for this model.
  let isBorrowed: Bool

  init(_ step: RecipeStep, selector: LuaClosure? = nil, isBorrowed: Bool = false) {
    self.step = step
    self.selector = selector
    self.isBorrowed = isBorrowed
  }

  /// How rules that match nothing are handled: by default an error, or a warning if the rules were not written for
  /// this model.
  func unmatched(allowed: Bool? = nil) -> UnmatchedPolicy {
    switch allowed {
    case true?: return .ignore
    case nil where isBorrowed:
      guard case .compress(let technique, _) = step else { return .ignore }
      return .warning(of: technique)
    default: return .refuse
    }
  }

  /// Whether the result depends on the values of the weights at that point.
  var dependsOnValues: Bool {
    if case .compress(let technique, _) = step { Techniques.standard.dependsOnValues(step: technique) } else { false }
  }
}
