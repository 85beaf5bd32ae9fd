// SPDX-License-Identifier: Apache-2.0
// Training runs: batches, finalized models, and new models.

import Compression
import DataFiles
import Evaluation
import MIL
import ModelPackages
import Models
import Options
import Tensors
import Testing
import Training
import Workflows

@Suite("Training run") struct TrainingRunTests {
  @Test func theFinishedModelTellsWhatWasDone() throws {
    let run = try Small.run()
    let palettize = try #require(TrainingMethods.all.first { $0.name == "palettize" })
    try run.add(palettize, ["n_bits": .integer(2), "weight_threshold": .integer(200)], Small.client)
    let data = try Small.samples(16, seed: 1)
    _ = try run.learn(from: run.batch(["x": .tensor(#require(try data.inputs["x"]))], labels: data.labels))
    let made = try run.finalized()
    #expect(made.contents.history == [run.words] && run.words == "train(1 steps), palettize{ n_bits = 2, weight_threshold = 200 }")
    let report = try #require(made.report)
    #expect(
      report.entries.map(\.action) == ["trained"] && report.entries[0].scheme == "palettized" && report.entries[0].reason == "palettize")
    #expect(report.entries[0].bytesBefore == 12 * 64 * 4 && report.bytesAfter == 12 * 64 / 4 + 16 && !report.isDryRun)
    let (shown, stored) = (try Small.outputs(run.snapshot()), try Small.outputs(made))
    for (a, b) in zip(shown.floats(), stored.floats()) { #expect(abs(a - b) < 1e-5) }
    let training = try run.report()
    #expect(training.weights.map(\.method) == ["palettize"] && training.skipped.map(\.method) == ["palettize"] && training.sparsity == nil)
    #expect(run.lastLoss != nil && run.summary.hasSuffix("1 steps done, with palettize"))
  }

  @Test func batchesArePlaced() throws {
    let remarks = Remarks()
    let run = try TrainingRun(
      Small.model(), TrainingSetup(), compilePattern: { _ in { _ in false } }, remark: { remarks.all.append($0) })
    let x = Tensor([Float](repeating: 1, count: 24), shape: [2, 12])
    let renamed = try run.batch(["other": .tensor(x)], labels: Tensor([Int32(0), 1]))
    #expect(renamed.inputs["x"] == x && remarks.all == ["input 'x' of the model is given 'other', the only input of the data set"])
    let labeled = try Small.run { $0.labels = "y" }
    let batch = try labeled.batch(["x": .tensor(x), "y": .tensor(Tensor([Int32(2), 1]))], labels: nil)
    #expect(batch.labels == Tensor([Int32(2), 1]) && Set(batch.inputs.keys) == ["x"])
    #expect(throws: WorkflowError.unknownLabels(name: "y", inputs: ["x"])) {
      try labeled.batch(["x": .tensor(x)], labels: nil)
    }
    let teacher = try Small.model(seed: 9)
    let taught = try Small.run { $0.loss = .named("kl", [:], teacher: teacher) }
    #expect(try taught.batch(["x": .tensor(x)], labels: nil).reference == teacher.predict(["x": x])["p"])
  }

  private final class Remarks { var all: [String] = [] }

  @Test func ratesOfGroupsAreThoseThatWereGiven() throws {
    func trained(_ change: (inout TrainingSetup) -> Void) throws -> [Float] {
      let run = try Small.run {
        ($0.optimizer, $0.rate) = (("sgd", [:]), 0.5)
        change(&$0)
      }
      let data = try Small.samples(16, seed: 1)
      _ = try run.fit(data, FitOptions())
      return try Small.outputs(run.snapshot()).floats()
    }
    let untouched = try Small.outputs(Small.model()).floats()
    #expect(try trained { $0.groups = [.init(pattern: "", rate: 0, weightDecay: nil)] } == untouched)
    #expect(try trained { $0.groups = [.init(pattern: "", rate: 0.5, weightDecay: nil)] } == trained { _ in })
    #expect(try trained { _ in } != untouched)
    #expect(throws: TrainingError.self) { try Small.run { $0.optimizer = ("adan", [:]) } }
  }

  @Test func freshModelsOfPictures() throws {
    let image = ImageFeature(ImageFeature.Size(width: 5, height: 4), .rgb)
    let fresh = try FreshModel(["b": .array(.float32, [3]), "a": .picture(image)], batch: nil, opset: .iOS18, seed: 1)
    #expect(fresh.types.map(\.name) == ["a", "b"])
    #expect(fresh.types.map(\.type) == [.tensor(.float32, [1, 3, 4, 5]), .tensor(.float32, [1, 3])])
    let value = try fresh.writer.value("b")
    let model = try fresh.model(outputs: [("y", fresh.writer.add("add", [("x", .value(value)), ("y", .value(value))]))])
    #expect(model.interface.inputs.map(\.name) == ["a", "b"])
    guard case .image = model.interface.inputs[0].kind else {
      Issue.record("no image: \(model.interface.inputs[0].kind)")
      return
    }
    #expect(throws: WorkflowError.batchOfPictures) { try FreshModel(["a": .picture(image)], batch: 4, opset: .iOS18, seed: 1) }
    #expect(throws: WorkflowError.noNetworkInputs) { try FreshModel([:], batch: nil, opset: .iOS18, seed: 1) }
    #expect(throws: WorkflowError.outputNames(given: 2, made: 1)) { try fresh.model(outputs: [("y", value)], named: ["y", "z"]) }
  }
}
