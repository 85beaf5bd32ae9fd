// SPDX-License-Identifier: Apache-2.0
// How the range of a value becomes the range of its codes.

import Foundation
import Tensors

/// The rule that chooses the range of a value's codes.
package enum ActivationObserver: String, CaseIterable, Sendable {
  /// The lowest and the highest element.
  case minmax
  /// Moving averages over calls of the lowest and the highest element.
  case movingAverage = "moving_average"
  /// Percentiles on both sides.
  case percentile
  /// The range with the least squared error of the codes.
  case mse
  /// The range with the least divergence between the histograms of the value and of its codes (TensorRT).
  case entropy

  /// Whether the rule reads a histogram.
  package var needsHistogram: Bool { self != .minmax && self != .movingAverage }

  /// The range of the codes.
  ///
  /// - Parameters:
  ///   - percentile: 50 to 100.
  ///   - grid: the codes for a range.
  package func range(_ value: ValueRange, percentile: Double, _ grid: (Float, Float) -> ActivationGrid) -> (low: Float, high: Float) {
    let full = (low: value.low, high: value.high)
    switch self {
    case .minmax: return full
    case .movingAverage: return (Float(value.movingLow), Float(value.movingHigh))
    case .percentile:
      guard let histogram = value.histogram else { return full }
      return (Float(histogram.quantile(1 - percentile / 100)), Float(histogram.quantile(percentile / 100)))
    case .mse:
      guard let histogram = value.histogram else { return full }
      var best = (range: full, error: Double.infinity)
      for step in 0...90 {
        let factor = 1 - Float(step) / 100
        for range in [(full.low * factor, full.high * factor), (full.low, full.high * factor), (full.low * factor, full.high)] {
          let error = Self.squaredError(histogram, grid(range.0, range.1))
          if error < best.error { best = ((range.0, range.1), error) }
        }
      }
      return best.range
    case .entropy:
      guard let histogram = value.histogram else { return full }
      return Self.leastDivergence(histogram, full)
    }
  }

  private static func squaredError(_ histogram: Histogram, _ grid: ActivationGrid) -> Double {
    // The error of numbers spread over a step of the codes, for bins wider than a step.
    let within = min(histogram.width, Double(grid.scale))
    var sum = 0.0
    for (bin, count) in histogram.counts.enumerated() where count > 0 {
      let center = histogram.center(bin)
      let difference = center - grid.decoded(center)
      sum += count * (difference * difference + within * within / 12)
    }
    return sum
  }

  /// Clips the side or sides that reach beyond zero to the threshold with the least divergence, at 128 levels.
  private static func leastDivergence(_ histogram: Histogram, _ full: (low: Float, high: Float)) -> (low: Float, high: Float) {
    // Of the magnitudes, since the threshold is the same on both sides.
    let bins = histogram.counts.count
    let peak = Double(max(abs(full.low), abs(full.high)))
    guard peak > 0 else { return full }
    var magnitudes = [Double](repeating: 0, count: bins)
    for (bin, count) in histogram.counts.enumerated() where count > 0 {
      magnitudes[min(Int(abs(histogram.center(bin)) / peak * Double(bins)), bins - 1)] += count
    }
    // Zero is a code of every range; its number would drown the other bins.
    magnitudes[0] = magnitudes[1]
    let levels = 128
    var best = (bins: bins, divergence: Double.infinity)
    for used in stride(from: levels, through: bins, by: 16) {
      var reference = Array(magnitudes[..<used])
      reference[used - 1] += magnitudes[used...].reduce(0, +)
      var quantized = [Double](repeating: 0, count: used)
      for level in 0..<levels {
        let range = level * used / levels..<(level + 1) * used / levels
        let present = range.filter { magnitudes[$0] > 0 }
        guard !present.isEmpty else { continue }
        let share = range.reduce(0) { $0 + magnitudes[$1] } / Double(present.count)
        for bin in present { quantized[bin] = share }
      }
      let (all, kept) = (reference.reduce(0, +), quantized.reduce(0, +))
      guard all > 0, kept > 0 else { continue }
      var divergence = 0.0
      for bin in 0..<used where reference[bin] > 0 {
        let p = reference[bin] / all
        divergence += p * log(p / max(quantized[bin] / kept, 1e-12))
      }
      if divergence < best.divergence { best = (used, divergence) }
    }
    let threshold = Float(peak * Double(best.bins) / Double(bins))
    return (max(full.low, -threshold), min(full.high, threshold))
  }
}
