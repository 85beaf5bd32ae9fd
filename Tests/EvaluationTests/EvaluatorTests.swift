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

  /// Results by candidate; -1 is the baseline.
  private func evaluate(
    _ metrics: [MetricDefinition], _ candidates: [any Predictor], _ data: Dataset, baseline: (any Predictor)?
  ) throws -> [Int: EvaluationResult] {
    var found: [Int: EvaluationResult] = [:]
    try Evaluator(metrics: metrics).evaluate(candidates, on: data, baseline: baseline) { found[$0 ?? -1] = $1 }
    return found
  }

  @Test func theBaselineRunsOncePerBatch() throws {
    let baseline = Scaler(1)
    let found = try evaluate([.accuracy, .snr], [Scaler(1), Scaler(2)], data(), baseline: baseline)
    #expect(baseline.calls == [4, 2])
    #expect([0, 1].map { found[$0]?["snr_db"]?.value } == [.infinity, 0])
    #expect(found[-1]?["accuracy"]?.value == 4.0 / 6)
  }

  /// Every metric, including custom ones, compares the baseline with itself.
  @Test func theBaselineAgreesWithItself() throws {
    let own = MetricDefinition.custom(name: "own", better: .lower) { batch in
      zip(batch.outputs["y"]?.doubles() ?? [1], batch.reference?["y"]?.doubles() ?? []).reduce(0) { $0 + abs($1.0 - $1.1) }
    }
    let metrics: [MetricDefinition] = [.agreement, .snr, .psnr, .cosine, .kl, .mse, .mae, own]
    let found = try #require(try evaluate(metrics, [Scaler(2)], data(), baseline: Scaler(1))[-1])
    let wanted: [String: Double] = [
      "agreement": 1, "snr_db": .infinity, "psnr_db": .infinity, "cosine": 1, "kl": 0, "mse": 0, "mae": 0, "own": 0,
    ]
    #expect(found.metrics.count == wanted.count)
    for entry in found.metrics {
      #expect(abs((entry.value?.value ?? .nan) - (wanted[entry.name] ?? .nan)) < 1e-12 || entry.value?.value == wanted[entry.name])
    }
  }

  @Test func rememberedOutputsAreNotComputedAgain() throws {
    let data = try data()
    let baseline = RememberingScaler(1)
    for _ in 0..<3 { _ = try Evaluator(metrics: [.snr]).evaluate(Scaler(2), on: data, baseline: baseline) }
    #expect(baseline.inner.calls == [4, 2])
    // A different batch size, a different order, or another data set with the same content is computed again.
    _ = try Evaluator(metrics: [.snr], batchSize: 6).evaluate(Scaler(2), on: data, baseline: baseline)
    #expect(baseline.inner.calls == [4, 2, 6])
    _ = try Evaluator(metrics: [.snr]).evaluate(Scaler(2), on: data.shuffled(seed: 1), baseline: baseline)
    _ = try Evaluator(metrics: [.snr]).evaluate(Scaler(2), on: self.data(), baseline: baseline)
    #expect(baseline.inner.calls == [4, 2, 6, 4, 2, 4, 2])
    // Cached outputs of released data sets are removed, except those of the last call.
    #expect((baseline.rememberedOutputs?.byteCount ?? 0) <= 3 * 6 * 3 * 4)
  }

  /// The cache holds one batch of two: the other is computed again, with correct results.
  @Test func whatHasNoRoomIsComputedAgain() throws {
    let data = try data()
    let baseline = RememberingScaler(1, limit: 4 * 3 * 4)
    for _ in 0..<2 { #expect(try Evaluator(metrics: [.snr]).evaluate(Scaler(2), on: data, baseline: baseline)["snr_db"]?.value == 0) }
    #expect(baseline.inner.calls == [4, 2, 2])
    #expect((baseline.rememberedOutputs?.byteCount ?? 0) <= 4 * 3 * 4)
  }

  @Test func nothingToMeasureIsSaid() throws {
    let unlabeled = try Dataset(inputs: ["x": counting(2)])
    let metrics = Metrics.defaults(labels: nil, hasBaseline: false)
    #expect(failure { _ = try Evaluator(metrics: metrics).evaluate(Scaler(1), on: unlabeled) } == .nothingToMeasure)
    #expect(
      failure { _ = try Evaluator(metrics: [.snr, .snr]).evaluate(Scaler(1), on: unlabeled, baseline: Scaler(1)) }
        == .duplicateMetric(name: "snr_db"))
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
    let unlabeled = try Dataset(inputs: ["x": counting(2)])
    #expect(
      failure { _ = try Evaluator(metrics: [.accuracy]).evaluate(model, on: unlabeled) }
        == .metricNeeds(metric: "accuracy", what: "labels, and the data set has none"))
    #expect(
      failure { _ = try Evaluator(metrics: [.snr]).evaluate(model, on: unlabeled) }
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
    let classes = SampleType(.int32, [])
    #expect(Metrics.defaults(labels: classes, hasBaseline: true).map(\.name) == ["accuracy", "agreement", "snr_db"])
    #expect(Metrics.defaults(labels: classes, hasBaseline: false).map(\.name) == ["accuracy"])
    #expect(Metrics.defaults(labels: SampleType(.float32, [2]), hasBaseline: false).map(\.name) == ["mse"])
    #expect(Metrics.defaults(labels: nil, hasBaseline: true).map(\.name) == ["snr_db", "cosine"])
  }

  /// Classes 10, 20 and 30: labels are class ids, not indices.
  @Test func labelsOfAnIntegerClassifierAreItsIDs() throws {
    let scores = Tensor([9, 0, 0, 0, 9, 0, 0, 0, 9, 0, 9, 0] as [Float], shape: [4, 3])
    let model = ClassifierScaler(ids: [10, 20, 30])
    let data = try Dataset(inputs: ["x": scores], labels: Tensor([10, 20, 10, 30] as [Int64]))
    let evaluator = Evaluator(metrics: [.accuracy])
    #expect(try evaluator.evaluate(model, on: data)["accuracy"]?.value == 0.5)
    let floats = try Dataset(inputs: ["x": scores], labels: Tensor([10, 20, 10, 30] as [Float]))
    #expect(try evaluator.evaluate(model, on: floats)["accuracy"]?.value == 0.5)
    let positions = try Dataset(inputs: ["x": scores], labels: Tensor([0, 1, 2, 1] as [Int64]))
    #expect(failure { _ = try evaluator.evaluate(model, on: positions) } == .labelOfNoClass(label: 0, known: [10, 20, 30]))
    // Metrics that need no labels are not affected.
    #expect(try Evaluator(metrics: [.snr]).evaluate(model, on: positions, baseline: Scaler(1))["snr_db"]?.value == .infinity)
  }

  @Test func labelsThatAreNames() throws {
    let inputs = ["x": Tensor([0, 1, 1, 0, 0, 1] as [Float], shape: [3, 2])]
    let data = try Dataset(inputs: inputs).labeled(.init(names: ["dog", "cat", "cat"]))
    #expect(try data.classNames == ["cat", "dog"] && data.labels?.integers() == [1, 0, 0])
    let evaluator = Evaluator(metrics: [.accuracy])
    // dog, dog | cat, cat | dog, cat: two of three are correct, regardless of the order of the model's classes.
    #expect(try evaluator.evaluate(Scaler(1, classNames: ["cat", "dog"]), on: data)["accuracy"]?.value == 2.0 / 3)
    #expect(try evaluator.evaluate(Scaler(-1, classNames: ["dog", "cat"]), on: data)["accuracy"]?.value == 2.0 / 3)
    #expect(failure { _ = try evaluator.evaluate(Scaler(1), on: data) } == .unnamedClasses(label: "cat"))
    #expect(
      failure { _ = try evaluator.evaluate(Scaler(1, classNames: ["cat", "fox"]), on: data) }
        == .unknownClass(name: "dog", known: ["cat", "fox"]))
    #expect(
      failure { _ = try Dataset(inputs: inputs).labeled(.init(names: ["dog"])) }
        == .unequalLengths(first: "x", count: 3, other: "labels", otherCount: 1))
  }

  @Test(arguments: [1.5, .nan, .infinity]) func labelsThatAreNoClasses(_ label: Double) throws {
    let data = try Dataset(inputs: ["x": counting(2, 3)], labels: Tensor([0, label]))
    for metric in [MetricDefinition.accuracy, .top5] {
      guard case .unfitLabel(_, let unfit)? = failure({ _ = try Evaluator(metrics: [metric]).evaluate(Scaler(1), on: data) }) else {
        Issue.record("\(label) is no class")
        return
      }
      #expect(unfit.position == [1])
    }
  }

  @Test func remarksOnHowDataReachTheModel() throws {
    var remarks: [String] = []
    let evaluator = Evaluator(metrics: [.snr], remark: { remarks.append($0) })
    _ = try evaluator.evaluate(Scaler(1), on: Dataset(inputs: ["x": counting(2)]), baseline: Scaler(1))
    #expect(remarks.isEmpty)
    _ = try evaluator.evaluate(Scaler(1), on: Dataset(inputs: ["picture": counting(2)]), baseline: Scaler(1))
    #expect(Set(remarks) == ["input 'x' of the model is given 'picture', the only input of the data set"])
  }

  /// The reported row is that of the data set, not of the batch.
  @Test func valuesThatAnInputCannotHoldAreNamedBySample() throws {
    var ids = [Int64](repeating: 1, count: 12)
    ids[9] = 1 << 40
    let data = try Dataset(inputs: ["x": Tensor(ids, shape: [6, 2])], options: .init(batchSize: 4))
    #expect(
      failure { _ = try Evaluator(metrics: [.agreement]).evaluate(ClassifierScaler(ids: [0, 1]), on: data, baseline: Scaler(1)) }
        == .unfitInput(
          name: "x", UnfitElement(position: [4, 1], value: "1099511627776", source: .int64, target: .int32)))
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
