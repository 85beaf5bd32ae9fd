// SPDX-License-Identifier: Apache-2.0
// What training-time methods have done to each weight.

import Evaluation
import TextLayout
import Training

/// The report of a run: a line for each weight, and those left alone.
package struct TrainingReport {
  package let weights: [WeightTraining]
  package let skipped: [(method: String, weight: String, reason: String)]

  /// Fields by which weights may be sorted.
  package static let sortFields = ["name", "method", "params", "error"]

  init(_ weights: [WeightTraining], skipped: [(method: String, weight: String, reason: String)]) {
    self.weights = weights
    self.skipped = skipped
  }

  /// Share of zeros in all pruned weights; `nil` without pruning.
  package var sparsity: Double? {
    var (zeros, count) = (0.0, 0.0)
    for weight in weights {
      guard case .number(let share)? = weight.facts.first(where: { $0.name == "unstructured_weight_sparsity" })?.value else { continue }
      zeros += share * Double(weight.count)
      count += Double(weight.count)
    }
    return count > 0 ? zeros / count : nil
  }

  /// The weights as far as they fit, and the reasons for the others.
  package func text(in frame: DisplayFrame, sortedBy field: String? = nil) -> String {
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

  /// `51 not pruned, …`: a line for each method and reason.
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
}
