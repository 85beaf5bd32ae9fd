// SPDX-License-Identifier: Apache-2.0
// The methods model:with_weights and model:map_weights.

import Compression
import Encodings
import Evaluation
import LuaHost
import Models
import Options
import WeightStorage
import Workflows

extension Model {
  private enum MapOptions {
    static let `where` = LuaOption<LuaClosure?>(
      "where", "called with each weight and its context; returning false leaves the weight as it is")
    static let types = LuaOption<NameFilter?>(
      "op_types", "only weights of these types of operator: a sequence, or a table from type to boolean")
    static let names = LuaOption<NameFilter?>(
      "op_names", "only these weights, or those of these operators: a sequence, or a table from name to boolean")
    static let table = LuaOptionTable("MapWeightsOptions", [`where`, types, names])
  }

  static let replacingWeights: [LuaMethod] = [
    LuaMethod(
      "with_weights",
      "The model with other weights of the same shapes. Numbers are rounded to the weight's element type; a Tensor or Encoded may also "
        + "have the shape of weight.rows. Tensors of a file are matched by name; of dots and slashes in names, programs make `_`.",
      Arg<WeightSource>("weights", "a Tensor or an Encoded for each weight by name; or a file that wane.load_safetensors reads"),
      .options(WeightFileOptions.table), returns: "a Model with a report",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        local signs = model:with_weights{ const_2 = wane.zeros(model.weights.const_2.shape) }
        print(signs.weights.const_2.max)  --> 0.0
        """
    ) { (m: Model, source: WeightSource, options: LuaOptions) in
      switch source.kind {
      case .file(let path): return try m.withWeights(path, options)
      case .weights(let weights):
        if let idle = ["map", "strict", "transpose"].first(where: options.given.contains) {
          throw LuaError(.usage, "with_weights: \(idle) has an effect with a file only")
        }
        return try m.withWeights(Dictionary(uniqueKeysWithValues: weights.map { ($0, try $1.weight($0)) }))
      }
    },
    LuaMethod(
      "map_weights", "The model with the weights that a function returns.",
      Arg<LuaClosure>("function", "called with each Weight and its context; returns a Tensor, an Encoded, or nil to keep the weight"),
      .options(MapOptions.table), .context, returns: "a Model with a report",
      example: """
        local model = wane.load("examples/digits_cnn.mlpackage")
        local ternary = model:map_weights(function(w)
          if w.count < 256 then return nil end
          return wane.encode.palettized{ indices = wane.zeros(w.shape), lut = { 0, 1 } }
        end)
        print(ternary.report.compressed)  --> 4
        """
    ) { (m: Model, function: LuaClosure, options: LuaOptions, context: LuaContext) in
      try m.mapWeights(function, options, context.interpreter)
    },
  ]

  private func mapWeights(_ function: LuaClosure, _ options: LuaOptions, _ interpreter: Interpreter) throws -> Model {
    var types = options[MapOptions.types]
    var names = options[MapOptions.names]
    let chooses = options[MapOptions.where]
    // Called on this thread only.
    nonisolated(unsafe) let bar = Progress("map_weights", unit: "weights")
    defer { bar.finish() }
    let changed = try withWeights(words: "map_weights(function)", progress: { bar.update($0.done, of: $0.total) }) { entry, context in
      let readers = context.consumers
      guard types?.includes(readers.map(\.operatorType)) ?? true,
        names?.includes([entry.name, entry.valueName] + readers.map(\.operatorName)) ?? true
      else { return nil }
      let record = WeightContextRecord(context: context)
      if let chooses, try !chooses.call(WeightObject(entry, context), record, returning: Bool.self, role: "where function") { return nil }
      return try ScriptError.naming("map_weights, weight \(entry.name)") {
        try WeightResult.read(function.call(WeightObject(entry, context), record), "the function of map_weights", interpreter)
      }
    }
    try types?.checkMatched("op_types", of: "map_weights", "no operator that reads a weight has")
    try names?.checkMatched("op_names", of: "map_weights", "no weight and no operator that reads one has")
    return changed
  }
}

/// Names that a script chooses: a sequence of them, or a table from name to boolean.
struct NameFilter: LuaConvertible {
  private var chosen: [String: Bool]
  private var matched: Set<String> = []

  static var luaType: LuaType { .union([.sequence(.string), .dictionary(.string, .boolean)]) }

  func push(to interpreter: Interpreter) throws { try chosen.push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> NameFilter {
    let value = try LuaValue.read(interpreter, at: index)
    guard let table = value.table else { throw LuaMismatch(expected: luaType.description, found: interpreter.typeName(of: value)) }
    if table.count > 0 {
      let names = try [String].read(interpreter, at: index)
      return NameFilter(chosen: Dictionary(names.map { ($0, true) }, uniquingKeysWith: { first, _ in first }))
    }
    return NameFilter(chosen: try [String: Bool].read(interpreter, at: index))
  }

  private init(chosen: [String: Bool]) { self.chosen = chosen }

  /// Whether one of the names is chosen. Names that are only excluded leave all others chosen.
  mutating func includes(_ names: [String]) -> Bool {
    let known = names.filter { chosen[$0] != nil }
    matched.formUnion(known)
    if known.contains(where: { chosen[$0] == false }) { return false }
    return !known.isEmpty || !chosen.values.contains(true)
  }

  /// - Throws: `LuaError` for a name that no weight has.
  func checkMatched(_ option: String, of function: String, _ nobody: String) throws {
    guard let stray = chosen.keys.filter({ !matched.contains($0) }).min() else { return }
    throw LuaError(.notFound, "\(function): \(option) has '\(stray)', which \(nobody)")
  }
}

/// Errors of a script's function with the weight that it was called for.
enum ScriptError {
  /// Runs a script's function; an error in it tells the place and keeps the script's line.
  static func naming<T>(_ place: String, _ body: () throws -> T) throws -> T {
    do { return try body() } catch let error as LuaError where error.kind != .interrupted && error.kind != .memory {
      let line = error.position.isEmpty ? "" : error.position + " "
      var named = LuaError(error.kind, "\(place): \(line)\(error.message)", hint: error.hint, underlying: error.underlying)
      named.traceback = error.traceback
      throw named
    }
  }
}
