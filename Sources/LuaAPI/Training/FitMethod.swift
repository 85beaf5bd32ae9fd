// SPDX-License-Identifier: Apache-2.0
// The method t:fit: epochs over a data set, with validation and early stopping.

import Evaluation
import LuaHost
import Options
import TextLayout
import Workflows

extension TrainerObject {
  private enum FitArguments {
    static let epochs = LuaOption("epochs", "times that every sample is seen", default: 1, allowed: .atLeast(1))
    static let steps = LuaOption<Int?>("steps", "ends after so many steps, whatever the epochs", allowed: .atLeast(1))
    static let batchSize = LuaOption<Int?>("batch_size", "samples a batch; the dataset's own when left out", allowed: .atLeast(1))
    static let shuffle = LuaOption("shuffle", "draw a new order for each epoch", default: true)
    static let dropLast = LuaOption("drop_last", "leave out a last batch that is not full", default: false)
    static let augment = LuaOption<LuaClosure?>(
      "augment", "called with each batch, whose labels are indices of the model's classes; returns the batch to learn from")
    static let validation = LuaOption<DatasetObject?>("validation", "a Dataset to evaluate after each epoch")
    static let metrics = MetricList.option
    static let patience = LuaOption<Int?>(
      "patience", "number of epochs without improvement after which training stops; the best weights are kept", allowed: .atLeast(1))
    static let monitor = LuaOption<String?>("monitor", "the metric for early stopping; by default the first of the validation")
    static let onEpoch = LuaOption<LuaClosure?>("on_epoch", "called with an Epoch after each; false ends the fit")
    static let onStep = LuaOption<LuaClosure?>("on_step", "called with step and loss after each; false ends the fit")
    static let checkpoint = LuaOption<PathArgument?>("checkpoint", "a file that is saved after each epoch")
    static let table = LuaOptionTable(
      "FitOptions",
      [epochs, steps, batchSize, shuffle, dropLast, augment, validation, metrics, patience, monitor, onEpoch, onStep, checkpoint])
  }

  static let fitting: [LuaMethod] = [
    LuaMethod(
      "fit", "Learn from a dataset, epoch after epoch.", Arg<DatasetObject>("data", "the samples"), .options(FitArguments.table), .context,
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
    let bar = Progress("fit", unit: "batches")
    defer { bar.finish() }
    var observer = FitObserver(progress: { bar.update($0, of: $1) })
    if let augment = options[FitArguments.augment] {
      observer.augment = { samples in
        bar.clear()
        guard let table = try augment.call(BatchRecord(batch: samples)).first?.table else {
          throw LuaError(.usage, "fit: augment must return a batch: { inputs = { name = Tensor }, labels = Tensor }")
        }
        return try self.read(table, interpreter, arePlaced: true)
      }
    }
    if let callback = options[FitArguments.onStep] {
      observer.onStep = { step, loss in
        bar.clear()
        return try callback.call(step, loss).first?.boolean != false
      }
    }
    if let callback = options[FitArguments.onEpoch] {
      observer.onEpoch = { epoch in
        bar.clear()
        return try callback.call(epoch).first?.boolean != false
      }
    }
    return FitHistoryObject(try run.fit(data, Self.fitOptions(options, interpreter), observer))
  }

  private static func fitOptions(_ options: LuaOptions, _ interpreter: Interpreter) -> FitOptions {
    var fit = FitOptions()
    fit.epochs = options[FitArguments.epochs]
    fit.steps = options[FitArguments.steps]
    fit.batchSize = options[FitArguments.batchSize]
    fit.shuffles = options[FitArguments.shuffle]
    fit.dropsLast = options[FitArguments.dropLast]
    fit.validation = options[FitArguments.validation]?.dataset
    fit.metrics = options[FitArguments.metrics].map { metrics in
      { try MetricReader.metrics(metrics, $0, hasBaseline: false, interpreter) }
    }
    fit.patience = options[FitArguments.patience]
    fit.monitor = options[FitArguments.monitor]
    fit.checkpoint = options[FitArguments.checkpoint]?.path
    return fit
  }
}

extension FitEpoch: LuaRecord {
  package static let luaName = "Epoch"
  package static let luaDoc = "What one epoch of a fit was like."
  package static let luaFields: [LuaField<FitEpoch>] = [
    LuaField("epoch", "counted from 1") { $0.epoch }, LuaField("step", "optimizer steps done after it") { $0.step },
    LuaField("loss", "mean over its batches") { $0.loss }, LuaField("lr", "the learning rate after it") { $0.rate },
    LuaField("seconds", "the elapsed time, without validation") { $0.seconds },
    LuaField("metrics", "of the validation, by name") { $0.metrics },
  ]
}

/// The Lua object for the results of a fit.
final class FitHistoryObject: LuaBoxed {
  private let history: FitHistory

  init(_ history: FitHistory) { self.history = history }

  static var luaName: String { "FitHistory" }

  static let luaClass = LuaClass(
    FitHistoryObject.self, "The epochs of a fit: a sequence.",
    properties: [
      LuaProperty("best", "number of the best epoch among these, counted from 1") { (h: FitHistoryObject) in h.history.best },
      LuaProperty("last", "the last epoch") { (h: FitHistoryObject) in h.history.epochs.last },
    ],
    behaviors: [
      .toString(in: DisplayFrame.self) { (h: FitHistoryObject, frame: DisplayFrame) in h.history.text(in: frame) },
      .length { (h: FitHistoryObject) in h.history.epochs.count },
      .index { (h: FitHistoryObject, i: Int) in
        h.history.epochs.indices.contains(i - 1) ? h.history.epochs[i - 1] : nil
      },
    ])
}
