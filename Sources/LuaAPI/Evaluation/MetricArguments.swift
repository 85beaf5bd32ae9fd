// SPDX-License-Identifier: Apache-2.0
// Reads metrics from Lua values, and passes data to custom metrics.

import Evaluation
import LuaHost
import Options
import Tensors

/// The value of `metrics =`: a name, a function, or a table of them.
struct MetricList: LuaConvertible {
  static let option = LuaOption<MetricList?>(
    "metrics",
    "names; functions(outputs, batch) that return a number, the higher the better; { name =, fn = function, better = \"lower\" }; or, for values "
      + "of the whole data set, { name =, update = function(state, outputs, batch), finish = function(state), better = }",
    allowed: .strings(Metrics.all.map(\.name)))

  private let value: LuaValue

  static var luaType: LuaType { .union([.string, .function, .table]) }

  func push(to interpreter: Interpreter) throws { try value.push(to: interpreter) }

  static func read(_ interpreter: Interpreter, at index: Int32) throws(LuaMismatch) -> MetricList {
    let value = try LuaValue.read(interpreter, at: index)
    switch value {
    case .string, .function, .table: return MetricList(value: value)
    default: throw LuaMismatch(expected: luaType.description, found: interpreter.typeName(of: value))
    }
  }

  /// The keys and values of the table; a single metric is its first element.
  func entries() throws -> [(key: LuaValue, value: LuaValue)] {
    guard let table = value.table, table["fn"].function == nil, table["update"].function == nil else { return [(.integer(1), value)] }
    return try table.pairs()
  }
}

/// Reads metrics from Lua values.
enum MetricReader {
  private static let fields = ["name", "fn", "update", "finish", "better", "unit"]

  /// The metrics in a table of names and functions, or the default metrics if there is none.
  static func metrics(
    _ list: MetricList?, _ data: Dataset, hasBaseline: Bool, _ interpreter: Interpreter
  ) throws -> [MetricDefinition] {
    guard let list else { return Metrics.defaults(labels: data.labelType, hasBaseline: hasBaseline) }
    let metrics = try list.entries().sorted(by: { order($0.key) < order($1.key) }).map { key, value in
      switch value {
      case .string(let name): return try Metrics.named(name)
      case .function(let function): return custom(key.string ?? "metric\(key.integer ?? 1)", function)
      case .table(let table): return try described(key, table, interpreter)
      default:
        throw LuaError(
          .usage, "metrics: a name or a function expected, got \(interpreter.typeName(of: value))",
          hint: "names: \(Metrics.all.map(\.name).joined(separator: ", "))")
      }
    }
    guard !metrics.isEmpty else {
      throw LuaError(
        .usage, "metrics is empty",
        hint: "leave it out for the usual ones, or name some: \(Metrics.all.map(\.name).joined(separator: ", "))")
    }
    return metrics
  }

  /// Sorts positions first, then names.
  private static func order(_ key: LuaValue) -> (Int, String) { (key.integer ?? Int.max, key.string ?? "") }

  /// Reads `{ name =, fn =, better = "lower" | "higher", unit = }`. If `name` is missing, the key is the name.
  private static func described(_ key: LuaValue, _ table: LuaTable, _ interpreter: Interpreter) throws -> MetricDefinition {
    let form = "{ name = \"…\", fn = function(outputs, batch) … end, better = \"lower\" }"
    for (field, _) in try table.pairs() where !fields.contains(field.string ?? "") {
      throw LuaError(
        .usage, "metrics: unknown field '\(try interpreter.describe(field))'",
        hint: field.string.flatMap { Suggestion.nearest(to: $0, among: fields) }.map { "did you mean '\($0)'?" } ?? form)
    }
    guard let name = table["name"].string ?? key.string, !name.isEmpty else {
      throw LuaError(.usage, "metrics: a metric has no name", hint: form)
    }
    let (update, finish) = (table["update"].function, table["finish"].function)
    if (update == nil) != (finish == nil) {
      throw LuaError(
        .usage, "metrics: '\(name)' has \(update == nil ? "finish" : "update"), but no function \(update == nil ? "update" : "finish")",
        hint: "{ name = \"…\", update = function(state, outputs, batch) … end, finish = function(state) … end, better = \"lower\" }")
    }
    if update != nil, !table["fn"].isNil { throw LuaError(.usage, "metrics: '\(name)' has fn and update; a metric has one of them") }
    guard let function = table["fn"].function ?? update else { throw LuaError(.usage, "metrics: '\(name)' has no function fn", hint: form) }
    guard let better = table["better"].string.flatMap(MetricDefinition.Direction.init) else {
      throw LuaError(.usage, "metrics: '\(name)' must say better = \"lower\" or \"higher\"", hint: form)
    }
    guard table["unit"].isNil || table["unit"].string != nil else { throw LuaError(.usage, "metrics: unit of '\(name)' must be a string") }
    let unit = table["unit"].string ?? ""
    guard let update, let finish else { return custom(name, unit: unit, better: better, function) }
    return MetricDefinition.custom(name: name, unit: unit, better: better, start: { interpreter.newTable() }) { state, batch in
      try update.call(state, batch.outputs.mapValues { TensorObject($0) }, MetricBatchRecord(batch: batch))
    } finish: { state in
      try finish.call(state, returning: Double.self, role: "finish of metric '\(name)'")
    }
  }

  private static func custom(
    _ name: String, unit: String = "", better: MetricDefinition.Direction = .higher, _ function: LuaClosure
  ) -> MetricDefinition {
    MetricDefinition.custom(name: name, unit: unit, better: better) { batch in
      let record = MetricBatchRecord(batch: batch)
      return try function.call(
        batch.outputs.mapValues { TensorObject($0) }, record, returning: Double.self, role: "metric '\(name)'")
    }
  }
}

/// The argument of a custom metric in addition to the outputs.
struct MetricBatchRecord: LuaRecord {
  let batch: MetricBatch

  static let luaName = "MetricBatch"
  static let luaDoc = "A batch as a metric sees it."
  static let luaFields: [LuaField<MetricBatchRecord>] = [
    LuaField("labels", "their labels") { $0.batch.labels.map { TensorObject($0) } },
    LuaField("reference", "the baseline's outputs by name; for the baseline, its own") {
      $0.batch.reference?.mapValues { TensorObject($0) }
    },
    LuaField("count", "number of samples") { $0.batch.count },
  ]
}
