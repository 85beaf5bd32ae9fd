// SPDX-License-Identifier: Apache-2.0
// Metrics compared with NumPy, with numbers by hand, and as properties.

import DataFiles
import Evaluation
import Tensors
import Testing

@Suite struct MetricsTests {
  func close(_ a: Double?, _ b: Double, _ tolerance: Double = 1e-9) -> Bool {
    a.map { abs($0 - b) <= tolerance * max(1, abs(b)) } ?? false
  }

  @Test(arguments: Metrics.all.map(\.name))
  func likeNumPy(_ name: String) throws {
    let arrays = try NPZ.read(fixture("metrics.npz"))
    let expected = try #require(arrays[name]?.doubles().first)
    let (candidate, baseline) = (try #require(arrays["candidate"]), arrays["baseline"])
    let labels = arrays[["pearson", "spearman"].contains(name) ? "targets" : "labels"]
    let definition = try Metrics.named(name)
    #expect(close(try measure(definition, candidate, baseline: baseline, labels: labels)?.value, expected))

    // Updating in pieces of different sizes yields the same result.
    var metric = definition.make(MetricOptions())
    for range in [0..<1, 1..<20, 20..<45] {
      try metric.add(
        MetricBatch(
          outputs: ["y": candidate.rows(range)], reference: baseline.map { ["z": $0.rows(range)] }, labels: labels?.rows(range),
          count: range.count))
    }
    #expect(close(metric.result?.value, expected))
  }

  @Test func probabilitiesLikeLogits() throws {
    let arrays = try NPZ.read(fixture("metrics.npz"))
    let expected = try #require(arrays["kl"]?.doubles().first)
    let found = try measure(.kl, #require(arrays["probabilities"]), baseline: arrays["baseline_probabilities"])
    #expect(close(found?.value, expected, 1e-5))
  }

  @Test func densePredictions() throws {
    let arrays = try NPZ.read(fixture("metrics.npz"))
    let found = try measure(.accuracy, #require(arrays["dense"]), labels: arrays["dense_labels"])
    #expect(close(found?.value, try #require(arrays["dense_accuracy"]?.doubles().first)))
    #expect(found?.count == 72)
  }

  @Test func wilson() throws {
    let arrays = try NPZ.read(fixture("metrics.npz"))
    let interval = try measure(.accuracy, #require(arrays["candidate"]), labels: arrays["labels"])?.interval
    let expected = try #require(arrays["accuracy_interval"]?.doubles())
    #expect(close(interval?.lowerBound, expected[0]) && close(interval?.upperBound, expected[1]))
    // 10 of 10: the lower bound is n / (n + z²) = 10 / 13.8415.
    let sure = try measure(
      .accuracy, Tensor([Float](repeating: 0, count: 10) + [], shape: [10]).twoColumns, labels: Tensor(zeros: .int32, [10]))
    #expect(sure?.value == 1 && sure?.interval?.upperBound == 1)
    #expect(close(sure?.interval?.lowerBound, 10 / (10 + 1.959963984540054 * 1.959963984540054)))
  }

  @Test func accuracyByHand() throws {
    let scores = Tensor([0.1, 0.9, 0.5, 0.5, .nan, 1, 3, 2] as [Float], shape: [4, 2])
    let found = try measure(.accuracy, scores, labels: Tensor([1, 0, 1, 0] as [Int64]))
    // Right; the first of equals is right; NaN is wrong; right.
    #expect(found?.value == 0.75 && found?.count == 4)
    let classes = try measure(.accuracy, Tensor([1, 2, 3] as [Int32]), labels: Tensor([1, 2, 0] as [Float]))
    #expect(close(classes?.value, 2.0 / 3))
    let deep = try measure(.accuracy, scores.reshaped([4, 2, 1, 1]), labels: Tensor([1, 0, 1, 0] as [Int64], shape: [4, 1]))
    #expect(deep?.value == 0.75)
  }

  @Test func topFiveByHand() throws {
    let scores = Tensor([6, 5, 4, 3, 2, 1, 1, 1, 1, 1, 1, 1] as [Float], shape: [2, 6])
    #expect(try measure(.top5, scores, labels: Tensor([4, 4] as [Int32]))?.value == 1)
    #expect(try measure(.top5, scores, labels: Tensor([5, 5] as [Int32]))?.value == 0)
  }

  @Test func errorsByHand() throws {
    let reference = Tensor([3, 4, 0, 0] as [Float], shape: [2, 2])
    let candidate = Tensor([3, 3, 0, 0] as [Float], shape: [2, 2])
    #expect(try measure(.mse, candidate, baseline: reference)?.value == 0.25)
    #expect(try measure(.mae, candidate, baseline: reference)?.value == 0.25)
    // Energy 25 over noise 1; peak 16 over mean noise 1/4.
    #expect(close(try measure(.snr, candidate, baseline: reference)?.value, 13.979400086720377))
    #expect(close(try measure(.psnr, candidate, baseline: reference)?.value, 18.061799739838872))
    // (3·3 + 4·3) / (5 · √18), and 1 for two zero vectors.
    #expect(close(try measure(.cosine, candidate, baseline: reference)?.value, (21 / (5 * 18.0.squareRoot()) + 1) / 2))
    #expect(try measure(.cosine, Tensor(zeros: .float32, [1, 2]), baseline: Tensor([1, 1] as [Float], shape: [1, 2]))?.value == 0)
    // p = (1/2, 1/2), q = (1/4, 3/4): ½ ln 2 + ½ ln 2/3.
    let kl = try measure(.kl, Tensor([0.25, 0.75] as [Float], shape: [1, 2]), baseline: Tensor([0.5, 0.5] as [Float], shape: [1, 2]))
    #expect(close(kl?.value, 0.14384103622589045))
  }

  @Test func aCopyIsPerfect() throws {
    let scores = try #require(try NPZ.read(fixture("metrics.npz"))["candidate"])
    for (definition, perfect) in [
      (MetricDefinition.mse, 0.0), (.mae, 0), (.snr, .infinity), (.psnr, .infinity), (.agreement, 1), (.kl, 0),
    ] {
      #expect(try measure(definition, scores, baseline: scores)?.value == perfect, "\(definition.name)")
    }
    #expect(close(try measure(.cosine, scores, baseline: scores)?.value, 1, 1e-12))
  }

  @Test(arguments: 0..<20)
  func laws(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    func scores() -> Tensor { Tensor((0..<24).map { _ in Float(random.normal()) }, shape: [4, 6]) }
    let (a, b) = (scores(), scores())
    let doubled = { (t: Tensor) in Tensor(t.floats().map { $0 * 2 }, shape: t.shape) }
    func value(_ definition: MetricDefinition, _ x: Tensor, _ y: Tensor) throws -> Double {
      try #require(try measure(definition, x, baseline: y)?.value)
    }
    #expect(try value(.mse, a, b) == value(.mse, b, a))
    #expect(try value(.mae, a, b) * value(.mae, a, b) <= value(.mse, a, b), "Jensen")
    #expect(close(try value(.mse, doubled(a), doubled(b)), 4 * (try value(.mse, a, b))))
    #expect(close(try value(.snr, doubled(a), doubled(b)), try value(.snr, a, b)), "a ratio has no scale")
    #expect(close(try value(.cosine, doubled(a), b), try value(.cosine, a, b)))
    #expect(try value(.kl, a, b) >= 0)
    #expect(try value(.agreement, a, b) == value(.agreement, b, a))
    let labels = Tensor((0..<4).map { Int64(($0 + Int(seed)) % 6) })
    let (top1, top5) = (try #require(try measure(.accuracy, a, labels: labels)), try #require(try measure(.top5, a, labels: labels)))
    #expect(top1.value <= top5.value)
    #expect(try #require(top1.interval).contains(top1.value))
  }

  @Test func choosingOutputs() throws {
    let x = counting(2)
    let y = Tensor([1, 1, 1, 1] as [Float], shape: [2, 2])
    let two = MetricBatch(
      outputs: ["a": x, "b": y, "id": Tensor([1, 2] as [Int32])], reference: ["a": y, "b": y], labels: Tensor([0, 1] as [Int32]), count: 2)
    func add(_ definition: MetricDefinition, _ options: MetricOptions = MetricOptions()) throws -> Double? {
      var metric = definition.make(options)
      try metric.add(two)
      return metric.result?.value
    }
    // a differs by -1, 0, 1, 2, b not at all: over both outputs (1 + 0 + 1 + 4) / 8.
    #expect(try add(.mse) == 0.75)
    #expect(try add(.mse, MetricOptions(output: "a")) == 1.5)
    #expect(failure { _ = try add(.accuracy) } == .chooseOutput(metric: "accuracy", outputs: ["a", "b", "id"]))
    #expect(try add(.accuracy, MetricOptions(output: "a")) == 0.5)
    #expect(failure { _ = try add(.accuracy, MetricOptions(output: "c")) } == .noSuchOutput(name: "c", outputs: ["a", "b", "id"]))
  }

  @Test func regressionTargetsStandInForABaseline() throws {
    #expect(try measure(.mse, counting(2, 1), labels: Tensor([1, 1] as [Float]))?.value == 0.5)
    #expect(
      failure { _ = try measure(.mse, counting(2, 2), labels: Tensor([1, 1] as [Float])) }
        == .unlikeOutputs(metric: "mse", candidate: [2, 2], reference: [2], referenceName: "labels"))
  }

  @Test func errors() {
    let scores = counting(2, 3)
    #expect(failure { _ = try measure(.accuracy, scores) } == .metricNeeds(metric: "accuracy", what: "labels"))
    #expect(
      failure { _ = try measure(.agreement, scores) }
        == .metricNeeds(metric: "agreement", what: "another model's outputs; baseline = model gives them"))
    #expect(
      failure { _ = try measure(.accuracy, scores, labels: Tensor([0, 3] as [Int32])) }
        == .labelOutOfRange(metric: "accuracy", label: 3, classes: 3))
    #expect(
      failure { _ = try measure(.accuracy, scores, labels: counting(2, 2)) }
        == .labelShape(metric: "accuracy", labels: [2, 2], output: [2, 3]))
    #expect(
      failure { _ = try measure(.accuracy, counting(2, 1), labels: Tensor([0, 0] as [Int32])) }
        == .noScores(metric: "accuracy", output: [2, 1]))
    #expect(
      failure { _ = try Metrics.named("acuracy") } == .unknownMetric(name: "acuracy", known: Metrics.all.map(\.name)))
    #expect(failure { _ = try Metrics.named("perplexity of it") }?.description.contains("did you mean") == false)
  }

  @Test func definitionsSayWhatTheyAre() {
    #expect(
      Metrics.all.map(\.name) == [
        "accuracy", "top5", "mse", "mae", "snr_db", "psnr_db", "cosine", "agreement", "kl", "f1", "auc", "iou", "confusion", "perplexity",
        "pearson",
        "spearman",
        "wer", "ece",
      ])
    #expect(Metrics.all.allSatisfy { !$0.formula.isEmpty && !$0.source.isEmpty })
    #expect(MetricDefinition.mse.isBetter(1, than: 2) && !MetricDefinition.accuracy.isBetter(1, than: 2))
    #expect(MetricDefinition.mse.isBetter(1, than: .nan) && !MetricDefinition.mse.isBetter(.nan, than: 1))
  }

  @Test func customMetricsWeighBatchesBySamples() throws {
    var metric = MetricDefinition.custom(name: "n") { Double($0.count) }.make(MetricOptions())
    for count in [3, 1] { try metric.add(MetricBatch(outputs: [:], count: count)) }
    #expect(metric.result?.value == 2.5)  // (3·3 + 1·1) / 4
  }
}

extension Tensor {
  /// `[n]` as scores of two classes, the first always above the second.
  fileprivate var twoColumns: Tensor { Tensor(floats().flatMap { [$0 + 1, $0] }, shape: [count, 2]) }
}
