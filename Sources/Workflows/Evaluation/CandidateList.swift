// SPDX-License-Identifier: Apache-2.0
// Models that are compared: their names, and the one that the others are compared with.

import Evaluation
import ModelPackages
import Models

/// Models by name, in order.
package struct CandidateList {
  package typealias Named = (name: String, model: Model)

  /// The model that the others are compared with.
  package enum Baseline {
    case named(String)
    case model(Model)
  }

  package let all: [Named]
  package let baseline: Named?

  /// - Parameters:
  ///   - isOrdered: whether somebody put them in order, so that the first is the baseline where none is given.
  /// - Throws: `WorkflowError` for a name that occurs twice, or a baseline that is none of the candidates.
  package init(_ all: [Named], isOrdered: Bool, baseline: Baseline?) throws(WorkflowError) {
    if let repeated = Dictionary(grouping: all, by: \.name).filter({ $0.value.count > 1 }).keys.min() {
      throw .repeatedCandidate(name: repeated)
    }
    self.all = all
    switch baseline {
    case .named(let name):
      guard let found = all.first(where: { $0.name == name }) else { throw .noCandidate(name: name, known: all.map(\.name)) }
      self.baseline = found
    case .model(let model): self.baseline = all.first { $0.model === model } ?? ("original", model)
    case nil: self.baseline = isOrdered ? all.first : nil
    }
  }

  /// The models by name, the baseline among them.
  package var models: [String: Model] {
    Dictionary((all + (baseline.map { [$0] } ?? [])).map { ($0.name, $0.model) }, uniquingKeysWith: { a, _ in a })
  }

  /// The report of a comparison.
  package func compared(by comparison: Comparison, on data: Dataset) throws -> ComparisonReport {
    try comparison.run(all.map(Candidate.init), on: data, baseline: baseline.map(Candidate.init))
  }
}

extension Candidate {
  fileprivate init(_ named: CandidateList.Named) throws {
    let history = named.model.contents.history
    self.init(
      name: named.name, predictor: named.model, bytes: try named.model.contents.weightByteCount(),
      // The techniques of its history: `prune + palettize`.
      group: history.map { String($0.prefix { $0.isLetter || $0 == "_" }) }.joined(separator: " + "), recipe: history,
      description: try named.model.reportDescription())
  }
}
