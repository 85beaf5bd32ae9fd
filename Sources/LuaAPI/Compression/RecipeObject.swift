// SPDX-License-Identifier: Apache-2.0
// wane.recipe: steps of compression as a value, from a file, a table or a model that remembers them.

import Compression
import Foundation
import LuaHost
import Models
import Operators
import Options
import Rules

/// Steps of compression, one after the other.
final class RecipeObject: LuaBoxed {
  let steps: [PlannedStep]

  static var luaName: String { "Recipe" }

  static let luaClass = LuaClass(
    RecipeObject.self, "Steps of compression, for model:compress(recipe).",
    properties: [
      LuaProperty("steps", "what is done, in words, in order") { (r: RecipeObject) in r.steps.map(\.words) }
    ],
    methods: [
      LuaMethod("to_yaml", "The recipe as YAML; of one step, as coremltools reads it.", returns: "a string") { (r: RecipeObject) in
        try r.yaml()
      }
    ],
    behaviors: [
      .toString { (r: RecipeObject) in r.steps.map(\.words).joined(separator: "\n") },
      .length { (r: RecipeObject) in r.steps.count },
    ])

  /// Whatever stands for a recipe: a Recipe, a Model, a path, a text, coremltools' table, or a sequence of steps.
  init(_ value: LuaValue, _ interpreter: Interpreter) throws {
    let reader = RecipeReader(interpreter)
    if let recipe = value.object(RecipeObject.self) {
      steps = recipe.steps
    } else if let model = value.object(Model.self) {
      steps = try model.contents.recipe().map { PlannedStep($0, isBorrowed: true) }
    } else if let text = value.string {
      steps = try RecipeStep.steps(RecipeFile.read(text, interpreter)).map { PlannedStep($0, isBorrowed: true) }
    } else if let table = value.table {
      try Self.checkKeys(of: table)
      steps =
        try table.count == 0
        ? [PlannedStep(RecipeStep(reader.dictionary(table, leavingOut: 0)))]
        : (1...table.count).map { try reader.step($0, table[$0]) }
    } else {
      throw LuaError(
        .usage, "a recipe is a path, a text, a table or a Model, not a \(interpreter.typeName(of: value))")
    }
    // What cannot be understood is refused now, not when it is used. A model's own steps may have had functions that no file keeps.
    guard value.object(Model.self) == nil else { return }
    for case .compress(let technique, let options) in steps.map(\.step) {
      _ = try Recipe(step: technique, options, Catalogue.weightTable, compilePattern: LuaPatterns.compiler(interpreter))
    }
  }

  /// Refuses names beside steps, and a table without any step.
  private static func checkKeys(of table: LuaTable) throws {
    let names = try table.pairs().compactMap(\.key.string).sorted()
    let example = "write { { \"prune\", target_sparsity = 0.5 }, … }"
    if let technique = names.first(where: RecipeSource.stepNames.contains) {
      throw LuaError(.usage, "a recipe is a sequence of steps, found the key '\(technique)'", hint: example)
    }
    if table.count > 0, let stray = names.first {
      throw LuaError(
        .usage, "'\(stray)' stands beside the steps of a recipe, where nothing reads it",
        hint: "options follow in a table of their own: model:compress({ … }, { \(stray) = … })")
    }
    if table.count == 0, names.isEmpty { throw LuaError(.usage, "a recipe without a step", hint: example) }
  }

  private func yaml() throws -> String {
    if let step = steps.firstIndex(where: { $0.selector != nil }) {
      throw LuaError(
        .usage, "to_yaml: step \(step + 1) has a where function, which YAML cannot hold",
        hint: "wane.recipe(model) of the compressed model names the weights instead")
    }
    let canonical = try steps.map { step in
      guard case .compress(let technique, let options) = step.step else { return step.step }
      // Patterns are only written down here, not matched.
      let recipe = try Recipe(step: technique, options, Catalogue.weightTable, compilePattern: { _ in { _ in false } })
      return RecipeStep.compress(technique: technique, recipe.configuration)
    }
    return OptionText.write(RecipeStep.value(canonical))
  }
}

/// Whatever stands for a recipe.
struct RecipeSource: LuaConvertible {
  let value: LuaValue

  /// The first words of steps.
  static let stepNames = Techniques.standard.names + ["decompress", "retarget"]

  static var luaType: LuaType {
    let step = LuaType.step(LuaStep("Step", of: Model.luaName, stepNames))
    return .union([.sequence(step), .object(RecipeObject.luaName), .object(Model.luaName), .string, .table])
  }

  func push(to interpreter: Interpreter) throws { try value.push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> RecipeSource {
    RecipeSource(value: try LuaValue.read(interpreter, at: index))
  }
}

extension PlannedStep {
  fileprivate var words: String {
    switch step {
    case .compress(let technique, let options): HistoryText.call(technique, options, hasSelector: selector != nil)
    case .decompress: "decompress()"
    case .retarget(let opset): "retarget(\"\(opset)\")"
    }
  }
}

extension RecipeReader {
  /// `{ "prune", target_sparsity = 0.5 }`, `{ "decompress" }`, `{ "retarget", "iOS18" }`, or coremltools' table.
  fileprivate func step(_ number: Int, _ value: LuaValue) throws -> PlannedStep {
    let names = RecipeSource.stepNames
    guard let table = value.table else {
      throw LuaError(
        .usage, "step \(number) must be a table, not a \(describe(value))",
        hint: "write { \"\(value.string.flatMap { names.contains($0) ? $0 : nil } ?? names[0])\", … }")
    }
    switch table[1].string {
    case "decompress": return PlannedStep(.decompress)
    case "retarget":
      return PlannedStep(try RecipeStep(.dictionary(["step": .string("retarget"), "target": .string(table[2].string ?? "")])))
    case let name? where Techniques.standard.names.contains(name):
      return PlannedStep(
        .compress(technique: name, try dictionary(table, leavingOut: 1)), selector: table["where"].function)
    case nil where table["config_type"].string != nil:
      return PlannedStep(try RecipeStep(dictionary(table, leavingOut: 0)))
    default:
      throw LuaError(
        .usage, "compress: step \(number) does not begin with a technique",
        hint: table[1].string.flatMap { Suggestion.nearest(to: $0, among: names) }.map { "did you mean \"\($0)\"?" }
          ?? "one of \(names.map { "\"\($0)\"" }.joined(separator: ", "))")
    }
  }
}

/// Recipes from files.
enum RecipeFile {
  /// What a recipe's text says; a single line that is no YAML table is the path of a file.
  static func read(_ textOrPath: String, _ interpreter: Interpreter) throws -> OptionValue {
    guard isPath(textOrPath) else { return try OptionText.read(textOrPath) }
    let path = try PathArgument(textOrPath, interpreter).path
    guard let data = FileManager.default.contents(atPath: path) else {
      throw LuaError(
        .notFound, "\(textOrPath): there is no such file",
        hint: valueHint(textOrPath) ?? NearbyFile.hint(for: path) ?? "a recipe is the path of a YAML or JSON file, or its text")
    }
    guard let text = String(bytes: data, encoding: .utf8) else {
      throw LuaError(.format, "\(textOrPath) is not text in UTF-8")
    }
    do { return try OptionText.read(text) } catch {
      throw LuaError(.format, "\(textOrPath): \(error)")
    }
  }

  /// `quantize "int8"`: the option whose value was meant.
  private static func valueHint(_ text: String) -> String? {
    for step in Techniques.standard.names {
      for option in Techniques.standard.options(step: step) {
        if case .strings(let values)? = option.allowed, values.contains(text) { return "write \(step){ \(option.name) = \"\(text)\" }" }
      }
    }
    return nil
  }

  private static func isPath(_ text: String) -> Bool {
    !text.contains("\n") && !text.contains("{") && !text.contains(": ")
  }
}

enum RecipeFunctions {
  static let all: [LuaFunction] = [
    LuaFunction(
      "recipe", "Steps of compression as a value: from coremltools' YAML or JSON, from a table, or those that made a model.",
      Arg<RecipeSource>("source", "a path, a text, a Model, coremltools' table, or a sequence of { \"prune\", … } and the like"), .context,
      returns: "a Recipe", example: "local recipe = wane.recipe{ { \"quantize\", dtype = \"int8\" } }"
    ) { (source: RecipeSource, context: LuaContext) in try RecipeObject(source.value, context.interpreter) },
    LuaFunction(
      "diff", "What differs between two models: target, interface, operators, weights.", Arg("a", "a Model"), Arg("b", "a Model"),
      returns: "a Difference, a sequence of rows; #diff is 0 when nothing differs"
    ) { (a: Model, b: Model) in
      DifferenceObject(try ModelDifference.between(a, b, isCancelled: { Interrupts.isPending }))
    },
  ]
}
