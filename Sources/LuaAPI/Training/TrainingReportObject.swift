// SPDX-License-Identifier: Apache-2.0
// What training-time methods have done to each weight.

import Evaluation
import LuaHost
import Options
import TextLayout
import Training

/// The report of a trainer: a sequence, a line for each weight.
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
      "sort", "field by which weights follow each other: the largest error or the most elements first; names rising",
      allowed: .oneOf("name", "method", "params", "error"))
    static let table = LuaOptionTable("TrainingPrintOptions", [all, sort])
  }

  static let luaClass = LuaClass(
    TrainingReportObject.self, "What methods have done to weights so far.",
    properties: [
      LuaProperty("sparsity", "share of zeros in all pruned weights; nil without pruning") { (r: TrainingReportObject) in r.sparsity },
      LuaProperty("skipped", "weights left alone, each { method, weight, reason }") { (r: TrainingReportObject) in
        r.skipped.map { ["method": $0.method, "weight": $0.weight, "reason": $0.reason] }
      },
    ],
    methods: [
      LuaMethod(
        "print", "Write the report: all of it, or in an order of choice.", .options(PrintOptions.table), .context,
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
      Table.Column("facts", .left, cut: .end),
    ])
    let common = commonFacts
    for weight in sorted(by: field) {
      let facts = Self.words(weight).filter { !common.contains($0) }.joined(separator: ", ")
      table.append([weight.name, weight.method, "\(weight.count)", Quantity.significant(weight.error, 3), facts])
    }
    if table.rows.allSatisfy({ $0.last?.isEmpty ?? true }) { table = table.without(["facts"]) }
    let lines = (common.isEmpty ? [] : ["all: \(common.joined(separator: ", "))"]) + reasons
    let reasons = lines.flatMap { DisplayWidth.wrap($0, to: frame.columns).split(separator: "\n").map(String.init) }
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

  /// `not palettized 2: 240…648 elements are not more than … (a, b)`, a line for each method and reason.
  private var reasons: [String] {
    var methods: [String] = []
    for (method, _, _) in skipped where !methods.contains(method) { methods.append(method) }
    return methods.flatMap { method in
      ReasonGroups(skipped.filter { $0.method == method }, reason: \.reason).groups.map { group in
        let names = group.elements.prefix(2).map { DisplayWidth.shorten(DisplayWidth.printable($0.weight), to: 40) }
        let more = group.elements.count > 2 ? ", …" : ""
        return "not \(method)d \(group.elements.count): \(group.reason) (\(names.joined(separator: ", "))\(more))"
      }
    }
  }

  /// Facts that all weights have alike; told once.
  private var commonFacts: [String] {
    guard weights.count > 1, let first = weights.first else { return [] }
    return Self.words(first).filter { fact in weights.allSatisfy { Self.words($0).contains(fact) } }
  }

  /// `num_clusters 16`, ….
  private static func words(_ weight: WeightTraining) -> [String] { weight.facts.map { "\($0.name) \($0.value.text)" } }
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

/// One line of the report.
struct TrainingReportEntry: LuaRecord {
  let weight: WeightTraining

  static let luaName = "TrainingReportEntry"
  static let luaDoc = "What methods have done to one weight."
  static let luaFields: [LuaField<TrainingReportEntry>] = [
    LuaField("name", "the weight") { $0.weight.name },
    LuaField("method", "the methods at work, in their order") { $0.weight.method },
    LuaField("params", "number of elements") { $0.weight.count },
    LuaField("error", "root of the mean squared difference between the weight and what the model will hold") { $0.weight.error },
    LuaField("facts", "the methods' own: sparsities, clusters, codes") { entry in
      Dictionary(entry.weight.facts.map { ($0.name, $0.value.lua) }, uniquingKeysWith: { a, _ in a })
    },
  ]
}
