// SPDX-License-Identifier: Apache-2.0
// The method model:calibrate and the Lua object with what it collects.

import Calibration
import Evaluation
import LuaHost
import Models
import Options
import Tensors
import TextLayout

extension Model {
  private enum CalibrateOptions {
    static let samples = LuaOption<Int?>("calibration_nsamples", "the most samples; by default all", allowed: .atLeast(1))
    static let mask = LuaOption<String?>(
      "mask", "the input of the data that is 0 at positions that do not count, such as \"attention_mask\"")
    static let table = LuaOptionTable("CalibrateOptions", [samples, mask])
  }

  static let calibrating: [LuaMethod] = [
    LuaMethod(
      "calibrate", "Run the model on data and collect the second moments of what its weights multiply, for algorithms such as gptq.",
      Arg("data", "a Dataset"), .options(CalibrateOptions.table), .context, returns: "Statistics",
      example: "local statistics = model:calibrate(data)"
    ) { (m: Model, data: DatasetObject, options: LuaOptions, context: LuaContext) in
      try context.interpreter.checkTaken()
      return StatisticsObject(
        try m.calibrated(
          CalibrationData(data.dataset, samples: options[CalibrateOptions.samples], mask: options[CalibrateOptions.mask]),
          isCancelled: { Interrupts.isPending }))
    }
  ]
}

/// What calibration data tell of a model, as a Lua object.
final class StatisticsObject: LuaBoxed {
  let statistics: ModelStatistics

  init(_ statistics: ModelStatistics) { self.statistics = statistics }

  static var luaName: String { "Statistics" }

  var luaExternalBytes: Int {
    statistics.entries.values.reduce(0) { $0 + $1.moments.reduce(0) { $0 + $1.sums.count * MemoryLayout<Float>.size } }
  }

  static let luaClass = LuaClass(
    StatisticsObject.self, "What calibration data tell of the inputs of a model's weights.",
    properties: [
      LuaProperty("samples", "number of samples") { (s: StatisticsObject) in s.statistics.samples },
      LuaProperty("values", "by value: its second moments and what follows from them") { (s: StatisticsObject) in
        Dictionary(
          s.statistics.keys.compactMap { key in s.statistics.entries[key].map { (key, ValueStatisticsRecord(entry: $0)) } },
          uniquingKeysWith: { a, _ in a })
      },
    ],
    methods: [
      LuaMethod(
        "merge", "The statistics of both, which must be of the same model.", Arg("other", "Statistics"), returns: "Statistics"
      ) { (s: StatisticsObject, other: StatisticsObject) in StatisticsObject(try s.statistics.merged(with: other.statistics)) }
    ],
    behaviors: [
      .toString(in: DisplayFrame.self) { (s: StatisticsObject, frame: DisplayFrame) in s.text(in: frame) }
    ])

  private func text(in frame: DisplayFrame) -> String {
    var table = Table(columns: [
      Table.Column("value", .left), Table.Column("groups", dispensable: true), Table.Column("channels"), Table.Column("positions"),
      Table.Column("root mean square"), Table.Column("largest channel"),
    ])
    for key in statistics.keys {
      guard let record = statistics.entries[key].map({ ValueStatisticsRecord(entry: $0) }) else { continue }
      table.append([
        key, "\(record.entry.moments.count)", "\(record.size)", Quantity.significant(record.positions, 6),
        Quantity.significant(record.rootMeanSquares.mean, 3), Quantity.significant(record.rootMeanSquares.max() ?? 0, 3),
      ])
    }
    return "\(statistics.samples) sample\(statistics.samples == 1 ? "" : "s")\n"
      + table.text(in: frame, remedy: "statistics.values holds all")
  }
}

extension [Double] {
  fileprivate var mean: Double { isEmpty ? 0 : reduce(0, +) / Double(count) }
}

/// The statistics of one value.
struct ValueStatisticsRecord: LuaRecord {
  let entry: ModelStatistics.Entry

  var size: Int { entry.moments.first?.size ?? 0 }
  var positions: Double { entry.moments.first?.count ?? 0 }
  var rootMeanSquares: [Double] { entry.moments.flatMap { $0.diagonal.map { $0.squareRoot() } } }

  static let luaName = "ValueStatistics"
  static let luaDoc = "Second moments of the vectors in a value that weights multiply."
  static let luaFields: [LuaField<ValueStatisticsRecord>] = [
    LuaField("name", "the value") { $0.entry.value },
    LuaField("size", "elements of a vector") { $0.size },
    LuaField("positions", "number of vectors") { $0.positions },
    LuaField("second_moments", "the mean of x xᵀ, [size, size], of the first group of channels") { record in
      TensorObject(Tensor(record.entry.moments.first?.mean ?? [], shape: [record.size, record.size]))
    },
    LuaField("mean_squares", "the mean of each element's square, [groups, size]") { record in
      TensorObject(
        Tensor(record.entry.moments.flatMap { $0.diagonal.map { Float($0) } }, shape: [record.entry.moments.count, record.size]))
    },
  ]
}
