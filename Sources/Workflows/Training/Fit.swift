// SPDX-License-Identifier: Apache-2.0
// Epochs over a data set, with validation and early stopping.

import Evaluation
import Models
import Training

extension TrainingRun {
  /// Learns from a data set, epoch after epoch, from where the run stands.
  ///
  /// - Throws: `WorkflowError` for options that do not fit each other, `TrainingError`, `EvaluationError`, and what the observer's
  ///   closures throw; the run then stands where it broke off.
  package func fit(_ data: Dataset, _ options: FitOptions, _ observer: FitObserver = FitObserver()) throws -> FitHistory {
    try options.check()
    let data = setup.labels == nil ? try data.placingLabels(for: model) : data
    return try Fit(self, data, options, observer).history()
  }
}

/// One fit of a run.
private struct Fit {
  let run: TrainingRun
  let data: Dataset
  let options: FitOptions
  let observer: FitObserver
  /// Samples a batch, and batches an epoch.
  let batchSize: Int
  let batches: Int
  /// The step that ends the fit; `nil` lets the epochs do that.
  let lastStep: Int?

  init(_ run: TrainingRun, _ data: Dataset, _ options: FitOptions, _ observer: FitObserver) {
    self.run = run
    self.data = data
    self.options = options
    self.observer = observer
    batchSize = options.batchSize ?? data.batchSize
    batches = options.dropsLast ? max(data.count / batchSize, 1) : (data.count + batchSize - 1) / batchSize
    lastStep = options.steps.map { run.trainer.step + $0 }
  }

  /// The epochs, as they are done.
  func history() throws -> FitHistory {
    let epochs = options.epochs
    let open = max((epochs - run.progress.epoch) * batches - run.progress.batch, 0)
    run.trainer.expectedSteps = min(lastStep ?? Int.max, run.trainer.step + open / run.trainer.options.accumulate)
    var stopping = EarlyStopping(options.patience)
    var history: [FitEpoch] = []
    while run.progress.epoch < max(epochs, run.progress.epoch + (run.progress.batch > 0 ? 1 : 0)) {
      let number = run.progress.epoch
      var (epoch, isPaused) = try learn(epoch: number)
      let monitored = try validate(&epoch)
      history.append(epoch)
      var isEnded = try !observer.onEpoch(epoch)
      if stopping.sees(monitored, run.trainer) { isEnded = true }
      if let path = options.checkpoint { try Checkpoint.save(run, to: path) }
      // What was broken off by steps goes on with the next fit.
      if isPaused { break }
      if isEnded || run.progress.epoch >= epochs {
        run.progress = FitProgress(past: run.progress.past + number + 1)
        break
      }
    }
    try stopping.restore(run.trainer)
    return FitHistory(epochs: history, best: stopping.bestEpoch)
  }

  /// Learns from what is left of an epoch.
  ///
  /// - Returns: also whether the fit was to pause before its end.
  private func learn(epoch: Int) throws -> (FitEpoch, isPaused: Bool) {
    let started = MonotonicClock.seconds()
    let seed = run.trainer.options.seed &+ UInt64(run.progress.past + epoch) &* 0x9E37_79B9_7F4A_7C15
    let ordered = options.shuffles ? data.shuffled(seed: seed) : data
    var (total, count, isPaused) = (0.0, 0, false)
    var number = 0
    for samples in ordered.batches(batchSize) {
      number += 1
      // Batches that were learned from before the run was saved.
      if number <= run.progress.batch { continue }
      if number > batches { break }
      let loss = try run.learn(from: batch(samples))
      run.progress.batch = number
      (total, count) = (total + loss, count + 1)
      observer.progress(epoch * batches + number, options.epochs * batches)
      if try !observer.onStep(run.trainer.step, loss) { isPaused = true }
      if let lastStep, run.trainer.step >= lastStep { isPaused = true }
      if isPaused { break }
    }
    if run.progress.batch >= batches { (run.progress.epoch, run.progress.batch) = (epoch + 1, 0) }
    let made = FitEpoch(
      epoch: epoch + 1, step: run.trainer.step, loss: count > 0 ? total / Double(count) : .nan, rate: (try? run.trainer.rate()) ?? 0,
      seconds: MonotonicClock.seconds() - started)
    return (made, isPaused)
  }

  private func batch(_ samples: Dataset.Batch) throws -> TrainingBatch {
    try observer.augment?(samples) ?? run.batch(samples.inputs, labels: samples.labels, arePlaced: true)
  }

  /// Measures on the validation data; gives the metric that early stopping looks at, the greater the better.
  private func validate(_ epoch: inout FitEpoch) throws -> Double {
    guard let validation = options.validation else { return -epoch.loss }
    let labels = run.setup.labels
    let data = try labels.map { validation.inputs[$0] == nil ? validation : try validation.takingLabels(from: $0) } ?? validation
    let metrics = try options.metrics?(data) ?? Metrics.defaults(labels: data.labels, hasBaseline: false)
    let evaluator = Evaluator(
      metrics: metrics, options: MetricOptions(output: run.trainer.options.output), isCancelled: run.isCancelled, remark: run.remark)
    let result = try evaluator.evaluate(run.snapshot(), on: data)
    for entry in result.metrics { if let value = entry.value { epoch.metrics[entry.name] = value.value } }
    let wanted = options.monitor ?? result.metrics.first?.name ?? "loss"
    if wanted == "loss" { return -epoch.loss }
    guard let value = epoch.metrics[wanted] else {
      throw WorkflowError.notMonitored(metric: wanted, measured: epoch.metrics.keys.sorted())
    }
    return metrics.first { $0.name == wanted }?.better == .lower ? -value : value
  }
}
