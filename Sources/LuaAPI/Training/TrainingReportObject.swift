// SPDX-License-Identifier: Apache-2.0
// The Lua object for reports of training-time compression.

import Evaluation
import LuaHost
import Options
import TextLayout
import Training

/// The report of a trainer: a sequence with an entry for each weight.
final class TrainingReportObject: LuaBoxed {
  let weights: [WeightTraining]
  let skipped: [(method: String, weight: String, reason: String)]

  init(_ weights: [WeightTraining], skipped: [(method: String, weight: String, reason: String)]) {
    self.weights = weights
    self.skipped = skipped
  }

  static var luaName: String { "TrainingReport" }

  private enum PrintOptions {
    static let all = LuaOption("all", "every weight, however many there are", default: false)
    static let sort = LuaOption<String?>(
      "sort", "field to sort by: largest error or most elements first; names in ascending order",
      allowed: .oneOf("name", "method", "params", "error"))
    static let table = LuaOptionTable("TrainingPrintOptions", [all, sort])
  }

  static let luaClass = LuaClass(
    TrainingReportObject.self, "What methods have done to weights so far.",
    properties: [
      LuaProperty("sparsity", "fraction of zeros in all pruned weights; nil without pruning") { (r: TrainingReportObject) in r.sparsity },
      LuaProperty("skipped", "weights left alone, each { method, weight, reason }") { (r: TrainingReportObject) in
        r.skipped.map { ["method": $0.method, "weight": $0.weight, "reason": $0.reason] }
      },
    ],
    methods: [
      LuaMethod(
        "print", "Print the report, optionally complete or sorted.", .options(PrintOptions.table), .context,
        example: "wane.trainer(model):report():print{ all = true, sort = \"error\" }"
      ) { (r: TrainingReportObject, options: LuaOptions, context: LuaContext) in
        let screen = context.interpreter.screen()
        let frame = options[PrintOptions.all] ? DisplayFrame(columns: screen.columns) : screen
        context.interpreter.write(r.text(in: frame, sortedBy: options[PrintOptions.sort]))
      }
    ],
    behaviors: [
      .toString(in: DisplayFrame.self) { (r: TrainingReportObject, frame: DisplayFrame) in r.text(in: frame) },
      .length { (r: TrainingReportObject) in r.weights.count },
      .index { (r: TrainingReportObject, i: Int) in
        r.weights.indices.contains(i - 1) ? TrainingReportEntry(weight: r.weights[i - 1]) : nil
      },
    ])

  private var sparsity: Double? {
    var (zeros, count) = (0.0, 0.0)
    for weight in weights {
      guard case .number(let share)? = weight.facts.first(where: { $0.name == "unstructured_weight_sparsity" })?.value else { continue }
      zeros += share * Double(weight.count)
      count += Double(weight.count)
    }
    return count > 0 ? zeros / count : nil
  }

  private func text(in frame: DisplayFrame, sortedBy field: String? = nil) -> String {
    var table = Table(columns: [
      Table.Column("weight", .left), Table.Column("method", .left, dispensable: true), Table.Column("#params"), Table.Column("error"),
      Table.Column("facts", .left),
    ])
    for weight in sorted(by: field) {
      let facts = weight.facts.map { "\($0.name) \($0.value.text)" }.joined(separator: ", ")
      table.append([weight.name, weight.method, "\(weight.count)", Quantity.significant(weight.error, 3), facts])
    }
    let reasons = reasons.map { line in frame.columns.map { DisplayWidth.truncate(line, to: $0) } ?? line }
    let shown = table.text(in: frame, others: reasons.count, remedy: "report:print{ all = true } shows all")
    return ([shown] + reasons).joined(separator: "\n")
  }

  private func sorted(by field: String?) -> [WeightTraining] {
    switch field {
    case "name": weights.sorted { $0.name < $1.name }
    case "method": weights.sorted { $0.method < $1.method }
    case "params": weights.sorted { $0.count > $1.count }
    case "error": weights.sorted { $0.error > $1.error }
    default: weights
    }
  }

  /// A line for each method and reason: `51 not pruned, …`.
  private var reasons: [String] {
    var groups: [(method: String, reason: String, weights: [String])] = []
    for (method, weight, reason) in skipped {
      if let index = groups.firstIndex(where: { $0.method == method && $0.reason == reason }) {
        groups[index].weights.append(weight)
      } else {
        groups.append((method, reason, [weight]))
      }
    }
    return groups.map { group in
      let names = group.weights.prefix(2).joined(separator: ", ") + (group.weights.count > 2 ? ", …" : "")
      return "not \(group.method)d \(group.weights.count): \(group.reason) (\(DisplayWidth.printable(names)))"
    }
  }
}

extension WeightFact.Value {
  fileprivate var text: String {
    switch self {
    case .number(let v): Quantity.significant(v, 4)
    case .integer(let v): "\(v)"
    case .text(let v): v
    case .flag(let v): "\(v)"
    }
  }

  fileprivate var lua: LuaValue {
    switch self {
    case .number(let v): .number(v)
    case .integer(let v): .integer(v)
    case .text(let v): .string(v)
    case .flag(let v): .boolean(v)
    }
  }
}

/// An entry of the report.
struct TrainingReportEntry: LuaRecord {
  let weight: WeightTraining

  static let luaName = "TrainingReportEntry"
  static let luaDoc = "What methods have done to one weight."
  static let luaFields: [LuaField<TrainingReportEntry>] = [
    LuaField("name", "the weight") { $0.weight.name },
    LuaField("method", "the applied methods, in order") { $0.weight.method },
    LuaField("params", "number of elements") { $0.weight.count },
    LuaField("error", "root mean square of the difference between the weight and its stored values") { $0.weight.error },
    LuaField("facts", "method-specific values: sparsities, clusters, codes") { entry in
      Dictionary(entry.weight.facts.map { ($0.name, $0.value.lua) }, uniquingKeysWith: { a, _ in a })
    },
  ]
}
