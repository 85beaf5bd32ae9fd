// SPDX-License-Identifier: Apache-2.0
// The models of a comparison, with their names and the baseline.

import Evaluation
import ModelPackages
import Models

/// The candidates of a comparison, in order, and their baseline.
package struct CandidateList {
  package typealias Named = (name: String, model: Model)

  /// The choice of the baseline: the name of a candidate, or a model, which need not be a candidate.
  package enum Baseline {
    case named(String)
    case model(Model)
  }

  package let all: [Named]
  package let baseline: Named?

  /// - Parameters:
  ///   - isOrdered: whether the order was specified by the user; the first candidate is then the default baseline.
  ///   - baseline: the baseline; `nil` for the first candidate if they are ordered, else for none.
  /// - Throws: `WorkflowError.repeatedCandidate` for a name that occurs twice, `.noCandidate` for the name of a baseline that is
  ///   not among the candidates.
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

  /// The models by name, including the baseline.
  package var models: [String: Model] {
    Dictionary((all + (baseline.map { [$0] } ?? [])).map { ($0.name, $0.model) }, uniquingKeysWith: { a, _ in a })
  }

  /// The report of the comparison.
  ///
  /// - Throws: the errors of `Comparison.run`, and those of reading the models' weights.
  package func compared(by comparison: Comparison, on data: Dataset) throws -> ComparisonReport {
    try comparison.run(all.map(Candidate.init), on: data, baseline: baseline.map(Candidate.init))
  }
}

extension Candidate {
  fileprivate init(_ named: CandidateList.Named) throws {
    let history = named.model.contents.history
    self.init(
      name: named.name, predictor: named.model, bytes: try named.model.contents.weightByteCount(),
      // The names of the techniques in the history: `prune + palettize`.
      group: history.map { String($0.prefix { $0.isLetter || $0 == "_" }) }.joined(separator: " + "), recipe: history,
      description: try named.model.reportDescription())
  }
}
