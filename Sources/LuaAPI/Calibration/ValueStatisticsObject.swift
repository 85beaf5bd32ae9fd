// SPDX-License-Identifier: Apache-2.0
// The Lua object with what calibration data tell of one value.

import Calibration
import Evaluation
import LuaHost
import Models
import Options
import Tensors
import TextLayout

/// The statistics of one value: of its elements, and of the vectors in it that weights multiply.
final class ValueStatisticsObject: LuaBoxed {
  let name: String
  let range: ValueRange?
  let entry: ModelStatistics.Entry?

  init(name: String, range: ValueRange?, entry: ModelStatistics.Entry?) {
    self.name = name
    self.range = range
    self.entry = entry
  }

  static var luaName: String { "ValueStatistics" }

  private enum PlotArguments {
    static let table = PlotOptions.table("ValuePlotOptions", [])
  }

  static let luaClass = LuaClass(
    ValueStatisticsObject.self, "What calibration data tell of one value. Fields that were not collected are nil.",
    properties: [
      LuaProperty("name", "the value") { (v: ValueStatisticsObject) in v.name },
      LuaProperty("min", "the lowest element") { (v: ValueStatisticsObject) in v.range.map { Double($0.low) } },
      LuaProperty("max", "the highest element") { (v: ValueStatisticsObject) in v.range.map { Double($0.high) } },
      LuaProperty("mean", "the mean of all elements") { (v: ValueStatisticsObject) in v.range?.mean },
      LuaProperty("rms", "the root mean square of all elements") { (v: ValueStatisticsObject) in v.range?.rootMeanSquare },
      LuaProperty("histogram", "numbers of elements in bins of equal width from min to max; needs collect = { \"histograms\" }") {
        (v: ValueStatisticsObject) in v.range?.histogram.map { TensorObject(Tensor($0.counts)) }
      },
      LuaProperty("size", "elements of a vector that a weight multiplies") { (v: ValueStatisticsObject) in v.entry?.channels.first?.size },
      LuaProperty("positions", "number of vectors") { (v: ValueStatisticsObject) in v.entry?.channels.first?.count },
      LuaProperty("absmax", "the largest magnitude of each element of the vectors, [groups, size]") { (v: ValueStatisticsObject) in
        v.channels { Array($0.peaks) }
      },
      LuaProperty("means", "the mean of each element of the vectors, [groups, size]") { (v: ValueStatisticsObject) in
        v.channels { $0.means.map { Float($0) } }
      },
      LuaProperty("mean_squares", "the mean of each element's square, [groups, size]") { (v: ValueStatisticsObject) in
        guard let entry = v.entry, let size = entry.moments.first?.size else { return nil as TensorObject? }
        return TensorObject(
          Tensor(entry.moments.flatMap { $0.diagonal.map { Float($0) } }, shape: [entry.moments.count, size]))
      },
      LuaProperty("second_moments", "the mean of x xᵀ, [size, size], of the first group of channels") { (v: ValueStatisticsObject) in
        v.entry?.moments.first.map { TensorObject(Tensor($0.mean, shape: [$0.size, $0.size])) }
      },
    ],
    methods: [
      LuaMethod(
        "percentile", "The number below which a percentage of all elements lies; needs collect = { \"histograms\" }.",
        Arg("q", "from 0 to 100", allowed: .within(0...100)), returns: "a number",
        example: "model:calibrate(data, { collect = { \"histograms\" } }).values.image:percentile(99.9)"
      ) { (v: ValueStatisticsObject, q: Double) in try v.histogram().quantile(q / 100) },
      LuaMethod(
        "plot", "Draw the histogram; needs collect = { \"histograms\" }.", .options(PlotArguments.table), .context,
        example: "model:calibrate(data, { collect = { \"histograms\" } }).values.image:plot{}"
      ) { (v: ValueStatisticsObject, options: LuaOptions, context: LuaContext) in
        try PlotOptions.deliver(v.chart(), options, of: "plot", context.interpreter)
      },
    ],
    behaviors: [
      .toString { (v: ValueStatisticsObject) in v.text }
    ])

  private func channels(_ numbers: (ChannelStatistics) -> [Float]) -> TensorObject? {
    guard let channels = entry?.channels, let size = channels.first?.size else { return nil }
    return TensorObject(Tensor(channels.flatMap(numbers), shape: [channels.count, size]))
  }

  private func histogram() throws -> Histogram {
    guard let histogram = range?.histogram else { throw ModelError.notCollected(what: "histograms", collect: "histograms") }
    return histogram
  }

  /// At most this many columns.
  private static let columns = 64

  private func chart() throws -> Chart {
    let histogram = try histogram()
    let each = max(histogram.counts.count / Self.columns, 1)
    let sums = stride(from: 0, to: histogram.counts.count, by: each).map { start in
      histogram.counts[start..<min(start + each, histogram.counts.count)].reduce(0, +)
    }
    let most = max(sums.max() ?? 1, 1)
    let width = histogram.width * Double(each)
    let points = sums.enumerated().map { i, count in
      Chart.Point(x: Double(histogram.low) + (Double(i) + 0.5) * width, y: count / most, label: "\(Quantity.fixed(count, 0)) elements")
    }
    return Chart(
      title: "\(name)  \(Quantity.significant(Double(histogram.low), 4)) … \(Quantity.significant(Double(histogram.high), 4))",
      x: Chart.Axis("element"), y: Chart.Axis("share of the fullest bin"),
      series: [Chart.Series("", style: .columns(width: width), points: points)])
  }

  private var text: String {
    var parts = [name]
    if let range {
      parts.append(
        "\(Quantity.significant(Double(range.low), 4)) … \(Quantity.significant(Double(range.high), 4)), "
          + "mean \(Quantity.significant(range.mean, 3)), rms \(Quantity.significant(range.rootMeanSquare, 3))")
    }
    if let channels = entry?.channels, let first = channels.first {
      parts.append("\(Quantity.significant(first.count, 6)) vectors of \(first.size)")
    }
    return parts.joined(separator: "  ")
  }
}
