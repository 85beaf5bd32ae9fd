// SPDX-License-Identifier: Apache-2.0
// Reads recipes from Lua tables.

import Compression
import LuaHost
import Options
import Tensors

/// Converts Lua values to recipe values.
struct RecipeReader {
  let interpreter: Interpreter

  init(_ interpreter: Interpreter) { self.interpreter = interpreter }

  /// The given options by name.
  func dictionary(_ options: LuaOptions, leavingOut: Set<String> = []) throws -> [String: OptionValue] {
    var fields: [String: OptionValue] = [:]
    for name in options.given where !leavingOut.contains(name) {
      if let value = options[name] { fields[name] = try read(value, depth: 0) }
    }
    return fields
  }

  /// One value.
  func value(_ value: LuaValue) throws -> OptionValue { try read(value, depth: 0) }

  /// The type of a value, for errors.
  func describe(_ value: LuaValue) -> String { interpreter.typeName(of: value) }

  /// The named fields of a table except `names`; the elements of its sequence up to `count` are excluded.
  func dictionary(_ table: LuaTable, leavingOut count: Int, _ names: Set<String> = ["where"]) throws -> OptionValue {
    var fields: [String: OptionValue] = [:]
    for (key, value) in try table.pairs() {
      if let name = key.string, names.contains(name) { continue }
      if let name = key.string {
        fields[name] = try read(value, depth: 0)
      } else if let index = key.integer, (1...max(count, 1)).contains(index), count > 0 {
        continue
      } else {
        throw LuaError(.usage, "options are named, but \(try interpreter.describe(value)) has no name")
      }
    }
    return .dictionary(fields)
  }

  private func read(_ value: LuaValue, depth: Int) throws -> OptionValue {
    guard depth < 16 else { throw LuaError(.usage, "a recipe's tables are nested too deeply") }
    switch value {
    case .nil: return .null
    case .boolean(let v): return .bool(v)
    case .integer(let v): return .integer(v)
    case .number(let v): return .number(v)
    case .string(let v): return .string(v)
    case .function(let closure): return .function(tableFunction(closure))
    case .table(let table):
      let pairs = try table.pairs()
      if table.count > 0 { return .list(try (1...table.count).map { try read(table[$0], depth: depth + 1) }) }
      var fields: [String: OptionValue] = [:]
      for (key, inner) in pairs {
        guard let name = key.string else { throw LuaError(.usage, "a recipe's keys must be strings") }
        fields[name] = try read(inner, depth: depth + 1)
      }
      return fields.isEmpty ? .list([]) : .dictionary(fields)
    case .bytes, .object, .other:
      throw LuaError(.usage, "a recipe cannot contain a \(interpreter.typeName(of: value))")
    }
  }

  /// A user-defined `lut_function`: for a weight, it returns a table of values and, for each element, an index from
  /// 0.
  private func tableFunction(_ closure: LuaClosure) -> LUTFunction {
    // Only called on the interpreter's thread, on which compression runs.
    nonisolated(unsafe) let closure = closure
    return LUTFunction { weight, context in
      let results = try closure.call(TensorObject(weight), WeightContextRecord(context: context))
      guard results.count >= 2, let lut = try NestedTable.tensor(results[0]), let indices = try NestedTable.tensor(results[1]) else {
        throw LuaError(.usage, "lut_function must return two tables: the values, and an index from 0 for each element")
      }
      if let unfit = indices.unfitElement(for: .int64) {
        throw LuaError(.usage, "lut_function must return whole numbers from 0 as its indices, found \(unfit.place)")
      }
      return (lut.doubles(), indices.integers())
    }
  }
}
