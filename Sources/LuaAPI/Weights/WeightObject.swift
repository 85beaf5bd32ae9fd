// SPDX-License-Identifier: Apache-2.0
// The Lua object for weights. Statistics are computed on demand.

import Compression
import Encodings
import Evaluation
import LuaHost
import Options
import Tensors
import WeightStorage
import Workflows

/// A weight of a model, compressed or not.
final class WeightObject: LuaBoxed {
  let entry: WeightEntry
  private lazy var statistics = Result { try entry.statistics() }
  private lazy var layout = given ?? entry.layout
  /// The layout of the rows, where the reader of the weight decides it.
  private let given: RowLayout?

  /// - Parameter context: the context in which a technique sees the weight; `nil` for that of the model.
  init(_ entry: WeightEntry, _ context: WeightContext? = nil) {
    self.entry = entry
    given = context?.layout(entry.shape)
  }

  static var luaName: String { "Weight" }

  /// A script's `where`: called with each weight.
  static func selector(_ function: LuaClosure) -> PlannedStep.Selector {
    // Called on the interpreter's thread only: compression runs there.
    nonisolated(unsafe) let function = function
    return {
      try function.call(
        WeightObject($0, $1), WeightContextRecord(context: $1), returning: Bool.self, role: "where function", wanted: "true or false")
    }
  }

  private enum HistogramOptions {
    static let before = LuaOption<WeightObject?>("before", "the same weight of the original model")
    static let bins = LuaOption("bins", "number of bins", default: 60, allowed: .within(2...1000))
    static let table = PlotOptions.table("HistogramOptions", [before, bins])
  }

  static let luaClass = LuaClass(
    WeightObject.self, "A weight of a model, compressed or not.",
    properties: [
      LuaProperty("name", "its name, the same before and after compression") { (w: WeightObject) in w.entry.name },
      LuaProperty("op_type", "type of the operator that reads it") { (w: WeightObject) in w.entry.opType },
      LuaProperty("op_name", "name of the operator that reads it") { (w: WeightObject) in w.entry.opName },
      LuaProperty("parameter", "that operator's input") { (w: WeightObject) in w.entry.parameter },
      LuaProperty("function_name", "the function that contains it") { (w: WeightObject) in w.entry.function },
      LuaProperty("readers", "all operators that read it, including those of other functions that share it") { (w: WeightObject) in
        w.entry.readers.map { WeightReaderRecord(reader: $0) }
      },
      LuaProperty("shape", "extents") { (w: WeightObject) in LuaList(w.entry.shape) },
      LuaProperty("dtype", "element type") { (w: WeightObject) in "\(w.entry.dtype)" },
      LuaProperty("count", "number of elements") { (w: WeightObject) in w.entry.count },
      LuaProperty("bytes", "bytes of all its stored parts") { (w: WeightObject) in w.entry.bytes },
      LuaProperty("scheme", "dense, quantized, palettized, sparse, or a joint one") { (w: WeightObject) in "\(w.entry.scheme)" },
      LuaProperty("bits", "stored bits per element") { (w: WeightObject) in w.entry.bits },
      LuaProperty("sparsity", "fraction of zeros (decodes the weight)") { (w: WeightObject) in try w.statistics.get().sparsity },
      LuaProperty("unique_values", "number of distinct values (decodes the weight)") { (w: WeightObject) in
        try w.statistics.get().uniqueValues
      },
      LuaProperty("min", "smallest value (decodes the weight)") { (w: WeightObject) in try w.statistics.get().min },
      LuaProperty("max", "largest value (decodes the weight)") { (w: WeightObject) in try w.statistics.get().max },
      LuaProperty("values", "its values, decoded, in the layout of the model") { (w: WeightObject) in
        TensorObject(try w.entry.weight.decoded())
      },
      LuaProperty("rows", "its values as a matrix: a row for each output channel, all other axes as columns") { (w: WeightObject) in
        TensorObject(w.layout.rows(try w.entry.weight.decoded()))
      },
      LuaProperty("axis", "the axis of output channels, from 0; nil if the operators that read it disagree") { (w: WeightObject) in
        w.entry.axes.output
      },
      LuaProperty("input", "the name of the value that the first operator combines with it; nil if there is none") { (w: WeightObject) in
        w.entry.input
      },
      LuaProperty(
        "stored",
        "its parts as the model stores them: { kind = \"dense\", values = }, \"quantized\" { codes, scale, offset }, \"palettized\" { indices, "
          + "lut, vector_axis }, \"sparse\" { mask, values }; nested for joint forms"
      ) { (w: WeightObject) in try StoredParts(w.entry.weight) },
    ],
    methods: [
      LuaMethod("to_tensor", "Its values, decoded.", returns: "a Tensor") { (w: WeightObject) in
        TensorObject(try w.entry.weight.decoded())
      },
      LuaMethod(
        "plot", "Draw a histogram of its values, optionally with those of the original weight.", .options(HistogramOptions.table), .context,
        example: """
          local small = model:palettize{ nbits = 4, weight_threshold = 512 }
          small.weights.const_2:plot{ before = model.weights.const_2 }
          """
      ) { (w: WeightObject, options: LuaOptions, context: LuaContext) in
        var samples = [Chart.Sample("\(w.entry.scheme)", try w.entry.weight.decoded().floats())]
        if let before = options[HistogramOptions.before] {
          samples.insert(Chart.Sample("before", try before.entry.weight.decoded().floats()), at: 0)
        }
        let chart = try Chart.histogram(
          samples, bins: options[HistogramOptions.bins], axis: "weight",
          title: "\(w.entry.name)  \(w.entry.shape)")
        try PlotOptions.deliver(chart, options, of: "plot", context.interpreter)
      },
    ],
    behaviors: [
      .toString { (w: WeightObject) in
        let e = w.entry
        return "\(e.name)  \(e.dtype) \(e.shape)  \(e.scheme)  \(e.bytes) bytes  (\(e.opType).\(e.parameter))"
      }
    ])
}

/// An operator that reads a weight.
struct WeightReaderRecord: LuaRecord {
  let reader: WeightEntry.Reader

  static let luaName = "WeightReader"
  static let luaDoc = "An operator that reads a weight."
  static let luaFields: [LuaField<WeightReaderRecord>] = [
    LuaField("op_type", "type of the operator") { $0.reader.opType },
    LuaField("op_name", "name of the operator") { $0.reader.opName },
    LuaField("parameter", "its input") { $0.reader.parameter },
    LuaField("function_name", "the function it belongs to") { $0.reader.function },
  ]
}
