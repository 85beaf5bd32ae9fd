// SPDX-License-Identifier: Apache-2.0
// Blocks of random numbers.

import Platform
import Tensors

/// A source of random blocks: deterministic with a seed, different in each run without.
package struct RandomFill: Sendable {
  private let seed: UInt64?

  package init(seed: UInt64?) { self.seed = seed }

  private func generator() -> SplitMix64 {
    var system = SystemRandomNumberGenerator()
    return SplitMix64(seed: seed ?? system.next())
  }

  /// Uniform in `low..<high`.
  package func uniform(_ y: UnsafeMutablePointer<Float>, count: Int, low: Float, high: Float) {
    var generator = generator()
    for i in 0..<count {
      let value = Float(Double(low) + generator.uniform() * (Double(high) - Double(low)))
      // Rounding to a float may yield the upper bound, which is excluded.
      y[i] = value == high && low < high ? high.nextDown : value
    }
  }

  /// Normal.
  package func normal(_ y: UnsafeMutablePointer<Float>, count: Int, mean: Float, deviation: Float) {
    var generator = generator()
    for i in 0..<count { y[i] = Float(Double(mean) + generator.normal() * Double(deviation)) }
  }

  /// 1 with this probability, else 0.
  package func bernoulli(_ y: UnsafeMutablePointer<Float>, count: Int, probability: Float) {
    var generator = generator()
    for i in 0..<count { y[i] = generator.uniform() < Double(probability) ? 1 : 0 }
  }

  /// Indices drawn with replacement, `samples` for each row of `x`.
  ///
  /// - Parameter x: `rows` times `classes` weights, which need not add up to 1, or their logarithms.
  package func categorical(
    _ x: UnsafePointer<Float>, rows: Int, classes: Int, areLogarithms: Bool, to y: UnsafeMutablePointer<Float>,
    samples: Int
  ) {
    var generator = generator()
    for row in 0..<rows {
      let from = x + row * classes
      var largest = -Float.infinity
      for i in 0..<classes { largest = max(largest, from[i]) }
      func weight(_ i: Int) -> Double { areLogarithms ? exp(Double(from[i] - largest)) : max(Double(from[i]), 0) }
      var total = 0.0
      for i in 0..<classes { total += weight(i) }
      for sample in 0..<samples {
        var rest = generator.uniform() * total
        var index = 0
        while index < classes - 1 {
          rest -= weight(index)
          if rest < 0 { break }
          index += 1
        }
        y[row * samples + sample] = Float(index)
      }
    }
  }
}
