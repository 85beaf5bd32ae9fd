// SPDX-License-Identifier: Apache-2.0
// Trains on a data set for a number of epochs, with validation and early stopping.

import Evaluation
import Models
import Training

extension TrainingRun {
  /// Trains on a data set for a number of epochs, starting from the current `progress`.
  ///
  /// After an error, the next fit continues after the last completed batch.
  ///
  /// - Returns: the epochs of this call, including one that was paused.
  /// - Throws: `WorkflowError` for options that are incompatible with each other, `TrainingError`, `EvaluationError`,
  ///   `RuntimeError`, `DataFileError` for a checkpoint that cannot be written, and any error from the observer's closures.
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
  /// The number of samples per batch, and of batches per epoch.
  let batchSize: Int
  let batches: Int
  /// The optimizer step that ends the fit; `nil` if only the number of epochs is limited.
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

  /// Runs the epochs and returns their results.
  func history() throws -> FitHistory {
    let epochs = options.epochs
    if run.progress.begin(epochs, of: batches) {
      run.remark("fit: all \(epochs) epochs of the checkpoint are done; a greater number of epochs continues it")
    }
    let open = max((epochs - run.progress.epoch) * batches - run.progress.batch, 0)
    run.trainer.expectedSteps = min(lastStep ?? Int.max, run.trainer.step + open / run.trainer.options.accumulate)
    try run.measureNorms(over: data, batchSize) { samples in
      try observer.augment?(samples) ?? run.batch(samples.inputs, labels: nil, arePlaced: true, needsTargets: false)
    }
    var stopping = EarlyStopping(options.patience)
    var history: [FitEpoch] = []
    while run.progress.epoch < epochs || run.progress.batch > 0 {
      let number = run.progress.epoch
      var (epoch, isPaused) = try learn(epoch: number)
      let monitored = try validate(&epoch)
      history.append(epoch)
      var isEnded = try !observer.onEpoch(epoch)
      if stopping.sees(monitored, run.trainer) { isEnded = true }
      if let path = options.checkpoint { try Checkpoint.save(run, to: path) }
      // The next fit continues a paused epoch.
      if isPaused { break }
      if isEnded || run.progress.epoch >= epochs {
        run.progress = FitProgress(past: run.progress.past + number + 1)
        break
      }
    }
    try stopping.restore(run.trainer)
    return FitHistory(epochs: history, best: stopping.bestEpoch)
  }

  /// Trains on the remaining batches of an epoch.
  ///
  /// - Parameter epoch: the number of the epoch, counted from 0.
  /// - Returns: the result of the epoch, and whether `onStep` or the limit of steps paused the fit.
  private func learn(epoch: Int) throws -> (FitEpoch, isPaused: Bool) {
    let started = MonotonicClock.seconds()
    let seed = run.trainer.options.seed &+ UInt64(run.progress.past + epoch) &* 0x9E37_79B9_7F4A_7C15
    let ordered = options.shuffles ? data.shuffled(seed: seed) : data
    var (total, count, isPaused) = (0.0, 0, false)
    var number = run.progress.batch
    // Without the batches that an earlier fit completed.
    let reader = ordered.batches(batchSize, from: run.progress.batch, isCancelled: run.isCancelled)
    while number < batches, let samples = try reader.next() {
      number += 1
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

  /// Evaluates the validation data and adds the metrics to the epoch.
  ///
  /// - Returns: the monitored value, negated if lower is better; the negated loss without validation data.
  /// - Throws: `WorkflowError.notMonitored` if the monitored metric is not among those evaluated; `EvaluationError`.
  private func validate(_ epoch: inout FitEpoch) throws -> Double {
    guard let validation = options.validation else { return -epoch.loss }
    let labels = run.setup.labels
    let data = try labels.map { validation.inputTypes[$0] == nil ? validation : try validation.takingLabels(from: $0) } ?? validation
    let metrics = try options.metrics?(data) ?? Metrics.defaults(labels: data.labelType, hasBaseline: false)
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
