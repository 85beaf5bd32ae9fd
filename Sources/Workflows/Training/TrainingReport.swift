// SPDX-License-Identifier: Apache-2.0
// The report of training-time compression, weight by weight.

import Evaluation
import TextLayout
import Training

/// The report of a training run: the compressed weights, and the skipped weights with reasons.
package struct TrainingReport {
  package let weights: [WeightTraining]
  package let skipped: [(method: String, weight: String, reason: String)]

  /// The fields that weights can be sorted by.
  package static let sortFields = ["name", "method", "params", "error"]

  init(_ weights: [WeightTraining], skipped: [(method: String, weight: String, reason: String)]) {
    self.weights = weights
    self.skipped = skipped
  }

  /// The fraction of zeros in all pruned weights, from 0 to 1; `nil` without pruning.
  package var sparsity: Double? {
    var (zeros, count) = (0.0, 0.0)
    for weight in weights {
      guard case .number(let share)? = weight.facts.first(where: { $0.name == "unstructured_weight_sparsity" })?.value else { continue }
      zeros += share * Double(weight.count)
      count += Double(weight.count)
    }
    return count > 0 ? zeros / count : nil
  }

  /// The weights that fit the frame, the facts that all of them share, and the reasons for skipped weights.
  ///
  /// - Parameter field: one of `sortFields`; any other text, or `nil`, keeps the order.
  package func text(in frame: DisplayFrame, sortedBy field: String? = nil) -> String {
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

  /// A line for each method and reason: `not palettized 2: 240…648 elements are not more than … (a, b)`.
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

  /// The facts that all weights share, which are shown once.
  private var commonFacts: [String] {
    guard weights.count > 1, let first = weights.first else { return [] }
    return Self.words(first).filter { fact in weights.allSatisfy { Self.words($0).contains(fact) } }
  }

  /// The facts of a weight, such as `num_clusters 16`.
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
}
