// SPDX-License-Identifier: Apache-2.0
// Fits: epochs, pauses, early stopping, and errors for incompatible options.

import Evaluation
import Models
import Tensors
import Testing
import Training
import Workflows

@Suite("Fit") struct FitTests {
  private static func options(epochs: Int, change: (inout FitOptions) throws -> Void = { _ in }) rethrows -> FitOptions {
    var options = FitOptions()
    options.epochs = epochs
    try change(&options)
    return options
  }

  @Test func learnsEpochAfterEpoch() throws {
    let run = try Small.run()
    var (steps, progress): ([Int], [Int]) = ([], [])
    var observer = FitObserver(progress: { done, total in
      progress.append(done)
      #expect(total == 50)
    })
    observer.onStep = { step, loss in
      steps.append(step)
      return loss.isFinite
    }
    let history = try run.fit(
      Small.samples(160, seed: 1), Self.options(epochs: 5) { $0.validation = try Small.samples(96, seed: 2) }, observer)
    #expect(history.epochs.map(\.epoch) == [1, 2, 3, 4, 5] && history.epochs.map(\.step) == [10, 20, 30, 40, 50])
    #expect(steps == Array(1...50) && progress == steps && run.trainer.step == 50)
    #expect(history.epochs[4].loss < 0.7 * history.epochs[0].loss)
    #expect(try #require(history.epochs[4].metrics["accuracy"]) > 0.7)
    #expect(run.progress == FitProgress(past: 5))
  }

  /// The restored weights are those that were evaluated after the best epoch.
  @Test(arguments: [MetricDefinition.Direction.higher, .lower]) func earlyStoppingRestoresTheBestWeights(
    _ better: MetricDefinition.Direction
  ) throws {
    let run = try Small.run()
    let validation = try Small.samples(32, seed: 2)
    var shown: [Tensor] = []
    var observer = FitObserver()
    observer.onEpoch = { _ in
      shown.append(try Small.outputs(run.snapshot()))
      return true
    }
    // With six steps per epoch, the second epoch is the best.
    let distance = MetricDefinition.custom(name: "distance", better: better) { _ in
      abs(Double(run.trainer.step) - 12) * (better == .lower ? 1 : -1)
    }
    let history = try run.fit(
      Small.samples(96, seed: 1),
      Self.options(epochs: 40) {
        $0.validation = validation
        $0.metrics = { _ in [distance] }
        $0.patience = 3
      }, observer)
    #expect(history.best == 2 && history.epochs.count == 5 && shown.count == 5)
    #expect(Set(shown.map { $0.floats() }).count == 5)
    #expect(try Small.outputs(run.snapshot()) == shown[1] && run.trainer.step == 12)
  }

  /// Without patience, the best epoch is reported and the last weights are kept.
  @Test func withoutPatienceTheLastWeightsAreKept() throws {
    let run = try Small.run()
    var last: Tensor?
    var observer = FitObserver()
    observer.onEpoch = { _ in
      last = try Small.outputs(run.snapshot())
      return true
    }
    let history = try run.fit(Small.samples(64, seed: 1), Self.options(epochs: 3), observer)
    #expect(history.best != nil && history.epochs.count == 3)
    #expect(try Small.outputs(run.snapshot()) == last)
  }

  @Test func monitorsAMetricOfWhichLessIsBetter() throws {
    let run = try Small.run()
    let validation = try Small.samples(96, seed: 2)
    let history = try run.fit(
      Small.samples(160, seed: 1),
      Self.options(epochs: 4) {
        $0.validation = validation
        $0.metrics = { _ in [.accuracy, MetricDefinition.custom(name: "epochs_left", better: .lower) { _ in -Double(run.trainer.step) }] }
        $0.monitor = "epochs_left"
      })
    // The monitored value decreases in every epoch, so the last one is the best.
    #expect(history.best == 4 && history.epochs[0].metrics["epochs_left"] == -10)
  }

  @Test func aBrokenFitGoesOnWithTheSameBits() throws {
    let data = try Small.samples(100, seed: 1)
    let whole = try Small.run()
    _ = try whole.fit(data, Self.options(epochs: 3))
    let parts = try Small.run()
    var observer = FitObserver()
    observer.onStep = { step, _ in step < 4 }
    _ = try parts.fit(data, Self.options(epochs: 3), observer)
    #expect(parts.trainer.step == 4 && parts.progress == FitProgress(epoch: 0, batch: 4))
    _ = try parts.fit(data, Self.options(epochs: 3) { $0.steps = 5 })
    #expect(parts.trainer.step == 9 && parts.progress == FitProgress(epoch: 1, batch: 2))
    _ = try parts.fit(data, Self.options(epochs: 3))
    #expect(parts.trainer.step == 21 && parts.trainer.state == whole.trainer.state)
  }

  @Test func anObserverEndsAFitAndChangesItsBatches() throws {
    let run = try Small.run()
    var seen = 0
    var observer = FitObserver()
    observer.augment = { samples in
      seen += samples.count
      return TrainingBatch(inputs: samples.inputs.mapValues { Tensor($0.floats().map { -$0 }, shape: $0.shape) }, labels: samples.labels)
    }
    observer.onEpoch = { $0.epoch < 2 }
    let history = try run.fit(Small.samples(40, seed: 1), Self.options(epochs: 9) { $0.dropsLast = true }, observer)
    #expect(history.epochs.count == 2 && seen == 64 && run.trainer.step == 4)
    #expect(run.progress == FitProgress(past: 2))
  }

  @Test func refusesOptionsThatNobodyWouldUse() throws {
    let data = try Small.samples(16, seed: 1)
    #expect(throws: WorkflowError.unusedWithoutValidation(option: "metrics")) {
      try Small.run().fit(data, Self.options(epochs: 1) { $0.metrics = { _ in [.accuracy] } })
    }
    #expect(throws: WorkflowError.unusedWithoutValidation(option: "monitor")) {
      try Small.run().fit(data, Self.options(epochs: 1) { $0.monitor = "accuracy" })
    }
    #expect(try Small.run().fit(data, Self.options(epochs: 1) { $0.monitor = "loss" }).epochs.count == 1)
    #expect(throws: WorkflowError.notMonitored(metric: "top5", measured: ["accuracy"])) {
      try Small.run().fit(
        data,
        Self.options(epochs: 1) {
          $0.validation = data
          $0.monitor = "top5"
        })
    }
  }
}
