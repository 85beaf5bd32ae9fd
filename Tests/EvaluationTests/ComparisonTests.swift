// SPDX-License-Identifier: Apache-2.0
// Reports: order, Pareto fronts, the best row within a tolerance, and all output formats.

import Evaluation
import Foundation
import Tensors
import Testing
import TextLayout

@Suite struct ComparisonTests {
  static func row(_ name: String, _ bytes: Int, _ accuracy: Double?, snr: Double? = nil, group: String = "", baseline: Bool = false)
    -> ComparisonReport.Row
  {
    ComparisonReport.Row(
      name: name, group: group, bytes: bytes, ratio: 319_360 / Double(bytes),
      metrics: [
        .init(
          name: "accuracy", unit: "", better: .higher,
          value: accuracy.map { MetricValue($0, interval: $0 - 0.002...$0 + 0.001, count: 10000) }),
        .init(name: "snr_db", unit: "dB", better: .higher, value: snr.map { MetricValue($0, count: 100) }),
      ], isBaseline: baseline)
  }

  static let report = ComparisonReport(
    rows: [
      row("pal4", 42368, 0.9924, snr: 24.5, group: "palettized"), row("int8", 83136, 0.9929, snr: 48, group: "quantized"),
      row("mag75", 91648, 0.7515, snr: 3, group: "pruned"), row("fp32", 319_360, 0.9928, baseline: true),
      row("pal4 dim 2", 22784, 0.9894, snr: 12, group: "palettized"), row("joint", 32704, 0.9909, snr: 15, group: "joint"),
    ], samples: 10000)

  @Test func sortedBaselineFirstThenBySize() {
    #expect(Self.report.rows.map(\.name) == ["fp32", "mag75", "int8", "pal4", "joint", "pal4 dim 2"])
    #expect(Self.report.columns == ["size", "ratio", "accuracy", "snr_db"])
    #expect(Self.report.mainMetric == "accuracy")
  }

  @Test func fronts() throws {
    #expect(try Self.report.pareto().map(\.name) == ["pal4 dim 2", "joint", "pal4", "int8"])
    #expect(try Self.report.pareto(y: "snr_db").map(\.name) == ["pal4 dim 2", "joint", "pal4", "int8"])
    #expect(try Self.report.pareto(x: "ratio", y: "accuracy").map(\.name) == ["int8", "pal4", "joint", "pal4 dim 2"])
    #expect(
      failure { _ = try Self.report.pareto(x: "weight") } == .unknownColumn(name: "weight", known: ["size", "ratio", "accuracy", "snr_db"]))
  }

  @Test(arguments: 0..<30)
  func frontsAreWhatNothingBeats(_ seed: UInt64) throws {
    var random = SplitMix64(seed: seed)
    let rows = (0..<12).map {
      Self.row("r\($0)", Int.random(in: 1...8, using: &random), Double(Int.random(in: 1...8, using: &random)) / 10)
    }
    let report = ComparisonReport(rows: rows, samples: 1)
    let front = try report.pareto()
    func beats(_ a: ComparisonReport.Row, _ b: ComparisonReport.Row) throws -> Bool {
      let (x, y) = (try #require(try report.value("accuracy", of: a)), try #require(try report.value("accuracy", of: b)))
      return a.bytes <= b.bytes && x >= y && (a.bytes < b.bytes || x > y)
    }
    for row in rows {
      let isBeaten = try rows.contains { try beats($0, row) }
      #expect(front.contains(row) == !isBeaten)
    }
    #expect(front.map(\.bytes) == front.map(\.bytes).sorted())
  }

  private func best(_ column: String? = nil, drop: Double? = nil, min: Double? = nil, max: Double? = nil) throws -> String? {
    try Self.report.best(.init(maxDrop: drop, min: min, max: max), column: column)?.name
  }

  @Test func theBest() throws {
    #expect(try best(drop: 0.001) == "pal4")
    #expect(try best(drop: 0.0004) == "pal4")  // 0.9928 - 0.0004 is not quite 0.9924
    #expect(try best(drop: 0) == "int8")
    #expect(try best(drop: 1) == "pal4 dim 2")
    guard case .metricNeeds? = failure({ _ = try best("snr_db", drop: 1) }) else {
      Issue.record("this baseline has no signal-to-noise ratio to drop from")
      return
    }
    #expect(failure { _ = try best("speed", min: 1) } == .unknownColumn(name: "speed", known: ["size", "ratio", "accuracy", "snr_db"]))
  }

  @Test func theBestByItsValue() throws {
    #expect(try best("snr_db", min: 20) == "pal4")
    #expect(try best("snr_db", min: 60) == nil)
    #expect(try best("snr_db", min: 20, max: 30) == "pal4" && best("snr_db", max: 30) == "pal4 dim 2")
    #expect(try best("size", max: 50000) == "pal4 dim 2" && best("size", min: 50000) == "int8")
    #expect(try best("ratio", max: 4) == "int8")
    // All limits apply.
    #expect(try best("accuracy", drop: 0.002, min: 0.992) == "pal4" && best("accuracy", drop: 0.0001, min: 0.9) == "int8")
  }

  /// Relative to a baseline with an infinite ratio, only candidates without loss satisfy a maximum drop; for errors,
  /// lower is better.
  @Test func theBestOfWhatComparesWithTheBaseline() throws {
    func row(_ name: String, _ bytes: Int, _ snr: Double, _ mse: Double, baseline: Bool = false) -> ComparisonReport.Row {
      .init(
        name: name, bytes: bytes,
        metrics: [
          .init(name: "snr_db", unit: "dB", better: .higher, value: MetricValue(snr, count: 1)),
          .init(name: "mse", unit: "", better: .lower, value: MetricValue(mse, count: 1)),
        ], isBaseline: baseline)
    }
    let report = ComparisonReport(
      rows: [row("a", 100, .infinity, 0, baseline: true), row("b", 50, .infinity, 0), row("c", 20, 30, 0.01), row("d", 10, 10, 0.5)],
      samples: 1)
    #expect(try report.best(.init(maxDrop: 5))?.name == "b")
    #expect(try report.best(.init(maxDrop: 0.01), column: "mse")?.name == "c")
    #expect(try report.best(.init(max: 0.6), column: "mse")?.name == "d")
    // Charts and pages can be created too.
    for column in ["snr_db", "mse"] {
      let chart = try report.chart(y: column, maxDrop: 0.1)
      #expect(try SVGChart.draw(chart).hasPrefix("<svg"))
    }
    #expect(try report.chart(maxDrop: 1).title.hasSuffix("baseline ∞") && report.chart(y: "mse", maxDrop: 0.1).tolerance == 0...0.1)
    #expect(try report.toHTML(maxDrop: 1).contains("The smallest that loses at most 1.0 of snr_db: b"))
    let alone = ComparisonReport(rows: [row("a", 1, 1, 1)], samples: 1)
    guard case .metricNeeds? = failure({ _ = try alone.toHTML(maxDrop: 1) }) else {
      Issue.record("a drop needs a baseline")
      return
    }
  }

  @Test func anInterruptKeepsWhatIsFinished() throws {
    let data = try Dataset(inputs: ["x": counting(4)], options: .init(batchSize: 2))
    var calls = 0
    let evaluator = Evaluator(metrics: [.snr], onBatch: { _ in calls += 1 }, isCancelled: { calls >= 5 })
    let candidates = ["a", "b", "c"].map { Candidate(name: $0, predictor: Scaler(2), bytes: 1) }
    let original = Candidate(name: "original", predictor: Scaler(1), bytes: 4)
    // Two batches each: the baseline, a, and the first of b.
    let report = try Comparison(evaluator: evaluator, latency: .init(runs: 1)).run(candidates, on: data, baseline: original)
    #expect(report.rows.map(\.name) == ["original", "a"] && report.rows.map { $0.metrics[0].value?.value } == [.infinity, 0])
    #expect(report.interruption == .init(missing: ["b", "c"], lacksLatency: true))
    let words = "unfinished: 2 of 4 models were measured; missing: b, c; no latency"
    #expect(report.description.hasSuffix("4 samples\n" + words))
    #expect(try report.toHTML().contains("<strong>\(words)</strong>") && report.html.contains(words))
    #expect(try report.toJSON().contains("\"models\" : [\n      \"b\",\n      \"c\"\n    ]"))
    // All models are present if the interrupt occurs while latency is measured.
    calls = -8
    let measured = try Comparison(
      evaluator: Evaluator(metrics: [.snr], onBatch: { _ in calls += 1 }, isCancelled: { calls >= 0 }), latency: .init(runs: 1)
    ).run(candidates, on: data, baseline: original)
    #expect(measured.rows.count == 4 && measured.interruption == .init(missing: [], lacksLatency: true))
    // If nothing is finished, the cancellation is thrown.
    calls = 4
    #expect(failure { _ = try Comparison(evaluator: evaluator).run(candidates, on: data, baseline: original) } == .cancelled)
  }

  @Test func pagesTellWhatWasMeasured() throws {
    let data = try Dataset(inputs: ["x": counting(4)], labels: Tensor([0, 1, 0, 1] as [Int32]))
    var weights = Table(columns: [.init("weight", .left), .init("bits")])
    weights.append(["conv<1>", "4.0"])
    let described = ModelDescription(
      facts: [.init("target", "iOS18"), .init("input x", "float32 [1…8, 2]")],
      steps: [.init(title: "palettize{ nbits = 4 }", weights: weights)])
    let page = try Comparison(evaluator: Evaluator(metrics: [.accuracy])).run(
      [Candidate(name: "a", predictor: Scaler(1), bytes: 1, description: described)], on: data
    ).toHTML()
    let digest = try data.digest
    for part in [
      "<dt>target</dt><dd>iOS18</dd>", "<dt>input x</dt><dd>float32 [1…8, 2]</dd>", "<h3>palettize{ nbits = 4 }</h3>", "conv&lt;1&gt;",
      "<dt>samples</dt><dd>4</dd>", "<dt>labels</dt><dd>int32 []</dd>", "<dt>digest</dt><dd>\(digest)</dd>",
    ] { #expect(page.contains(part), "\(part)") }
  }

  @Test func printsAsATable() {
    #expect(
      Self.report.description == """
        name             size (kB)   ratio  accuracy  95 %           snr_db (dB)
        ────────────────────────────────────────────────────────────────────────
        fp32 (baseline)      319.4   1.00×    0.9928  0.9908…0.9938            –
        ────────────────────────────────────────────────────────────────────────
        mag75                 91.6   3.48×    0.7515  0.7495…0.7525         3.00
        int8                  83.1   3.84×    0.9929  0.9909…0.9939        48.00
        pal4                  42.4   7.54×    0.9924  0.9904…0.9934        24.50
        joint                 32.7   9.77×    0.9909  0.9889…0.9919        15.00
        pal4 dim 2            22.8  14.02×    0.9894  0.9874…0.9904        12.00
        10000 samples
        """)
  }

  @Test func writesCSV() {
    let report = ComparisonReport(
      rows: [
        .init(
          name: "a, \"b\"", bytes: 10,
          metrics: [.init(name: "snr_db", unit: "dB", better: .higher, value: MetricValue(.infinity, count: 1))],
          latency: LatencyResult(durations: [0.5], warmup: 1))
      ], samples: 1)
    #expect(
      report.toCSV() == """
        name,group,baseline,bytes,ratio,snr_db,latency_median_s,latency_p90_s,latency_min_s,latency_mean_s,latency_runs
        "a, ""b""\",,false,10,,inf,0.5,0.5,0.5,0.5,1

        """)
    #expect(Self.report.toCSV().split(separator: "\n")[1].hasPrefix("fp32,,true,319360,1.0,0.9928,0.9908,0.9938,,"))
  }

  @Test func writesJSON() throws {
    struct Page: Decodable {
      struct Row: Decodable {
        struct Metric: Decodable { let name: String; let value, low: Double? }
        let name: String
        let bytes: Int
        let metrics: [Metric]
      }
      let samples: Int
      let rows: [Row]
    }
    let page = try JSONDecoder().decode(Page.self, from: Data(Self.report.toJSON().utf8))
    #expect(page.samples == 10000 && page.rows.map(\.name) == Self.report.rows.map(\.name))
    #expect(page.rows[2].metrics[0].value == 0.9929 && page.rows[0].metrics[1].value == nil)
    let infinite = ComparisonReport(rows: [Self.row("x", 1, 1, snr: .infinity)], samples: 1)
    #expect(try infinite.toJSON().contains("\"value\" : \"inf\""))
  }

  @Test func writesAPageThatNeedsNothingElse() throws {
    let report = ComparisonReport(rows: [Self.row("<script>alert(1)</script>", 5, 0.5), Self.row("b", 6, 0.6)], samples: 3)
    let page = try report.toHTML(title: "a & b")
    #expect(
      page.contains("<h1>a &amp; b</h1>") && page.contains("<svg") && page.contains("<td class=\"number\" style=\"text-align:right\">"))
    #expect(!page.contains("<script>alert"))
    for outside in ["src=", "href=", "@import", "url("] { #expect(!page.contains(outside), "\(outside)") }
    let empty = ComparisonReport(rows: [Self.row("a", 1, nil, snr: .infinity)], samples: 1)
    #expect(try empty.toHTML().contains("No finite values to draw."))
  }

  @Test func chartsOfReports() throws {
    let chart = try Self.report.chart(maxDrop: 0.005)
    #expect(chart.series.map(\.name) == ["pruned", "quantized", "palettized", "joint", "baseline", "Pareto front"])
    #expect(chart.x == Chart.Axis("size", unit: "kB", scale: .log))
    #expect(chart.series[0].points[0].isFaded && !chart.series[1].points[0].isFaded)
    #expect(chart.baseline?.value == 0.9928)
    #expect(abs((chart.tolerance?.lowerBound ?? 0) - 0.9878) < 1e-12 && chart.tolerance?.upperBound == 0.9928)
    #expect(abs((chart.focus?.lowerBound ?? 0) - 0.9728) < 1e-12)
    #expect(chart.series[2].points[0] == Chart.Point(x: 42.368, y: 0.9924, interval: 0.9924 - 0.002...0.9924 + 0.001, label: "pal4"))
  }

  @Test func comparing() throws {
    let data = try Dataset(inputs: ["x": Tensor([1, 2, 5, 0] as [Float], shape: [2, 2])], labels: Tensor([1, 1] as [Int32]))
    let original = Candidate(name: "original", predictor: Scaler(1), bytes: 100)
    let half = Scaler(0.5, .fixed(1))
    let report = try Comparison(evaluator: Evaluator(metrics: [.accuracy, .snr]), latency: .init(runs: 4, warmup: 1)).run(
      [Candidate(name: "half", predictor: half, bytes: 25), original, Candidate(name: "flipped", predictor: Scaler(-1), bytes: 50)],
      on: data, baseline: original)
    #expect(report.rows.map(\.name) == ["original", "flipped", "half"])
    #expect(report.rows.map(\.ratio) == [1, 2, 4])
    #expect(report.rows.map { $0.metrics[0].value?.value } == [0.5, 0.5, 0.5])
    #expect(abs((report.rows[2].metrics[1].value?.value ?? 0) - 6.020599913279624) < 1e-9)  // 20 log₁₀ 2
    #expect(report.rows.allSatisfy { $0.latency?.runs == 4 })
    #expect(half.calls.count == 2 + 5, "two samples, then five timed calls of one")
    #expect(report.columns.last == "latency")
    let evaluator = Evaluator(metrics: [.accuracy])
    let broken = ClosurePredictor(inputNames: ["x"]) { _ in throw EvaluationError.cancelled }
    do {
      _ = try Comparison(evaluator: evaluator).run([Candidate(name: "broken", predictor: broken, bytes: 1)], on: data)
      Issue.record("a predictor's error must come through")
    } catch let error as CandidateFailure {
      #expect(error.name == "broken" && error.underlying as? EvaluationError == .cancelled)
    }
    #expect(
      failure { _ = try Comparison(evaluator: evaluator).run([original, original], on: data) } == .duplicateCandidate(name: "original"))
    #expect(failure { _ = try Comparison(evaluator: evaluator).run([], on: data) } == .nothingToCompare)
  }
}
