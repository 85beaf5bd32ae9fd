// SPDX-License-Identifier: Apache-2.0
// Round numbers along an axis.

import Foundation

/// A labeled position on an axis.
package struct Tick: Sendable, Equatable {
  package let value: Double
  package let label: String
}

/// Ticks within a range, at 1, 2 or 5 times a power of ten.
package enum Ticks {
  /// Evenly spaced ticks: about `target`, at least two.
  package static func linear(_ range: ClosedRange<Double>, target: Int) -> [Tick] {
    let span = range.upperBound - range.lowerBound
    precondition(span > 0 && span.isFinite, "ticks of \(range)")
    let rough = span / Double(max(target, 2))
    let power = pow(10, floor(log10(rough)))
    // The smallest round step that is large enough (with tolerance, because 0.2 / 0.1 may exceed 2); a finer one
    // if it gives fewer than two ticks.
    let factors = [10.0, 5, 2, 1, 0.5, 0.2, 0.1]
    let widest = factors.lastIndex { $0 * power >= rough * 0.999999 } ?? 0
    for factor in factors[widest...] {
      let step = factor * power
      let first = ceil(range.lowerBound / step - 1e-9)
      let last = floor(range.upperBound / step + 1e-9)
      guard last > first else { continue }
      // Avoids -0.
      let values = stride(from: first, through: last, by: 1).map { $0 == 0 ? 0 : $0 * step }
      let largest = max(abs(values[0]), abs(values[values.count - 1]))
      return values.map { Tick(value: $0, label: label($0, step: step, largest: largest)) }
    }
    return []
  }

  /// Ticks of a logarithmic axis: powers of ten with as many multiples as fit, or thinned; linear ticks below half a decade.
  package static func logarithmic(_ range: ClosedRange<Double>, target: Int) -> [Tick] {
    precondition(range.lowerBound > 0 && range.upperBound > range.lowerBound, "logarithmic ticks of \(range)")
    let low = log10(range.lowerBound)
    let high = log10(range.upperBound)
    guard high - low > 0.7 else { return linear(range, target: target) }
    let decades = Int(floor(low))...Int(ceil(high))
    for multiples in [[1.0, 1.5, 2, 3, 5, 7], [1, 2, 5], [1, 3], [1]] {
      let ticks = places(decades, multiples, in: range)
      if ticks.count <= max(target, 2) { return ticks }
    }
    let every = (decades.count + target - 1) / max(target, 1)
    return places(decades, [1], in: range).filter { Int(log10($0.value).rounded()) % every == 0 }
  }

  /// The multiples of powers of ten within a range, bounds included.
  private static func places(_ decades: ClosedRange<Int>, _ multiples: [Double], in range: ClosedRange<Double>) -> [Tick] {
    var ticks: [Tick] = []
    for decade in decades {
      for multiple in multiples {
        let value = multiple * pow(10, Double(decade))
        guard value >= range.lowerBound * (1 - 1e-9), value <= range.upperBound * (1 + 1e-9) else { continue }
        ticks.append(Tick(value: value, label: label(value)))
      }
    }
    return ticks
  }

  /// As many digits as distinguish neighbors; powers of ten are factored out for very large and very small ranges.
  private static func label(_ value: Double, step: Double, largest: Double) -> String {
    let place = Int(floor(log10(step) + 1e-9))
    guard largest >= 1e7 || largest < 1e-4 else { return Quantity.fixed(value, max(0, -place)) }
    guard value != 0 else { return "0" }
    let exponent = Int(floor(log10(abs(value)) + 1e-9))
    return scientific(value, digits: max(0, exponent - place))
  }

  private static func label(_ value: Double) -> String {
    abs(value) >= 1e7 || abs(value) < 1e-4 ? scientific(value, digits: 1) : String(format: "%g", value)
  }

  /// 1e9 rather than 1.0e+09.
  private static func scientific(_ value: Double, digits: Int) -> String {
    let parts = String(format: "%.\(digits)e", value).split(separator: "e")
    let mantissa = parts[0].hasSuffix(".0") ? parts[0].dropLast(2) : parts[0]
    return "\(mantissa)e\(parts.count > 1 ? Int(parts[1]) ?? 0 : 0)"
  }
}
