// SPDX-License-Identifier: Apache-2.0
// Round numbers along an axis.

import Foundation

/// A labelled place on an axis.
package struct Tick: Sendable, Equatable {
  package let value: Double
  package let label: String
}

/// Ticks inside a range, at 1, 2 or 5 times a power of ten.
package enum Ticks {
  /// At least two and at most about `target` ticks at equal distances.
  package static func linear(_ range: ClosedRange<Double>, target: Int) -> [Tick] {
    let span = range.upperBound - range.lowerBound
    precondition(span > 0 && span.isFinite, "ticks of \(range)")
    let rough = span / Double(max(target, 2))
    let power = pow(10, floor(log10(rough)))
    // A little slack, because 0.2 / 0.1 may come out above 2.
    let factor = [1.0, 2, 5, 10].first { $0 * power >= rough * 0.999999 } ?? 10
    let step = factor * power
    let first = ceil(range.lowerBound / step - 1e-9)
    let last = floor(range.upperBound / step + 1e-9)
    guard last - first < 1000 else { return [] }
    let decimals = max(0, -Int(floor(log10(step) + 1e-9)))
    return stride(from: first, through: last, by: 1).map { index in
      // Zero must not come out as -0.
      let value = index == 0 ? 0 : index * step
      return Tick(value: value, label: label(value, decimals: decimals))
    }
  }

  /// Ticks of a logarithmic axis: powers of ten, with 2 and 5 between when there are few, else thinned; below half a decade linear ones.
  package static func logarithmic(_ range: ClosedRange<Double>, target: Int) -> [Tick] {
    precondition(range.lowerBound > 0 && range.upperBound > range.lowerBound, "logarithmic ticks of \(range)")
    let low = log10(range.lowerBound)
    let high = log10(range.upperBound)
    guard high - low > 0.7 else { return linear(range, target: target) }
    let decades = Int(floor(low))...Int(ceil(high))
    for multiples in [[1.0, 2, 5], [1, 3], [1]] {
      let ticks = places(decades, multiples, in: range)
      if ticks.count <= max(target, 2) { return ticks }
    }
    let every = (decades.count + target - 1) / max(target, 1)
    return places(decades, [1], in: range).filter { Int(log10($0.value).rounded()) % every == 0 }
  }

  /// The multiples of powers of ten inside a range, its ends included.
  private static func places(_ decades: ClosedRange<Int>, _ multiples: [Double], in range: ClosedRange<Double>) -> [Tick] {
    var ticks: [Tick] = []
    for decade in decades {
      for multiple in multiples {
        let value = multiple * pow(10, Double(decade))
        guard value >= range.lowerBound * (1 - 1e-9), value <= range.upperBound * (1 + 1e-9) else { continue }
        ticks.append(Tick(value: value, label: label(value, decimals: nil)))
      }
    }
    return ticks
  }

  private static func label(_ value: Double, decimals: Int?) -> String {
    if abs(value) >= 1e7 || (decimals ?? 0) > 6 || (decimals == nil && abs(value) < 1e-4) {
      // 1.0e+09 reads worse than 1e9.
      let parts = String(format: "%.1e", value).split(separator: "e")
      let mantissa = parts[0].hasSuffix(".0") ? parts[0].dropLast(2) : parts[0]
      return "\(mantissa)e\(parts.count > 1 ? Int(parts[1]) ?? 0 : 0)"
    }
    return decimals.map { Quantity.fixed(value, $0) } ?? String(format: "%g", value)
  }
}
