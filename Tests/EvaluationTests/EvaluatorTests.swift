// SPDX-License-Identifier: Apache-2.0
// Running predictors over data sets.

import Evaluation
import Tensors
import Testing

@Suite struct EvaluatorTests {
  /// Six samples of three scores; the label is the largest score's class for the first four.
  func data() throws -> Dataset {
    let scores: [Float] = [3, 1, 2, 0, 5, 1, 1, 2, 9, 7, 0, 1, 1, 2, 3, 4, 0, 0]
    return try Dataset(
      inputs: ["x": Tensor(scores, shape: [6, 3])], labels: Tensor([0, 1, 2, 0, 0, 1] as [Int64]), options: .init(batchSize: 4))
  }

  @Test(arguments: [BatchRule.any, .fixed(1), .fixed(4)])
  func accuracyWithAndWithoutABaseline(_ rule: BatchRule) throws {
    let evaluator = Evaluator(metrics: [.accuracy, .mse, .agreement])
    let result = try evaluator.evaluate(Scaler(-1, rule), on: data(), baseline: Scaler(1))
    #expect(result.samples == 6)
    // Negated scores choose the smallest: none of the first four labels, but 0 for (1, 2, 3) and 1 for (4, 0, 0).
    #expect(result["accuracy"]?.value == 2.0 / 6)
    #expect(result["agreement"]?.value == 0)
    // mean of (2x)² = 4 · Σx² / 18, Σx² = 206.
    #expect(abs((result["mse"]?.value ?? 0) - 4 * 206.0 / 18) < 1e-9)
    #expect(try Evaluator(metrics: [.accuracy]).evaluate(Scaler(1, rule), on: data())["accuracy"]?.value == 4.0 / 6)
  }

  @Test func theBaselineRunsOncePerBatch() throws {
    let baseline = Scaler(1)
    let both = try Evaluator(metrics: [.accuracy, .snr]).evaluate([Scaler(1), Scaler(2)], on: data(), baseline: baseline)
    #expect(baseline.calls == [4, 2])
    #expect(both.candidates.map { $0["snr_db"]?.value } == [.infinity, 0])
    #expect(both.baseline?["accuracy"]?.value == 4.0 / 6)
    #expect(both.baseline?["snr_db"] == nil, "not compared with itself")
  }

  @Test func progressAndCancelling() throws {
    var seen: [[Int]] = []
    var evaluator = Evaluator(metrics: [.accuracy], onBatch: { seen.append([$0.candidate ?? -1, $0.done, $0.total]) })
    _ = try evaluator.evaluate(Scaler(1), on: data(), baseline: Scaler(1))
    #expect(seen == [[-1, 4, 12], [0, 8, 12], [-1, 10, 12], [0, 12, 12]])
    evaluator.isCancelled = { seen.count >= 5 }
    #expect(failure { _ = try evaluator.evaluate(Scaler(1), on: data()) } == .cancelled)
    #expect(seen.count == 5)
  }

  @Test func metricsThatCannotHaveAValueAreRefusedFirst() throws {
    let model = Scaler(1)
    let unlabelled = try Dataset(inputs: ["x": counting(2)])
    #expect(
      failure { _ = try Evaluator(metrics: [.accuracy]).evaluate(model, on: unlabelled) }
        == .metricNeeds(metric: "accuracy", what: "labels, and the data set has none"))
    #expect(
      failure { _ = try Evaluator(metrics: [.snr]).evaluate(model, on: unlabelled) }
        == .metricNeeds(metric: "snr_db", what: "a baseline, or labels that are targets"))
    #expect(model.calls.isEmpty)
  }

  @Test func inputsAreMatchedByNameUnlessThereIsOneOfEach() throws {
    let one = try Dataset(inputs: ["picture": counting(2)])
    let custom = MetricDefinition.custom(name: "sum") { $0.outputs["y"]?.doubles().reduce(0, +) ?? 0 }
    #expect(try Evaluator(metrics: [custom]).evaluate(Scaler(1), on: one)["sum"]?.value == 6)
    let two = try Dataset(inputs: ["a": counting(2), "b": counting(2)])
    #expect(failure { _ = try Evaluator(metrics: [custom]).evaluate(Scaler(1), on: two) } == .missingInput(name: "x", present: ["a", "b"]))
  }

  @Test func classNamesAreMatched() throws {
    let data = try Dataset(
      inputs: ["x": Tensor([0, 1, 1, 0] as [Float], shape: [2, 2])], labels: Tensor([0, 1] as [Int32]), classNames: ["cat", "dog"])
    #expect(try Evaluator(metrics: [.accuracy]).evaluate(Scaler(1, classNames: ["dog", "cat"]), on: data)["accuracy"]?.value == 1)
    #expect(try Evaluator(metrics: [.accuracy]).evaluate(Scaler(1, classNames: ["cat", "dog"]), on: data)["accuracy"]?.value == 0)
    #expect(
      failure { _ = try Evaluator(metrics: [.accuracy]).evaluate(Scaler(1, classNames: ["cat", "cow"]), on: data) }
        == .unknownClass(name: "dog", known: ["cat", "cow"]))
  }

  @Test func defaults() throws {
    let classes = Tensor([1, 2] as [Int32])
    #expect(Metrics.defaults(labels: classes, hasBaseline: true).map(\.name) == ["accuracy", "agreement", "snr_db"])
    #expect(Metrics.defaults(labels: classes, hasBaseline: false).map(\.name) == ["accuracy"])
    #expect(Metrics.defaults(labels: counting(2), hasBaseline: false).map(\.name) == ["mse"])
    #expect(Metrics.defaults(labels: nil, hasBaseline: true).map(\.name) == ["snr_db", "cosine"])
  }

  @Test func resultsPrint() throws {
    let result = EvaluationResult(
      metrics: [
        .init(name: "accuracy", unit: "", better: .higher, value: MetricValue(0.9928, interval: 0.9909...0.9943, count: 10000)),
        .init(name: "snr_db", unit: "dB", better: .higher, value: nil),
      ], samples: 10000, seconds: 4)
    #expect(
      result.description == """
        metric     value  unit  95 % interval
        ───────────────────────────────────────
        accuracy  0.9928        0.9909 … 0.9943
        snr_db         –  dB
        10000 samples, 2500 a second
        """)
  }
}
