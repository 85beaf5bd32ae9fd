// SPDX-License-Identifier: Apache-2.0
// Sounds at another rate.
//
// For the ratio up : down in lowest terms and m = max(up, down), the samples, with up - 1 zeros after each, pass a low-pass filter of
// 2·10·m + 1 taps: c sinc(c i) for i = -10 m … 10 m and the cutoff c = 1/m, times a Kaiser window with β = 5, with the sum up. Every
// down-th result is kept. This is the filter of scipy.signal.resample_poly.

import Foundation
import Synchronization

/// A conversion between two rates, any part of which can be computed by itself.
package struct RateConversion: Sendable {
  private let up: Int
  private let down: Int
  private let half: Int
  private let taps: [Double]

  /// The highest rate, in samples a second.
  package static let highestRate = 768_000

  /// Rates are in samples a second, from 1 to the highest.
  package init(from: Int, to: Int) {
    precondition(from >= 1 && to >= 1, "a conversion from \(from) to \(to) samples a second")
    var (a, b) = (from, to)
    while b != 0 { (a, b) = (b, a % b) }
    (up, down) = (to / a, from / a)
    let most = max(up, down)
    half = up == down ? 0 : 10 * most
    let cutoff = 1 / Double(most)
    let size = half
    let raw = (-half...half).map { i in
      let x = cutoff * Double(i) * .pi
      let place = size == 0 ? 0 : Double(i) / Double(size)
      return (i == 0 ? 1 : sin(x) / x) * cutoff * Self.bessel(5 * (1 - place * place).squareRoot()) / Self.bessel(5)
    }
    let sum = raw.reduce(0, +)
    let gain = Double(up)
    taps = raw.map { $0 / sum * gain }
  }

  private static let lastUsed = Mutex<(key: [Int], conversion: RateConversion)?>(nil)

  /// The conversion that was used last, if it is of the same rates, else a new one.
  static func cached(from: Int, to: Int) -> RateConversion {
    lastUsed.withLock { last in
      if let last, last.key == [from, to] { return last.conversion }
      let conversion = RateConversion(from: from, to: to)
      last = ([from, to], conversion)
      return conversion
    }
  }

  /// The number of frames that so many become, rounded up. Without an overflow, however many.
  package static func frames(_ count: Int, from: Int, to: Int) -> Int {
    let (whole, rest) = count.quotientAndRemainder(dividingBy: from)
    return whole * to + (rest * to + from - 1) / from
  }

  /// The frames of the source that a range of results depends on.
  package func source(of range: Range<Int>, frames: Int) -> Range<Int> {
    guard !range.isEmpty else { return 0..<0 }
    let first = max(0, (range.lowerBound * down - half + up - 1) / up)
    let last = min(frames - 1, ((range.upperBound - 1) * down + half) / up)
    return first..<max(first, last + 1)
  }

  /// A range of results of one channel.
  ///
  /// - Parameter samples: the source from frame `first` on, at least those that the range depends on.
  package func converted(_ samples: [Float], from first: Int, to range: Range<Int>) -> [Float] {
    samples.withUnsafeBufferPointer { x in
      taps.withUnsafeBufferPointer { taps in
        range.map { m in
          let center = m * down
          let low = max(first, (center - half + up - 1) / up)
          let high = min(first + x.count - 1, (center + half) / up)
          var sum = 0.0
          if low <= high {
            for k in low...high { sum += taps[center + half - k * up] * Double(x[k - first]) }
          }
          return Float(sum)
        }
      }
    }
  }

  /// The modified Bessel function of order 0, by its series.
  private static func bessel(_ x: Double) -> Double {
    var (sum, term, k) = (1.0, 1.0, 1.0)
    while term > sum * 1e-17 {
      term *= (x / 2 / k) * (x / 2 / k)
      sum += term
      k += 1
    }
    return sum
  }
}
