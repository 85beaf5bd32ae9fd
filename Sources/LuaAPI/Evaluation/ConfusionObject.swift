// SPDX-License-Identifier: Apache-2.0
// The Lua object for confusion matrices.

import Evaluation
import LuaHost
import TextLayout

/// A confusion matrix as a Lua object.
final class ConfusionObject: LuaBoxed {
  let matrix: ConfusionMatrix

  init(_ matrix: ConfusionMatrix) { self.matrix = matrix }

  static var luaName: String { "Confusion" }

  static let luaClass = LuaClass(
    ConfusionObject.self, "Counts of samples by label and prediction.",
    properties: [
      LuaProperty("matrix", "an int32 Tensor of the shape {classes, classes}: rows are labels, columns predictions") {
        (c: ConfusionObject) in
        TensorObject(c.matrix.tensor)
      },
      LuaProperty("classes", "names of the classes; nil if they have none") { (c: ConfusionObject) in c.matrix.classNames },
      LuaProperty("samples", "number of samples") { (c: ConfusionObject) in c.matrix.count },
      LuaProperty("error_rate", "share of samples that were not predicted to be of their class") { (c: ConfusionObject) in
        Double(c.matrix.errors) / Double(c.matrix.count)
      },
      LuaProperty("recall", "by class, in their order: the share of its samples that were found; nan for a class without samples") {
        (c: ConfusionObject) in (0..<c.matrix.classCount).map { c.matrix.recall($0) ?? .nan }
      },
      LuaProperty("precision", "by class, in their order: the share of its predictions that are right; nan for a class without predictions")
      {
        (c: ConfusionObject) in (0..<c.matrix.classCount).map { c.matrix.precision($0) ?? .nan }
      },
    ],
    methods: [
      LuaMethod(
        "plot", "Draw the shares of each label's samples as a heat map.", .options(plotTable), .context,
        example: "model:evaluate(data, { metrics = { \"confusion\" } }).confusion:plot{}"
      ) { (c: ConfusionObject, options: LuaOptions, context: LuaContext) in
        try PlotOptions.deliver(c.matrix.chart(), options, of: "plot", context.interpreter)
      }
    ],
    behaviors: [
      .toString(in: DisplayFrame.self) { (c: ConfusionObject, frame: DisplayFrame) in
        c.matrix.table.text(in: frame, others: 1) + "\n\(c.matrix.count) samples, \(c.matrix.errors) errors"
      },
      .forms { (c: ConfusionObject) in ["text/html": c.matrix.table.html] },
    ])

  private static let plotTable = PlotOptions.table("ConfusionPlotOptions", [])
}
