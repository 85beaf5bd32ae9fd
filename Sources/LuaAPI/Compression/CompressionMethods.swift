// SPDX-License-Identifier: Apache-2.0
// The methods model:quantize, model:palettize, model:prune, model:compress, model:decompress and model:retarget.

import Compression
import LuaHost
import MIL
import Models
import Options
import Workflows

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
        let plan = try RecipeObject(source.value, context.interpreter).plan.calibrated(with: CalibrationArguments.input(options))
        let (allows, client) = (options[CompressOptions.allowUnmatched], CompressionClient(context.interpreter))
        guard options[CompressOptions.dryRun] else { return LuaResults(try plan.run(on: m, allowUnmatched: allows, client)) }
        return LuaResults(try plan.dryRun(on: m, allowUnmatched: allows, client).map { ReportObject($0) })
      },
      LuaMethod("decompress", "Store every weight plainly again.", .context, returns: "a Model") { (m: Model, context: LuaContext) in
        try PlannedStep(.decompress).applied(to: m, CompressionClient(context.interpreter))
      },
      LuaMethod(
        "retarget",
        "Convert the model to a newer system, which makes newer forms of compression available; checks that the outputs are equal.",
        Arg("target", "such as \"iOS18\"", allowed: .strings(Opset.allCases.dropFirst().map { "\($0)" })), returns: "a Model",
        example: "local newer = model:retarget(\"iOS18\")"
      ) { (m: Model, target: String) in try Opset(target: target).map(m.retargeted) ?? m },
    ]

  private enum CompressOptions {
    static let dryRun = LuaOption("dry_run", "return the reports without compressing", default: false)
    static let allowUnmatched = LuaOption<Bool?>(
      "allow_unmatched", "whether rules may match nothing; by default an error, or a warning for recipes from files and models")
    static let table = LuaOptionTable("CompressOptions", [dryRun, allowUnmatched] + CalibrationArguments.declarations)
  }

  /// The options that every step has in addition to its own.
  ///
  /// - Parameter name: the name of the step's options table, which is also the type of entries in `op_types` and
  ///   `op_names`.
  private static func common(_ name: String) -> [any LuaReadable] {
    RuleOptions.flat(own: name) + [
      OptionDeclaration(
        "where", .callback([.init("weight", .object(WeightObject.luaName))], returns: .boolean),
        "called with each weight; returning false skips it"),
      OptionDeclaration(
        "tied", .string, "how different options for the consumers of a weight are resolved", default: "\"error\"",
        allowed: .strings(Recipe.Tied.allCases.map(\.rawValue))),
      OptionDeclaration("joint", .boolean, "whether to compress weights that are already compressed (iOS18)", default: "true"),
      OptionDeclaration("compatible", .boolean, "follow coremltools where Wane's default behavior differs", default: "false"),
      OptionDeclaration("allow_unmatched", .boolean, "whether rules and where may match nothing", default: "false"),
      OptionDeclaration("dry_run", .boolean, "return the report without compressing", default: "false"),
    ] + CalibrationArguments.declarations + [
      RuleOptions.configurationClass,
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
        value = try RecipeArgument.read(text, context.interpreter)
      } else {
        let fields = try RecipeReader(context.interpreter).dictionary(
          options, leavingOut: Set(["where", "dry_run"] + CalibrationArguments.names))
        value = .dictionary(fields.filter { $0.value != .null })
      }
      let step = PlannedStep(
        .compress(technique: name, value), selector: options["where"]?.function.map(WeightObject.selector), isBorrowed: options.text != nil,
        calibration: try CalibrationArguments.input(options))
      try step.checkCalibration(compilePattern: LuaPatterns.compiler(context.interpreter))
      let isDryRun = options["dry_run"]?.boolean ?? false
      let made = try step.applied(to: m, isDryRun: isDryRun, CompressionClient(context.interpreter))
      return isDryRun ? LuaResults(made.report.map { ReportObject($0) }) : LuaResults(made)
    }
  }
}
