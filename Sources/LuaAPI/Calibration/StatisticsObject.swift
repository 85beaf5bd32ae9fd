// SPDX-License-Identifier: Apache-2.0
// The Lua object with what model:calibrate collects.

import Calibration
import Evaluation
import LuaHost
import Models
import Options
import Tensors
import TextLayout

/// What calibration data tell of a model, as a Lua object.
final class StatisticsObject: LuaBoxed {
  let statistics: ModelStatistics
  /// By value and way of reading it.
  private let objects: [String: ValueStatisticsObject]

  init(_ statistics: ModelStatistics) {
    self.statistics = statistics
    var objects: [String: ValueStatisticsObject] = [:]
    for name in statistics.values {
      let key = statistics.keys.first { $0 == name } ?? statistics.keys.first { statistics.entries[$0]?.value == name }
      objects[name] = ValueStatisticsObject(name: name, range: statistics.ranges[name], entry: key.flatMap { statistics.entries[$0] })
    }
    for key in statistics.keys where objects[key] == nil {
      let entry = statistics.entries[key]
      objects[key] = ValueStatisticsObject(name: key, range: entry.flatMap { statistics.ranges[$0.value] }, entry: entry)
    }
    self.objects = objects
  }

  static var luaName: String { "Statistics" }

  var luaExternalBytes: Int {
    statistics.entries.values.reduce(0) { $0 + $1.moments.reduce(0) { $0 + $1.sums.count * MemoryLayout<Float>.size } }
      + statistics.squaredGradients.values.reduce(0) { $0 + $1.count * MemoryLayout<Double>.size }
  }

  static let luaClass = LuaClass(
    StatisticsObject.self, "What calibration data tell of a model: a value that can be saved, loaded and merged.",
    properties: [
      LuaProperty("samples", "number of samples") { (s: StatisticsObject) in s.statistics.samples },
      LuaProperty("positions", "number of vectors that the first weight multiplies; masked ones do not count") { (s: StatisticsObject) in
        s.statistics.positions
      },
      LuaProperty("values", "a ValueStatistics for each value, by its name") { (s: StatisticsObject) in s.objects },
      LuaProperty("squared_gradients", "Tensors by the name of the weight's value; needs collect = { \"fisher\" }") {
        (s: StatisticsObject) in
        s.statistics.squaredGradients.mapValues { TensorObject(Tensor($0.map { Float($0) }, shape: [$0.count])) }
      },
    ],
    methods: [
      LuaMethod(
        "merge", "The statistics of both, which must be of the same model and collect the same.", Arg("other", "Statistics"),
        returns: "Statistics"
      ) { (s: StatisticsObject, other: StatisticsObject) in StatisticsObject(try s.statistics.merged(with: other.statistics)) },
      LuaMethod(
        "save", "Write the statistics to a file, which wane.load_statistics reads.", Arg("path", "an .npz file; replaced"),
        example: "model:calibrate(data):save(\"digits.stats.npz\")"
      ) { (s: StatisticsObject, path: PathArgument) in try s.statistics.save(to: path.path) },
    ],
    behaviors: [
      .toString(in: DisplayFrame.self) { (s: StatisticsObject, frame: DisplayFrame) in s.text(in: frame) }
    ])

  private func text(in frame: DisplayFrame) -> String {
    var table = Table(columns: [
      Table.Column("value", .left), Table.Column("min"), Table.Column("max"), Table.Column("mean", dispensable: true),
      Table.Column("groups", dispensable: true), Table.Column("channels"), Table.Column("positions"),
      Table.Column("largest channel", dispensable: true),
    ])
    func number(_ value: Double?) -> String { value.map { Quantity.significant($0, 3) } ?? "" }
    let hasRanges = !statistics.values.isEmpty
    for key in hasRanges ? statistics.values : statistics.keys {
      guard let value = objects[key] else { continue }
      let channels = value.entry?.channels ?? []
      table.append([
        key, number(value.range.map { Double($0.low) }), number(value.range.map { Double($0.high) }), number(value.range?.mean),
        channels.isEmpty ? "" : "\(channels.count)", channels.first.map { "\($0.size)" } ?? "",
        channels.first.map { Quantity.significant($0.count, 6) } ?? "", number(channels.flatMap(\.peaks).max().map { Double($0) }),
      ])
    }
    let shown = hasRanges ? table : table.without(["min", "max", "mean"])
    let squares = statistics.squaredGradients.count
    return "\(statistics.samples) sample\(statistics.samples == 1 ? "" : "s")"
      + (squares > 0 ? ", squared gradients of \(squares) weights\n" : "\n") + shown.text(in: frame, remedy: "statistics.values holds all")
  }
}
