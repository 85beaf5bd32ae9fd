// SPDX-License-Identifier: Apache-2.0
// Metrics as scripts name them, and what a script's own metric is given.

import Evaluation
import LuaHost
import Options
import Tensors

/// What `metrics =` may be: a name, a function, or a table of them.
struct MetricList: LuaConvertible {
  static let option = LuaOption<MetricList?>(
    "metrics", "names, or functions(outputs, batch) that return a number", allowed: .strings(Metrics.all.map(\.name)))

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

  /// Keys and values of the table; a single metric is its first.
  func entries() throws -> [(key: LuaValue, value: LuaValue)] {
    try value.table?.pairs() ?? [(.integer(1), value)]
  }
}

/// Metrics as scripts name them.
enum MetricReader {
  /// The metrics of a table of names and functions, or the usual ones when there is none.
  static func metrics(
    _ list: MetricList?, _ data: Dataset, hasBaseline: Bool, _ interpreter: Interpreter
  ) throws -> [MetricDefinition] {
    guard let list else { return Metrics.defaults(labels: data.labels, hasBaseline: hasBaseline) }
    var metrics: [MetricDefinition] = []
    for (key, value) in try list.entries().sorted(by: { order($0.key) < order($1.key) }) {
      switch value {
      case .string(let name): metrics.append(try Metrics.named(name))
      case .function(let function): metrics.append(custom(key.string ?? "metric\(key.integer ?? 1)", function))
      default:
        throw LuaError(
          .usage, "metrics: a name or a function expected, got \(interpreter.typeName(of: value))",
          hint: "names: \(Metrics.all.map(\.name).joined(separator: ", "))")
      }
    }
    return metrics
  }

  /// Positions first, then names.
  private static func order(_ key: LuaValue) -> (Int, String) { (key.integer ?? Int.max, key.string ?? "") }

  private static func custom(_ name: String, _ function: LuaClosure) -> MetricDefinition {
    MetricDefinition.custom(name: name) { batch in
      let record = MetricBatchRecord(batch: batch)
      return try function.call(
        batch.outputs.mapValues { TensorObject($0) }, record, returning: Double.self, role: "metric '\(name)'")
    }
  }
}

/// What a script's metric is given beside the outputs.
struct MetricBatchRecord: LuaRecord {
  let batch: MetricBatch

  static let luaName = "MetricBatch"
  static let luaDoc = "A batch as a metric sees it."
  static let luaFields: [LuaField<MetricBatchRecord>] = [
    LuaField("labels", "their labels") { $0.batch.labels.map { TensorObject($0) } },
    LuaField("reference", "the baseline's outputs by name") { $0.batch.reference?.mapValues { TensorObject($0) } },
    LuaField("count", "number of samples") { $0.batch.count },
  ]
}
