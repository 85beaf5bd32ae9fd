// SPDX-License-Identifier: Apache-2.0
// Requests for data sets, lists of candidates with a baseline, and benchmarks.

import DataFiles
import Evaluation
import Models
import Tensors
import TestSupport
import Testing
import Workflows

@Suite("Evaluation") struct EvaluationTests {
  private static func request(_ change: (inout DatasetRequest) -> Void = { _ in }) -> DatasetRequest {
    var request = DatasetRequest(.arrays(["x": Tensor([Float(1), 2, 3, 4], shape: [4, 1])]))
    request.labels = .own(.init(Tensor([Int32(0), 1, 2, 3])))
    change(&request)
    return request
  }

  @Test func optionsOfADataset() throws {
    let data = try Self.request { ($0.batchSize, $0.limit, $0.scale) = (2, 3, 0.5) }.dataset()
    #expect(try data.count == 3 && data.batchSize == 2 && data.inputs["x"]?.floats() == [0.5, 1, 1.5])
    let orders = try (0..<2).map { _ in try Self.request { ($0.shuffles, $0.seed) = (true, 7) }.dataset().order }
    #expect(orders[0].sorted() == [0, 1, 2, 3] && orders[0] == orders[1])
    #expect(throws: WorkflowError.seedWithoutShuffle) { try Self.request { $0.seed = 1 }.dataset() }
    #expect(throws: WorkflowError.unusedOption(option: "crop", source: "inputs", users: ["pictures"])) {
      try Self.request { $0.given = ["inputs", "crop"] }.dataset()
    }
    #expect(throws: WorkflowError.noSamples) { try DatasetRequest(.arrays(nil)).dataset() }
  }

  @Test func datasetsOfFiles() throws {
    let scratch = try Scratch()
    let path = scratch.file("data.npz")
    let arrays: [(name: String, array: Tensor)] = [("a", Tensor([Float(1), 2], shape: [2, 1])), ("b", Tensor([Int32(1), 2, 3]))]
    try NPZ.write(arrays, to: path)
    func request(_ change: (inout DatasetRequest) -> Void = { _ in }) throws -> Dataset {
      var request = DatasetRequest(.path(path))
      change(&request)
      return try request.dataset()
    }
    #expect(try request { $0.arrays = ["x": "a"] }.count == 2)
    let error = EvaluationError.unequalLengths(first: "a", count: 2, other: "b", otherCount: 3)
    #expect(throws: WorkflowError.dataset(error, choosesArrays: true)) { try request() }
    let labeled = EvaluationError.unequalLengths(first: "x", count: 2, other: "labels", otherCount: 3)
    #expect(throws: WorkflowError.dataset(labeled, choosesArrays: false)) {
      try request { ($0.arrays, $0.labels) = (["x": "a"], .named("b")) }
    }
    #expect(throws: WorkflowError.self) { try request { $0.given = ["rate"] } }
    #expect(throws: DataFileError.self) { try DatasetRequest(.path(scratch.file("none.npz"))).dataset() }
  }

  @Test func theBaselineOfAComparison() throws {
    let (a, b, c) = (try Small.model(), try Small.model(seed: 2), try Small.model(seed: 3))
    let all: [CandidateList.Named] = [("a", a), ("b", b)]
    #expect(try CandidateList(all, isOrdered: true, baseline: nil).baseline?.name == "a")
    #expect(try CandidateList(all, isOrdered: false, baseline: nil).baseline == nil)
    #expect(try CandidateList(all, isOrdered: true, baseline: .named("b")).baseline?.model === b)
    #expect(try CandidateList(all, isOrdered: true, baseline: .model(b)).baseline?.name == "b")
    let other = try CandidateList(all, isOrdered: true, baseline: .model(c))
    #expect(other.baseline?.name == "original" && other.models.keys.sorted() == ["a", "b", "original"])
    #expect(throws: WorkflowError.noCandidate(name: "z", known: ["a", "b"])) {
      try CandidateList(all, isOrdered: true, baseline: .named("z"))
    }
    #expect(throws: WorkflowError.repeatedCandidate(name: "a")) { try CandidateList(all + all, isOrdered: true, baseline: nil) }
    let comparison = Comparison(evaluator: Evaluator(metrics: [.accuracy]))
    let report = try other.compared(by: comparison, on: Small.samples(32, seed: 1))
    #expect(report.rows.map(\.name).sorted() == ["a", "b", "original"] && report.rows[0].isBaseline)
  }

  @Test func timing() throws {
    var options = BenchmarkOptions()
    (options.runs, options.warmup, options.profiles) = (30, 2, true)
    var told: [Int] = []
    let benchmark = try Small.model().benchmark(
      options,
      progress: { done, total in
        told.append(done)
        #expect(total == 32)
      })
    #expect(benchmark.latency.runs == 30 && benchmark.latency.warmup == 2 && told == Array(1...32))
    #expect(benchmark.profile?.isEmpty == false)
    #expect(throws: EvaluationError.cancelled) { try Small.model().benchmark(options, isCancelled: { true }) }
  }
}
