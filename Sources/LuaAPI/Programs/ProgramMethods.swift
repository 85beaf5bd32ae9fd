// SPDX-License-Identifier: Apache-2.0
// The methods that edit programs: rewrite, extract, split, concat, optimize, rename, materialize.

import LuaHost
import MIL
import ModelPackages
import Models
import Operators
import Options
import ProgramEdits
import Runtime
import Tensors
import Training
import WeightStorage

extension Model {
  private enum RewriteOptions {
    static let types = LuaOption<NameFilter?>("op_types", "only operations of these types: a sequence, or a table from type to boolean")
    static let `where` = LuaOption<LuaClosure?>("where", "called with each operation, as of model.operations; returning false keeps it")
    static let check = LuaOption<CheckInputs?>(
      "check", "inputs for predict: both models are run on them, and outputs that differ are an error; false or nil runs nothing")
    static let tolerance = LuaOption(
      "tolerance", "largest difference that check permits, relative to the output's largest magnitude", default: 1e-3, allowed: .atLeast(0))
    static let table = LuaOptionTable("RewriteOptions", [types, `where`, check, tolerance])
  }

  private enum ExtractOptions {
    static let outputs = LuaOption<[String]>(required: "outputs", "names of the values that the part returns")
    static let inputs = LuaOption<[String]?>(
      "inputs", "names of the values that are given to the part; by default the model's inputs that the outputs depend on")
    static let table = LuaOptionTable("ExtractOptions", [outputs, inputs])
  }

  private enum SplitOptions {
    static let at = LuaOption<String?>("at", "the name of the value that the first part ends with")
    static let parts = LuaOption<Int?>("parts", "number of parts with about equal bytes of weights", allowed: .atLeast(2))
    static let table = LuaOptionTable("SplitOptions", [at, parts])
  }

  private enum ConcatOptions {
    static let keep = LuaOption<[String]?>(
      "keep", "names of outputs of this model that stay outputs of the whole although the second one reads them")
    static let table = LuaOptionTable("ConcatOptions", [keep])
  }

  private enum OptimizeOptions {
    static let passes = LuaOption<[String]?>(
      "passes", "the passes that run; by default all", allowed: .strings(Model.optimizingPasses.map(\.name)))
    static let table = LuaOptionTable("OptimizeOptions", [passes])
  }

  static let programFacts: [LuaProperty] = [
    LuaProperty(
      "operations", "the operations of its program but constants, by position and by name; those of the function that runs come first",
      cached: true
    ) { (m: Model) in try OperationRecord.sequence(m) }
  ]

  static let editing: [LuaMethod] = [
    LuaMethod(
      "rewrite",
      "The model with other operations in place of those for which a function returns values. Names of values are kept, what only the "
        + "replaced operations read is removed, and the result is verified.",
      Arg<LuaClosure>(
        "function", "called with each operation and a Graph; returns a Value for each output of the operation, or nil to keep it"),
      .options(RewriteOptions.table), .context, returns: "a Model",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        local smooth = model:rewrite(function(op, g) return g.silu(op.inputs.x) end, { op_types = { "relu" } })
        print(smooth.operations[2].type)  --> silu
        """
    ) { (m: Model, function: LuaClosure, options: LuaOptions, context: LuaContext) in
      try m.rewritten(function, options, context.interpreter)
    },
    LuaMethod(
      "extract", "A part of the model, from given values to given values.", .options(ExtractOptions.table), returns: "a Model",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        local first = model:extract{ outputs = { model.operations[1].outputs[1] } }
        print(#first.operations)  --> 1
        """
    ) { (m: Model, options: LuaOptions) in
      try m.extracting(outputs: options[ExtractOptions.outputs], inputs: options[ExtractOptions.inputs])
    },
    LuaMethod(
      "split", "Parts of the model that compute the same one after the other: the outputs of a part are inputs of later ones.",
      .options(SplitOptions.table), returns: "the Models, in order", type: .any,
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        local front, back = model:split{ parts = 2 }
        print(front:concat(back).outputs[1].name)  --> probabilities
        """
    ) { (m: Model, options: LuaOptions) in
      LuaResults(all: try m.split(at: options[SplitOptions.at], parts: options[SplitOptions.parts]))
    },
    LuaMethod(
      "concat", "This model followed by another one, whose inputs are outputs of this one by name.", Arg<Model>("next", "the second model"),
      .options(ConcatOptions.table), returns: "a Model with the outputs of both that are not consumed, and those of keep",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        local front, back = model:split{ parts = 2 }
        local middle = front.outputs[1].name
        print(#front:concat(back, { keep = { middle } }).outputs - #model.outputs)  --> 1
        """
    ) { (m: Model, next: Model, options: LuaOptions) in try m.followed(by: next, keeping: Set(options[ConcatOptions.keep] ?? [])) },
    LuaMethod(
      "optimize",
      "The same program with less work: batch norms are folded into weights, gelu, silu, layer norms and (iOS18) attention that are written "
        + "out become one operator, results that do not depend on the inputs become constants, and what is computed twice or not read is "
        + "removed. Outputs stay the same up to rounding.", .options(OptimizeOptions.table), returns: "a Model",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        print(#model:optimize{}.operations <= #model.operations)  --> true
        """
    ) { (m: Model, options: LuaOptions) in try m.optimized(options[OptimizeOptions.passes]) },
    LuaMethod(
      "rename", "The model with inputs, outputs or other values under other names.",
      Arg<[String: String]>("names", "new names by old ones"),
      returns: "a Model",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        print(model:rename{ image = "pixels" }.inputs[1].name)  --> pixels
        """
    ) { (m: Model, names: [String: String]) in try m.renamed(names) },
    LuaMethod(
      "materialize", "The model for inputs of fixed shapes.", Arg<[String: [Int]]>("shapes", "the shape of each flexible input by name"),
      returns: "a Model",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        print(model:materialize{ image = { 4, 1, 8, 8 } }.outputs[1].shape[1])  --> 4
        """
    ) { (m: Model, shapes: [String: [Int]]) in try m.materialized(shapes) },
    LuaMethod(
      "with_metadata", "The model with other metadata: author, license, version, description, and any fields of one's own.",
      Arg<[String: String]>("fields", "texts by name; an empty text removes a field of one's own"), returns: "a Model",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        print(model:with_metadata{ author = "me", ["my.note"] = "first" }.metadata.author)  --> me
        """
    ) { (m: Model, fields: [String: String]) in try m.withMetadata(fields) },
  ]

  // MARK: Rewriting

  private func rewritten(_ function: LuaClosure, _ options: LuaOptions, _ interpreter: Interpreter) throws -> Model {
    var types = options[RewriteOptions.types]
    let chooses = options[RewriteOptions.where]
    let facts = try contents.program.operationFacts()
    let byPlace = Dictionary(
      facts.map { ([$0.function, $0.operation.outputs.first?.name ?? $0.operation.name], $0) }, uniquingKeysWith: { first, _ in first })
    let changed = try rewriting { name, operation, emitter in
      try Interrupts.check()
      guard types?.includes([operation.type]) ?? true, let fact = byPlace[[name, operation.outputs.first?.name ?? operation.name]] else {
        return nil
      }
      if let chooses, try !chooses.call(OperationRecord(facts: fact), returning: Bool.self, role: "where function") { return nil }
      return try ScriptError.naming("rewrite, \(operation.type) \(operation.name)") {
        let writer = try NetworkWriter(emitter)
        let record = RewriteOperation(facts: fact, inputs: try Self.operands(operation, writer))
        return try Self.values(function.call(record, GraphObject(writer)), operation, emitter, writer, interpreter)
      }
    }
    try types?.checkMatched("op_types", of: "rewrite", "no operation of the model has")
    if let check = options[RewriteOptions.check]?.inputs {
      try self.check(changed, on: check.named(for: self), tolerance: options[RewriteOptions.tolerance])
    }
    return changed
  }

  private static func operands(_ operation: Operation, _ writer: NetworkWriter) throws -> [String: [OperandValue]] {
    var inputs: [String: [OperandValue]] = [:]
    for argument in operation.inputs {
      inputs[argument.parameter] = argument.bindings.map { binding in
        switch binding {
        case .constant(let constant): return .constant(constant)
        case .name(let name):
          guard let value = try? writer.value(name) else { return .name(name) }
          return .value(ValueObject(value, writer))
        }
      }
    }
    return inputs
  }

  private static func values(
    _ results: [LuaValue], _ operation: Operation, _ emitter: Emitter, _ writer: NetworkWriter, _ interpreter: Interpreter
  ) throws -> [TypedValue]? {
    guard let first = results.first, !first.isNil else { return nil }
    // Several values may also be given as one table.
    var given = results
    if let table = first.table, results.count == 1 { given = (0..<table.count).map { table[$0 + 1] } }
    return try given.map { value in
      guard let object = value.object(ValueObject.self) else {
        throw LuaError(
          .usage, "the function must return a Value for each output, or nil, got \(interpreter.typeName(of: value))",
          hint: "g.relu(x) and g:op(\"relu\", { x = x }) make Values")
      }
      guard object.writer.emitter === emitter else {
        throw LuaError(.usage, "the Value \(object.value.name) belongs to another Graph")
      }
      return try emitter.value(object.value.name)
    }
  }
}

/// Inputs for a comparison, or `false` for none.
struct CheckInputs: LuaConvertible {
  let inputs: PredictionInputs?

  static var luaType: LuaType { .union([.dictionary(.string, InputArgument.luaType), .boolean]) }

  func push(to interpreter: Interpreter) throws {
    try inputs.map { try $0.push(to: interpreter) } ?? LuaValue.boolean(false).push(to: interpreter)
  }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> CheckInputs {
    let value = try LuaValue.read(interpreter, at: index)
    if let flag = value.boolean {
      guard !flag else { throw LuaMismatch("takes inputs as predict does, or false; true says nothing to run on") }
      return CheckInputs(inputs: nil)
    }
    return CheckInputs(inputs: try PredictionInputs.read(interpreter, at: index))
  }
}
