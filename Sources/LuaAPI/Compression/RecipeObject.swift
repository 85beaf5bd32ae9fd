// SPDX-License-Identifier: Apache-2.0
// The function wane.recipe: recipes as Lua objects, from a file, a table, or the history of a model.

import Compression
import LuaHost
import Models
import Options
import Rules
import Workflows

/// A sequence of compression steps.
final class RecipeObject: LuaBoxed {
  let plan: CompressionPlan

  static var luaName: String { "Recipe" }

  static let luaClass = LuaClass(
    RecipeObject.self, "Steps of compression, for model:compress(recipe).",
    properties: [
      LuaProperty("steps", "what is done, in words, in order") { (r: RecipeObject) in r.plan.steps.map(\.words) }
    ],
    methods: [
      LuaMethod("to_yaml", "The recipe as YAML; of one step, as coremltools reads it.", .context, returns: "a string") {
        (r: RecipeObject, context: LuaContext) in try r.plan.yaml(techniques: context.interpreter.techniques)
      }
    ],
    behaviors: [
      .toString { (r: RecipeObject) in r.plan.steps.map(\.words).joined(separator: "\n") },
      .length { (r: RecipeObject) in r.plan.steps.count },
    ])

  init(plan: CompressionPlan) { self.plan = plan }

  /// A recipe from any supported value: a Recipe, a Model, a path, a text, coremltools' table, or a sequence of
  /// steps.
  init(_ value: LuaValue, _ interpreter: Interpreter) throws {
    let reader = RecipeReader(interpreter)
    if let recipe = value.object(RecipeObject.self) {
      plan = recipe.plan
    } else if let model = value.object(Model.self) {
      plan = try CompressionPlan(recordedIn: model, techniques: interpreter.techniques)
    } else if let text = value.string {
      plan = try CompressionPlan(text: RecipeArgument.read(text, interpreter), techniques: interpreter.techniques)
    } else if let table = value.table {
      try Self.checkKeys(of: table, RecipeSource.stepNames(interpreter))
      plan = CompressionPlan(
        try table.count == 0
          ? [PlannedStep(RecipeStep(reader.dictionary(table, leavingOut: 0), techniques: interpreter.techniques))]
          : (1...table.count).map { try reader.step($0, table[$0]) })
    } else {
      throw LuaError(
        .usage, "a recipe is a path, a text, a table or a Model, not a \(interpreter.typeName(of: value))")
    }
    // Invalid steps are errors now instead of at their use. The recorded steps of a model are exempt: they may have used
    // functions, which are not stored.
    if value.object(Model.self) == nil {
      try plan.check(techniques: interpreter.techniques, compilePattern: LuaPatterns.compiler(interpreter))
    }
  }

  /// Throws an error for named fields in a sequence of steps, and for a table without steps.
  private static func checkKeys(of table: LuaTable, _ steps: [String]) throws {
    let names = try table.pairs().compactMap(\.key.string).sorted()
    let example = "write { { \"prune\", target_sparsity = 0.5 }, … }"
    if let technique = names.first(where: steps.contains) {
      throw LuaError(.usage, "a recipe is a sequence of steps, found the key '\(technique)'", hint: example)
    }
    if table.count > 0, let stray = names.first {
      throw LuaError(
        .usage, "'\(stray)' has no effect in the table of a recipe's steps",
        hint: "options go into a second table: model:compress({ … }, { \(stray) = … })")
    }
    if table.count == 0, names.isEmpty { throw LuaError(.usage, "a recipe without a step", hint: example) }
  }
}

/// A value that can be converted to a recipe.
struct RecipeSource: LuaConvertible {
  let value: LuaValue

  /// The first elements of steps in table form.
  static let stepNames = Techniques.standard.names + ["decompress", "retarget"]

  /// The same with the techniques that scripts have defined.
  static func stepNames(_ interpreter: Interpreter) -> [String] { interpreter.techniques.names + ["decompress", "retarget"] }

  static var luaType: LuaType {
    let step = LuaType.step(LuaStep("Step", of: Model.luaName, stepNames))
    return .union([.sequence(step), .object(RecipeObject.luaName), .object(Model.luaName), .string, .table])
  }

  func push(to interpreter: Interpreter) throws { try value.push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> RecipeSource {
    RecipeSource(value: try LuaValue.read(interpreter, at: index))
  }
}

extension RecipeReader {
  /// `{ "prune", target_sparsity = 0.5 }`, `{ "decompress" }`, `{ "retarget", "iOS18" }`, or coremltools' table.
  func step(_ number: Int, _ value: LuaValue) throws -> PlannedStep {
    let names = RecipeSource.stepNames(interpreter)
    guard let table = value.table else {
      throw LuaError(
        .usage, "step \(number) must be a table, not a \(describe(value))",
        hint: "write { \"\(value.string.flatMap { names.contains($0) ? $0 : nil } ?? names[0])\", … }")
    }
    switch table[1].string {
    case "decompress": return PlannedStep(.decompress)
    case "retarget":
      return PlannedStep(try RecipeStep(.dictionary(["step": .string("retarget"), "target": .string(table[2].string ?? "")])))
    case let name? where interpreter.techniques.names.contains(name):
      return PlannedStep(
        .compress(technique: name, try dictionary(table, leavingOut: 1)), selector: table["where"].function.map(WeightObject.selector))
    case nil where table["config_type"].string != nil:
      return PlannedStep(try RecipeStep(dictionary(table, leavingOut: 0), techniques: interpreter.techniques))
    default:
      throw LuaError(
        .usage, "compress: step \(number) does not begin with a technique",
        hint: table[1].string.flatMap { Suggestion.nearest(to: $0, among: names) }.map { "did you mean \"\($0)\"?" }
          ?? "one of \(names.map { "\"\($0)\"" }.joined(separator: ", "))")
    }
  }
}

/// Reads recipes from files.
enum RecipeArgument {
  /// The content of a recipe's text. A single line that is not a YAML mapping is the path of a file.
  static func read(_ textOrPath: String, _ interpreter: Interpreter) throws -> OptionValue {
    guard RecipeFile.isPath(textOrPath) else { return try OptionText.read(textOrPath) }
    let path = try PathArgument(textOrPath, interpreter).path
    do {
      return try RecipeFile.read(path, named: textOrPath)
    } catch let error {
      guard case .noRecipe = error else { throw error }
      let missing = WorkflowError.noRecipe(path: textOrPath)
      throw LuaError(.notFound, missing.description, hint: valueHint(textOrPath) ?? NearbyFile.hint(for: path) ?? missing.hint)
    }
  }

  /// The hint for `quantize "int8"`: the option that accepts the string.
  private static func valueHint(_ text: String) -> String? {
    for step in Techniques.standard.names {
      for option in Techniques.standard.options(step: step) {
        if case .strings(let values)? = option.allowed, values.contains(text) { return "write \(step){ \(option.name) = \"\(text)\" }" }
      }
    }
    return nil
  }
}

enum RecipeFunctions {
  static let all: [LuaFunction] = [
    LuaFunction(
      "recipe", "A sequence of compression steps: from coremltools' YAML or JSON, from a table, or from the history of a model.",
      Arg<RecipeSource>("source", "a path, a text, a Model, coremltools' table, or a sequence of steps such as { \"prune\", … }"), .context,
      returns: "a Recipe", example: "local recipe = wane.recipe{ { \"quantize\", dtype = \"int8\" } }"
    ) { (source: RecipeSource, context: LuaContext) in try RecipeObject(source.value, context.interpreter) }
  ]
}
