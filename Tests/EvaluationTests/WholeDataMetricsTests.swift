// SPDX-License-Identifier: Apache-2.0
// Metrics that need the whole data set, by hand.

import DataFiles
import Evaluation
import Foundation
import Tensors
import Testing

@Suite struct WholeDataMetricsTests {
  private func ids(_ values: [Int], _ shape: [Int]) -> Tensor {
    Tensor(values.map { Int32($0) }, shape: shape)
  }

  private func close(_ value: Double?, _ expected: Double) -> Bool {
    value.map { abs($0 - expected) < 1e-6 } ?? false
  }

  @Test func twoClassesHaveOneCurve() throws {
    let arrays = try NPZ.read(fixture("metrics.npz"))
    let expected = try #require(arrays["two_auc"]?.doubles().first)
    let two = try #require(arrays["two"])
    #expect(close(try measure(.auc, two, labels: arrays["two_labels"])?.value, expected))
    // One score a sample.
    let difference = Tensor(
      (0..<60).map { two.floats()[2 * $0 + 1] - two.floats()[2 * $0] }, shape: [60, 1])
    #expect(close(try measure(.auc, difference, labels: arrays["two_labels"])?.value, expected))
    #expect(
      try measure(.auc, Tensor([1, 2] as [Float], shape: [2]), labels: ids([1, 1], [2]))?.value
        .isNaN == true)
    #expect(
      close(
        try measure(.auc, Tensor([1, 1] as [Float], shape: [2]), labels: ids([0, 1], [2]))?.value,
        0.5))
    #expect(throws: EvaluationError.self) {
      try measure(.auc, Tensor([1, 2] as [Float], shape: [2]), labels: ids([0, 2], [2]))
    }
  }

  @Test func negativeLabelsDoNotCount() throws {
    // Uniform over 4 classes: perplexity 4 whatever the labels.
    let logits = Tensor([Float](repeating: 3, count: 2 * 3 * 4), shape: [2, 3, 4])
    #expect(
      close(
        try measure(.perplexity, logits, labels: ids([0, 1, -1, 3, -100, -1], [2, 3]))?.value, 4))
    #expect(
      try measure(.perplexity, logits, labels: ids([0, 1, -1, 3, -100, -1], [2, 3]))?.count == 3)
    #expect(
      try measure(.perplexity, logits, labels: ids([-1, -1, -1, -1, -1, -1], [2, 3])) == nil)
    #expect(throws: EvaluationError.self) {
      try measure(.perplexity, logits, labels: ids([0, 4, 0, 0, 0, 0], [2, 3]))
    }
    let classes = ids([0, 1, 1, 1], [1, 4])
    #expect(
      close(
        try measure(.iou, classes, labels: ids([0, 0, 1, -1], [1, 4]))?.value, (0.5 + 0.5) / 2))
  }

  @Test func classesAreAveraged() throws {
    // Class 0: tp 1, fn 1; class 1: tp 1, fp 1; class 2 never occurs.
    #expect(
      close(
        try measure(.f1, ids([0, 1, 1], [3]), labels: ids([0, 0, 1], [3]))?.value,
        (2.0 / 3 + 2.0 / 3) / 2))
  }

  @Test func wordsAreCompared() throws {
    let labels = ids([1, 2, 3, -1, 4, 5, -1, -1], [2, 4])
    // One substitution, one insertion; one deletion: 3 errors in 5 words.
    #expect(
      close(
        try measure(.wer, ids([1, 7, 3, 9, 4, -1, -1, -1], [2, 4]), labels: labels)?.value, 3.0 / 5)
    )
    #expect(try measure(.wer, labels, labels: labels)?.value == 0)
  }

  @Test func confidenceIsCompared() throws {
    // Four samples of probability 0.8, of which two are right.
    let probabilities = Tensor([0.8, 0.2, 0.8, 0.2, 0.8, 0.2, 0.8, 0.2] as [Float], shape: [4, 2])
    #expect(close(try measure(.ece, probabilities, labels: ids([0, 0, 1, 1], [4]))?.value, 0.3))
  }

  @Test func constantsHaveNoCorrelation() throws {
    let labels = Tensor([1, 2, 3] as [Float], shape: [3])
    #expect(
      try measure(.pearson, Tensor([2, 2, 2] as [Float], shape: [3]), labels: labels)?.value.isNaN
        == true)
    #expect(
      close(
        try measure(.pearson, Tensor([3, 5, 7] as [Float], shape: [3, 1]), labels: labels)?.value, 1
      ))
    #expect(
      close(
        try measure(.spearman, Tensor([9, 5, 1] as [Float], shape: [3]), labels: labels)?.value, -1)
    )
    #expect(throws: EvaluationError.self) {
      try measure(.pearson, Tensor([1, 2] as [Float], shape: [2]), labels: labels)
    }
  }

  @Test func statesLastForARun() throws {
    let metric = MetricDefinition.custom(name: "peak", better: .lower, start: { -Double.infinity }) { state, batch in
      state = max(state, batch.outputs["y"]?.floats().max().map(Double.init) ?? state)
    } finish: {
      $0 * 2
    }
    let data = try Dataset(inputs: ["x": counting(5)], options: .init(batchSize: 2))
    let evaluator = Evaluator(metrics: [metric])
    for _ in 0..<2 {
      #expect(try evaluator.evaluate(Scaler(3), on: data).metrics.first?.value?.value == 54)
    }
  }
}
