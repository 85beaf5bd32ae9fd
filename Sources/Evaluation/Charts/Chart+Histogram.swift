// SPDX-License-Identifier: Apache-2.0
// Histograms of the values of a weight, before and after compression.

import Tensors

extension Chart {
  /// One of the samples that share the bins of a histogram.
  package struct Sample: Sendable {
    package let name: String
    package let values: [Float]

    package init(_ name: String, _ values: [Float]) {
      self.name = name
      self.values = values
    }
  }

  /// Largest number of values marked on the axis.
  package static let ruleLimit = 64
  /// If a sample has a larger fraction of zeros, they are left out, because they would compress the scale of the other bins.
  private static let zeroShare = 0.2

  /// Histograms over the same bins, each normalized to its fullest bin, so that a weight of 16 distinct values and one of
  /// thousands have the same height. The tooltips show the counts.
  ///
  /// The distinct values of the last of several samples are marked if there are at most 64, as in a lookup table.
  ///
  /// - Throws: `EvaluationError.nothingToDraw` if no sample has a finite value.
  package static func histogram(_ samples: [Sample], bins: Int = 60, axis: String, title: String) throws -> Chart {
    let finite = samples.map { Sample($0.name, $0.values.filter(\.isFinite)) }
    guard let low = finite.compactMap({ $0.values.min() }).min(), let high = finite.compactMap({ $0.values.max() }).max() else {
      throw EvaluationError.nothingToDraw
    }
    // A single value gets a bin of its own width.
    let width = high > low ? (Double(high) - Double(low)) / Double(bins) : max(abs(Double(low)) * 0.1, 1e-6)
    let series = finite.filter { !$0.values.isEmpty }.map { column($0, from: Double(low), width, bins) }
    var chart = Chart(title: title, x: Axis(axis), y: Axis("share of the fullest bin"), series: series)
    if samples.count > 1, let values = finite.last.flatMap({ distinct($0.values) }) {
      chart.rules = Rules(values.map(Double.init), label: "the \(values.count) values after")
    }
    return chart
  }

  private static func column(_ sample: Sample, from low: Double, _ width: Double, _ bins: Int) -> Series {
    let zeros = sample.values.reduce(0) { $0 + ($1 == 0 ? 1 : 0) }
    let share = Double(zeros) / Double(sample.values.count)
    let leavesOutZeros = share > zeroShare && zeros < sample.values.count
    var counts = [Int](repeating: 0, count: bins)
    for value in sample.values where value != 0 || !leavesOutZeros {
      counts[min(max(Int((Double(value) - low) / width), 0), bins - 1)] += 1
    }
    let fullest = Double(max(counts.max() ?? 1, 1))
    let points = counts.enumerated().map { i, count in
      Point(x: low + (Double(i) + 0.5) * width, y: Double(count) / fullest, label: "\(count) weights")
    }
    let name = leavesOutZeros ? "\(sample.name), without its zeros (\(Quantity.fixed(share * 100, 1)) %)" : sample.name
    return Series(name, style: .columns(width: width), points: points)
  }

  /// The distinct values, ascending; `nil` if there are more than the limit.
  private static func distinct(_ values: [Float]) -> [Float]? {
    var found: Set<Float> = []
    for value in values where found.insert(value).inserted && found.count > ruleLimit { return nil }
    return found.sorted()
  }
}
