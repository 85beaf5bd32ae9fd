// SPDX-License-Identifier: Apache-2.0
// Top-1 agreement: the fraction of samples for which candidate and baseline predict the same class.

import Tensors

extension MetricDefinition {
  package static var agreement: MetricDefinition {
    MetricDefinition(
      name: "agreement", better: .higher, needs: .reference,
      formula: "share of samples with argmax(candidate) = argmax(baseline); NaN never agrees",
      source: "interval: Wilson (1927), 95 %", make: { Agreement(options: $0) })
  }
}

/// Top-1 agreement. Integer outputs are compared element by element. Needs no labels.
struct Agreement: Metric {
  let options: MetricOptions
  private var proportion = Proportion()

  init(options: MetricOptions) { self.options = options }

  mutating func add(_ batch: MetricBatch) throws {
    let reference = try batch.referenceScores(for: "agreement", options)
    let candidate = try batch.scores(for: "agreement", options)
    guard candidate.shape == reference.shape else {
      throw EvaluationError.unlikeOutputs(
        metric: "agreement", candidate: candidate.shape, reference: reference.shape, referenceName: "baseline")
    }
    guard candidate.dtype.isFloat, reference.dtype.isFloat else {
      for (a, b) in zip(candidate.integers(), reference.integers()) { proportion.add(a == b) }
      return
    }
    let ours = try ClassScores(candidate, labels: nil, metric: "agreement", axis: options.classAxis)
    let theirs = try ClassScores(reference, labels: nil, metric: "agreement", axis: options.classAxis)
    for row in 0..<ours.rowCount {
      let choice = ours.best(row)
      proportion.add(choice != nil && choice == theirs.best(row))
    }
  }

  var result: MetricValue? { proportion.result }
}
