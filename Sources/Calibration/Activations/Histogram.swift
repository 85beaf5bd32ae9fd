// SPDX-License-Identifier: Apache-2.0
// Histograms of activations with bins of equal width.

/// Counts of numbers in bins of equal width.
package struct Histogram: Sendable, Equatable {
  /// The number of bins that calibration uses.
  package static let usualBins = 2048

  package let low: Float
  package let high: Float
  package private(set) var counts: [Double]

  package init(low: Float, high: Float, bins: Int = usualBins) {
    self.low = low
    self.high = high > low ? high : low + max(abs(low) * 1e-6, .leastNormalMagnitude)
    counts = [Double](repeating: 0, count: bins)
  }

  package init(low: Float, high: Float, counts: [Double]) {
    self.low = low
    self.high = high
    self.counts = counts
  }

  package var width: Double { (Double(high) - Double(low)) / Double(counts.count) }
  package var total: Double { counts.reduce(0, +) }

  package func center(_ bin: Int) -> Double { Double(low) + (Double(bin) + 0.5) * width }

  /// Adds numbers; those outside count for the first or the last bin.
  package mutating func add(_ values: [Float]) {
    let (origin, scale, last) = (low, Float(1 / width), counts.count - 1)
    counts.withUnsafeMutableBufferPointer { counts in
      for value in values where value == value {
        let place = min(max((value - origin) * scale, 0), Float(last))
        counts[Int(place)] += 1
      }
    }
  }

  /// The number below which a fraction of all numbers lies, from 0 to 1, interpolated within its bin.
  package func quantile(_ fraction: Double) -> Double {
    let wanted = min(max(fraction, 0), 1) * total
    var sum = 0.0
    for (bin, count) in counts.enumerated() where count > 0 {
      if sum + count >= wanted { return Double(low) + (Double(bin) + (wanted - sum) / count) * width }
      sum += count
    }
    return Double(high)
  }

  /// The histogram over a range that contains this one, with as many bins; each bin counts at its center.
  package func spread(low: Float, high: Float) -> Histogram {
    var wide = Histogram(low: min(low, self.low), high: max(high, self.high), bins: counts.count)
    guard wide.low != self.low || wide.high != self.high else { return self }
    for (bin, count) in counts.enumerated() where count > 0 {
      let place = (center(bin) - Double(wide.low)) / wide.width
      wide.counts[min(max(Int(place), 0), counts.count - 1)] += count
    }
    return wide
  }

  /// The sum with another histogram, over the range of both.
  package func merged(with other: Histogram) -> Histogram {
    var sum = spread(low: other.low, high: other.high)
    for (i, count) in other.spread(low: low, high: high).counts.enumerated() where i < sum.counts.count { sum.counts[i] += count }
    return sum
  }
}
