// SPDX-License-Identifier: Apache-2.0
// The function wane.technique: compression techniques written in Lua.

import Compression
import LuaHost
import MIL
import Models
import Options
import Tensors

/// A technique that a script defined.
final class TechniqueObject: LuaBoxed {
  let definition: TechniqueDefinition

  init(_ definition: TechniqueDefinition) { self.definition = definition }

  static var luaName: String { "Technique" }

  static let luaClass = LuaClass(
    TechniqueObject.self, "A compression technique of one's own: a step of model:compress and of recipes.",
    properties: [
      LuaProperty("name", "its name as a step") { (t: TechniqueObject) in t.definition.name },
      LuaProperty("doc", "its description") { (t: TechniqueObject) in t.definition.doc },
      LuaProperty("digest", "SHA-256 of its compiled function, as the history of a model records it") { (t: TechniqueObject) in
        t.definition.digest
      },
    ],
    behaviors: [
      .toString { (t: TechniqueObject) in
        let rows = t.definition.options.map { option in
          "  \(option.name) = \(option.declaration.defaultText ?? "nil")  \(option.declaration.doc)"
        }
        return (["\(t.definition.name): \(t.definition.doc)"] + rows).joined(separator: "\n")
      }
    ])
}

enum TechniqueFunctions {
  private enum Options {
    static let name = LuaOption<String>(required: "name", "its name as a step")
    static let doc = LuaOption("doc", "what it does, in one line, for help and reports", default: "")
    static let options = LuaOption<[String: LuaValue]?>(
      "options",
      "by name { default, \"description\" }, or the default alone; the default's type is the option's. Also choices = {…}, min =, max ="
    )
    static let needs = LuaOption<[String]?>("needs", "statistics of the data that it reads from context.statistics")
    static let compress = LuaOption<LuaClosure>(
      required: "compress",
      "a function of the Weight, the options and the WeightContext that returns an Encoded, a Tensor, or nil and the reason")
    static let table = LuaOptionTable("TechniqueOptions", [name, doc, options, needs, compress])
  }

  static let all: [LuaFunction] = [
    LuaFunction(
      "technique",
      "Define a compression technique. It is then a step like prune or quantize: in compress, in recipes, with op_types, op_names, where and "
        + "dry_run, in reports and histories. Defining one of the same name again replaces it.",
      .options(Options.table), .context, returns: "a Technique",
      example: """
        wane.technique{ name = "halves", doc = "two values a weight", options = { at = { 0.5, "the values, ±at" } },
          compress = function(w, o)
            if w.min >= 0 then return nil, "it has no negative values" end
            return wane.encode.palettized{ indices = wane.zeros(w.shape), lut = { o.at, -o.at } }
          end }
        local model = wane.load("examples/digits_cnn.mlpackage")
        local small = model:compress{ { "halves", at = 0.25, weight_threshold = 512 } }
        print(small.weights.const_2.scheme, small.weights.const_2.max)  --> palettized\t0.25
        """
    ) { (options: LuaOptions, context: LuaContext) in try define(options, context.interpreter) }
  ]

  private static func define(_ options: LuaOptions, _ interpreter: Interpreter) throws -> TechniqueObject {
    let name = options[Options.name]
    try check(name)
    let needs = options[Options.needs] ?? []
    if let unknown = needs.first(where: { !TechniqueDefinition.statistics.contains($0) }) {
      throw LuaError(
        .usage, "technique \(name): there is no statistic '\(unknown)'",
        hint: "needs may have \(TechniqueDefinition.statistics.map { "\"\($0)\"" }.joined(separator: ", "))")
    }
    let declared = try (options[Options.options] ?? [:]).sorted { $0.key < $1.key }.map { key, value in
      try option(key, value, of: name, interpreter)
    }
    let function = options[Options.compress]
    // Called on the interpreter's thread only.
    nonisolated(unsafe) let (closure, host) = (function, interpreter)
    let definition = TechniqueDefinition(
      name: name, doc: options[Options.doc], options: declared, needs: needs, digest: try FunctionDigest.of(function, interpreter)
    ) { values, context in
      guard let entry = context.entry else {
        throw LuaError(.internal, "technique \(name) was called without a weight")
      }
      return try ScriptError.naming("technique \(name), weight \(context.name)") {
        let results = try closure.call(
          WeightObject(entry, context), OptionTable(values: values), WeightContextRecord(context: context))
        if let weight = try WeightResult.read(results, "compress", host) { return weight }
        throw SkipReason.script(results.dropFirst().first?.string ?? "\(name) leaves it alone")
      }
    }
    interpreter.techniques = interpreter.techniques.adding(definition.kind)
    interpreter.declare(definition)
    return TechniqueObject(definition)
  }

  /// - Throws: `LuaError` for a name that steps cannot have.
  private static func check(_ name: String) throws {
    let isName = name.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber || $0 == "_") } && name.first?.isNumber == false
    guard isName, !name.isEmpty else {
      throw LuaError(.usage, "technique: the name '\(name)' must consist of letters, digits and underscores")
    }
    let taken = RecipeSource.stepNames + Techniques.standard.all.map(\.configType)
    guard !taken.contains(name) else { throw LuaError(.usage, "technique: '\(name)' is a built-in step; choose another name") }
  }

  /// An option from `{ default, "description", choices =, min =, max = }`, or from its default.
  private static func option(
    _ name: String, _ value: LuaValue, of technique: String, _ interpreter: Interpreter
  ) throws -> ScriptedOption {
    let reader = RecipeReader(interpreter)
    func fail(_ problem: String) -> LuaError {
      LuaError(.usage, "technique \(technique): option '\(name)' \(problem)", hint: "write \(name) = { 64, \"what it is\" }")
    }
    let reserved = [
      "where", "op_types", "op_names", "op_patterns", "tied", "joint", "compatible", "allow_unmatched", "dry_run", "config_type",
    ]
    if reserved.contains(name) { throw fail("has a name that every step has already") }
    guard let table = value.table else {
      if value.function != nil { throw fail("has a function as its default, which recipes cannot hold") }
      return ScriptedOption(name, default: value.isNil ? nil : try reader.value(value), "")
    }
    for key in try table.pairs().map(\.key) {
      if let text = key.string, !["choices", "min", "max"].contains(text) { throw fail("has an unknown field '\(text)'") }
    }
    if table[1].function != nil { throw fail("has a function as its default, which recipes cannot hold") }
    let standard = table[1].isNil ? nil : try reader.value(table[1])
    guard table[2].isNil || table[2].string != nil else { throw fail("has a description that is no string") }
    var allowed: Allowed?
    if let choices = table["choices"].table {
      let texts = (0..<choices.count).compactMap { choices[$0 + 1].string }
      let integers = (0..<choices.count).compactMap { choices[$0 + 1].integer }
      guard choices.count > 0, texts.count == choices.count || integers.count == choices.count else {
        throw fail("has choices that are neither all strings nor all integers")
      }
      allowed = texts.isEmpty ? .integers(integers) : .strings(texts)
    } else if table["min"].number != nil || table["max"].number != nil {
      allowed = .range(lower: table["min"].number, upper: table["max"].number)
    }
    if let allowed, let violation = allowed.violation(table[1]), standard != nil { throw fail("has a default that \(violation)") }
    return ScriptedOption(name, default: standard, table[2].string ?? "", allowed: allowed)
  }
}

extension Interpreter {
  /// The built-in techniques and those that scripts have defined.
  var techniques: Techniques {
    get { self[companion: Techniques.self] ?? .standard }
    set { self[companion: Techniques.self] = newValue }
  }

  /// Makes a technique known to help and completion.
  fileprivate func declare(_ definition: TechniqueDefinition) {
    let rows = definition.options.map { option in
      let limits = option.declaration.allowed.map { "; \($0)" } ?? ""
      return (option.name + (option.declaration.defaultText.map { " = \($0)" } ?? ""), option.declaration.doc + limits)
    }
    replace(LuaTopic(definition.name, definition.doc.isEmpty ? "a technique of a script" : definition.doc, rows: rows))
    declare(step: definition.name, options: definition.options.map(\.declaration), doc: definition.doc)
  }
}

/// The options of a technique of a script as a Lua table, each with its value.
private struct OptionTable: LuaReturnable {
  let values: [String: OptionValue]

  static var luaType: LuaType { .table }

  func push(to interpreter: Interpreter) throws { try Self.push(.dictionary(values), to: interpreter) }

  private static func push(_ value: OptionValue, to interpreter: Interpreter) throws {
    switch value {
    case .null, .function: try LuaValue.nil.push(to: interpreter)
    case .bool(let flag): try LuaValue.boolean(flag).push(to: interpreter)
    case .integer(let number): try LuaValue.integer(number).push(to: interpreter)
    case .number(let number): try LuaValue.number(number).push(to: interpreter)
    case .string(let text): try LuaValue.string(text).push(to: interpreter)
    case .list(let items):
      let table = interpreter.newTable()
      for (index, item) in items.enumerated() { try table.set(index + 1, Pushed(value: item)) }
      try table.push(to: interpreter)
    case .dictionary(let fields):
      let table = interpreter.newTable()
      for (name, field) in fields { try table.set(name, Pushed(value: field)) }
      try table.push(to: interpreter)
    }
  }

  private struct Pushed: LuaReturnable {
    let value: OptionValue
    static var luaType: LuaType { .any }
    func push(to interpreter: Interpreter) throws { try OptionTable.push(value, to: interpreter) }
  }
}
