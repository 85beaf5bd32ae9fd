// SPDX-License-Identifier: Apache-2.0
// What training-time methods have done to each weight.

import Evaluation
import LuaHost
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

  static let luaClass = LuaClass(
    TrainingReportObject.self, "What methods have done to weights so far.",
    properties: [
      LuaProperty("sparsity", "share of zeros in all pruned weights; nil without pruning") { (r: TrainingReportObject) in r.sparsity },
      LuaProperty("skipped", "weights left alone, each { method, weight, reason }") { (r: TrainingReportObject) in
        r.skipped.map { ["method": $0.method, "weight": $0.weight, "reason": $0.reason] }
      },
    ],
    behaviors: [
      .toString { (r: TrainingReportObject) in r.text },
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

  private var text: String {
    var table = Table(columns: [
      Table.Column("weight", .left), Table.Column("method", .left), Table.Column("#params"), Table.Column("error"),
      Table.Column("facts", .left),
    ])
    for weight in weights {
      let facts = weight.facts.map { "\($0.name) \($0.value.text)" }.joined(separator: ", ")
      table.append([weight.name, weight.method, "\(weight.count)", Quantity.significant(weight.error, 3), facts])
    }
    return ([table.text()] + skipped.map { "\($0.weight): not \($0.method)d, \($0.reason)" }).joined(separator: "\n")
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
