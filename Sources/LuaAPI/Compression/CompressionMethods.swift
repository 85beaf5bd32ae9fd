// SPDX-License-Identifier: Apache-2.0
// model:quantize, model:palettize, model:prune, model:compress, model:decompress, model:retarget.

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
        "compress", "Do several steps, one after the other. What cannot be done is an error before any work.",
        Arg<RecipeSource>("steps", "a sequence of { \"prune\", target_sparsity = 0.5 } and the like; or a Recipe, its path or text"),
        .options(CompressOptions.table), .context, returns: "a Model; with dry_run a sequence of reports, one for each step",
        type: .union([.object(Model.luaName), .sequence(.object(ReportObject.luaName))]),
        example: "local small = model:compress{ { \"prune\", target_sparsity = 0.5 }, { \"palettize\", nbits = 4 } }"
      ) { (m: Model, source: RecipeSource, options: LuaOptions, context: LuaContext) in
        let plan = try RecipeObject(source.value, context.interpreter).plan
        let (allows, client) = (options[CompressOptions.allowUnmatched], CompressionClient(context.interpreter))
        guard options[CompressOptions.dryRun] else { return LuaResults(try plan.run(on: m, allowUnmatched: allows, client)) }
        return LuaResults(try plan.foretold(on: m, allowUnmatched: allows, client).map { ReportObject($0) })
      },
      LuaMethod("decompress", "Store every weight plainly again.", .context, returns: "a Model") { (m: Model, context: LuaContext) in
        try PlannedStep(.decompress).applied(to: m, CompressionClient(context.interpreter))
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
        value = try RecipeArgument.read(text, context.interpreter)
      } else {
        let fields = try RecipeReader(context.interpreter).dictionary(options, leavingOut: ["where", "dry_run"])
        value = .dictionary(fields.filter { $0.value != .null })
      }
      let step = PlannedStep(
        .compress(technique: name, value), selector: options["where"]?.function.map(WeightObject.selector), isBorrowed: options.text != nil)
      let isDryRun = options["dry_run"]?.boolean ?? false
      let made = try step.applied(to: m, isDryRun: isDryRun, CompressionClient(context.interpreter))
      return isDryRun ? LuaResults(made.report.map { ReportObject($0) }) : LuaResults(made)
    }
  }
}
