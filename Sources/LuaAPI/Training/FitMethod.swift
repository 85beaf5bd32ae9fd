// SPDX-License-Identifier: Apache-2.0
// t:fit: epochs over a dataset, with validation and early stopping.

import Evaluation
import LuaHost
import Models
import Options
import Tensors
import TextLayout
import Training

/// Where a fit stands between two batches.
struct FitProgress {
  /// Whole epochs done.
  var epoch = 0
  /// Batches done in the next one.
  var batch = 0
  /// Epochs of earlier fits, so that each epoch has an order of its own.
  var past = 0
  /// Whether it comes from a checkpoint.
  var isResumed = false

  /// Prepares a fit of so many epochs: what broke off behind its last epoch is over, and the next fit is another one.
  ///
  /// - Parameter batches: of an epoch.
  /// - Returns: whether nothing is left to do, as all epochs are in the checkpoint.
  mutating func begin(_ epochs: Int, of batches: Int) -> Bool {
    defer { isResumed = false }
    if batch >= batches { (epoch, batch) = (epoch + 1, 0) }
    guard batch == 0, epoch >= epochs else { return false }
    if !isResumed { self = FitProgress(past: past + epoch) }
    return isResumed
  }
}

extension TrainerObject {
  private enum FitOptions {
    static let epochs = LuaOption("epochs", "times that every sample is seen", default: 1, allowed: .atLeast(1))
    static let steps = LuaOption<Int?>("steps", "ends after so many steps, whatever the epochs", allowed: .atLeast(1))
    static let batchSize = LuaOption<Int?>("batch_size", "samples a batch; the dataset's own when left out", allowed: .atLeast(1))
    static let shuffle = LuaOption("shuffle", "draw a new order for each epoch", default: true)
    static let dropLast = LuaOption("drop_last", "leave out a last batch that is not full", default: false)
    static let augment = LuaOption<LuaClosure?>(
      "augment", "given each batch, its labels as positions among the model's classes, returns the batch to learn from")
    static let validation = LuaOption<DatasetObject?>("validation", "a Dataset to evaluate after each epoch")
    static let metrics = MetricList.option
    static let patience = LuaOption<Int?>(
      "patience", "ends after so many epochs without improvement; the best weights are kept", allowed: .atLeast(1))
    static let monitor = LuaOption<String?>("monitor", "the metric that must improve; the first of the validation when left out")
    static let onEpoch = LuaOption<LuaClosure?>("on_epoch", "called with an Epoch after each; false ends the fit")
    static let onStep = LuaOption<LuaClosure?>("on_step", "called with step and loss after each; false ends the fit")
    static let checkpoint = LuaOption<PathArgument?>("checkpoint", "a file that is saved after each epoch")
    static let table = LuaOptionTable(
      "FitOptions",
      [epochs, steps, batchSize, shuffle, dropLast, augment, validation, metrics, patience, monitor, onEpoch, onStep, checkpoint])
  }

  static let fitting: [LuaMethod] = [
    LuaMethod(
      "fit", "Learn from a dataset, epoch after epoch.", Arg<DatasetObject>("data", "the samples"), .options(FitOptions.table), .context,
      returns: "a FitHistory",
      example: """
        local t = wane.trainer(model, { lr = 1e-4 })
        print(#t:fit(data, { epochs = 2, batch_size = 64, validation = data }))  --> 2
        """
    ) { (t: TrainerObject, data: DatasetObject, options: LuaOptions, context: LuaContext) in
      try t.fit(data.dataset, options, context.interpreter)
    }
  ]

  private func fit(_ data: Dataset, _ options: LuaOptions, _ interpreter: Interpreter) throws -> FitHistoryObject {
    try interpreter.checkTaken()
    try checkValidation(options)
    let data = labelsName == nil ? try data.placingLabels(for: model) : data
    let size = options[FitOptions.batchSize] ?? data.batchSize
    let batches = options[FitOptions.dropLast] ? max(data.count / size, 1) : (data.count + size - 1) / size
    let epochs = options[FitOptions.epochs]
    if progress.begin(epochs, of: batches) { interpreter.remark("fit: the \(epochs) epochs of the checkpoint are done; more epochs go on") }
    let accumulate = trainer.options.accumulate
    let planned = trainer.step + max((epochs - progress.epoch) * batches - progress.batch, 0) / accumulate
    let limit = options[FitOptions.steps].map { trainer.step + $0 }
    trainer.expectedSteps = min(limit ?? Int.max, planned)
    var stopping = EarlyStopping(options[FitOptions.patience])
    var history: [EpochRecord] = []
    let bar = Progress("fit", unit: "batches")
    defer { bar.finish() }
    while progress.epoch < max(epochs, progress.epoch + (progress.batch > 0 ? 1 : 0)) {
      let started = MonotonicClock.seconds()
      let epoch = progress.epoch
      let seed = trainer.options.seed &+ UInt64(progress.past + epoch) &* 0x9E37_79B9_7F4A_7C15
      let ordered = options[FitOptions.shuffle] ? data.shuffled(seed: seed) : data
      var (total, count, ended, paused) = (0.0, 0, false, false)
      var number = 0
      for samples in ordered.batches(size) {
        number += 1
        // Batches that were learned from before the run was saved.
        if number <= progress.batch { continue }
        if number > batches { break }
        let loss = try learn(from: augmented(samples, options[FitOptions.augment], interpreter, bar))
        progress.batch = number
        (total, count) = (total + loss, count + 1)
        bar.update(epoch * batches + number, of: epochs * batches)
        if let callback = options[FitOptions.onStep] {
          bar.clear()
          if try callback.call(trainer.step, loss).first?.boolean == false { paused = true }
        }
        if let limit, trainer.step >= limit { paused = true }
        if paused { break }
      }
      if progress.batch >= batches { (progress.epoch, progress.batch) = (epoch + 1, 0) }
      var record = EpochRecord(
        epoch: epoch + 1, step: trainer.step, loss: count > 0 ? total / Double(count) : .nan, rate: (try? trainer.rate()) ?? 0,
        seconds: MonotonicClock.seconds() - started, metrics: [:])
      let monitored = try validate(&record, options, interpreter)
      history.append(record)
      if let callback = options[FitOptions.onEpoch] {
        bar.clear()
        if try callback.call(record).first?.boolean == false { ended = true }
      }
      if try stopping.sees(monitored, trainer) { ended = true }
      if let path = options[FitOptions.checkpoint] { try CheckpointFile.save(self, to: path.path) }
      // What was broken off by steps goes on with the next fit.
      if paused { break }
      if ended || progress.epoch >= epochs {
        progress = FitProgress(past: progress.past + epoch + 1)
        break
      }
    }
    try stopping.restore(trainer)
    return FitHistoryObject(history, best: stopping.bestEpoch)
  }

  /// Options that say how to validate, without anything to validate on.
  private func checkValidation(_ options: LuaOptions) throws {
    guard options[FitOptions.validation] == nil else { return }
    let monitored = options[FitOptions.monitor].map { $0 == "loss" ? nil : "monitor" } ?? nil
    guard let unused = options["metrics"] != nil ? "metrics" : monitored else { return }
    throw LuaError(.usage, "fit: \(unused) is not used without a validation", hint: "validation = a Dataset")
  }

  private func augmented(
    _ samples: Dataset.Batch, _ hook: LuaClosure?, _ interpreter: Interpreter, _ bar: Progress
  ) throws -> TrainingBatch {
    guard let hook else { return try batch(samples.inputs, labels: samples.labels, arePlaced: true) }
    bar.clear()
    guard let table = try hook.call(BatchRecord(batch: samples)).first?.table else {
      throw LuaError(.usage, "fit: augment must return a batch: { inputs = { name = Tensor }, labels = Tensor }")
    }
    return try read(table, interpreter, arePlaced: true)
  }

  /// Measures on the validation data; gives the metric that early stopping looks at, the greater the better.
  private func validate(_ record: inout EpochRecord, _ options: LuaOptions, _ interpreter: Interpreter) throws -> Double {
    guard let data = options[FitOptions.validation] else { return -record.loss }
    let dataset =
      try labelsName.map { data.dataset.inputs[$0] == nil ? data.dataset : try data.dataset.takingLabels(from: $0) } ?? data.dataset
    let metrics = try MetricReader.metrics(options[FitOptions.metrics], dataset, hasBaseline: false, interpreter)
    let evaluator = Evaluator(
      metrics: metrics, options: MetricOptions(output: trainer.options.output), batchSize: nil, onBatch: { _ in },
      isCancelled: { Interrupts.isPending }, remark: { interpreter.remark($0) })
    let result = try evaluator.evaluate(snapshot(), on: dataset, baseline: nil)
    for entry in result.metrics { if let value = entry.value { record.metrics[entry.name] = value.value } }
    let wanted = options[FitOptions.monitor] ?? result.metrics.first?.name ?? "loss"
    if wanted == "loss" { return -record.loss }
    guard let value = record.metrics[wanted] else {
      throw LuaError(
        .usage, "fit: monitor = '\(wanted)' is not measured; measured are \(record.metrics.keys.sorted().joined(separator: ", "))")
    }
    return metrics.first { $0.name == wanted }?.better == .lower ? -value : value
  }
}

/// Ends a fit that does not get better, and goes back to the best weights.
private struct EarlyStopping {
  private let patience: Int?
  private var best = -Double.infinity
  private var since = 0
  private var epochs = 0
  private var state: [String: Tensor]?
  private(set) var bestEpoch: Int?

  init(_ patience: Int?) { self.patience = patience }

  /// Whether it is enough.
  mutating func sees(_ value: Double, _ trainer: Trainer) throws -> Bool {
    epochs += 1
    if value > best {
      best = value
      since = 0
      bestEpoch = epochs
      if patience != nil { state = trainer.state }
      return false
    }
    since += 1
    return patience.map { since >= $0 } ?? false
  }

  func restore(_ trainer: Trainer) throws {
    guard let state, since > 0 else { return }
    try trainer.restore(state)
  }
}

/// One epoch of a fit.
struct EpochRecord: LuaRecord {
  let epoch: Int
  let step: Int
  let loss: Double
  let rate: Double
  let seconds: Double
  var metrics: [String: Double]

  static let luaName = "Epoch"
  static let luaDoc = "What one epoch of a fit was like."
  static let luaFields: [LuaField<EpochRecord>] = [
    LuaField("epoch", "counted from 1") { $0.epoch }, LuaField("step", "optimizer steps done after it") { $0.step },
    LuaField("loss", "mean over its batches") { $0.loss }, LuaField("lr", "the learning rate after it") { $0.rate },
    LuaField("seconds", "how long it took, without validation") { $0.seconds },
    LuaField("metrics", "of the validation, by name") { $0.metrics },
  ]
}

/// The epochs of a fit.
final class FitHistoryObject: LuaBoxed {
  let epochs: [EpochRecord]
  private let best: Int?

  init(_ epochs: [EpochRecord], best: Int?) {
    self.epochs = epochs
    self.best = best
  }

  static var luaName: String { "FitHistory" }

  static let luaClass = LuaClass(
    FitHistoryObject.self, "The epochs of a fit: a sequence.",
    properties: [
      LuaProperty("best", "number of the best epoch among these, counted from 1") { (h: FitHistoryObject) in h.best },
      LuaProperty("last", "the last epoch") { (h: FitHistoryObject) in h.epochs.last },
    ],
    behaviors: [
      .toString(in: DisplayFrame.self) { (h: FitHistoryObject, frame: DisplayFrame) in h.text(in: frame) },
      .length { (h: FitHistoryObject) in h.epochs.count },
      .index { (h: FitHistoryObject, i: Int) in h.epochs.indices.contains(i - 1) ? h.epochs[i - 1] : nil },
    ])

  private func text(in frame: DisplayFrame) -> String {
    let names = epochs.first?.metrics.keys.sorted() ?? []
    var table = Table(
      columns: [Table.Column("epoch"), Table.Column("step"), Table.Column("loss")] + names.map { Table.Column($0) } + [
        Table.Column("time", unit: "s")
      ])
    for e in epochs {
      table.append(
        ["\(e.epoch)", "\(e.step)", Quantity.significant(e.loss, 4)] + names.map { e.metrics[$0].map { Quantity.significant($0, 4) } ?? "" }
          + [Quantity.fixed(e.seconds, 1)])
    }
    return table.text(in: frame, remedy: "print(tostring(history)) shows all")
  }
}
