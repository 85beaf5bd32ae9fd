// SPDX-License-Identifier: Apache-2.0
// Numbers as people read them: bytes, durations, metrics.

import Foundation

/// Formatting of numbers for reports; always with a decimal point, whatever the locale.
package enum Quantity {
  /// `digits` significant digits, without an exponent between 1e-4 and 1e15: 0.00123, 45.6, 12300.
  package static func significant(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return special(value) }
    guard value != 0 else { return "0" }
    // The rounded value decides how many digits stand before the point: 9.996 at three digits is 10.0.
    let mantissa = String(format: "%.\(digits - 1)e", value)
    let exponent = mantissa.split(separator: "e").last.flatMap { Int($0) } ?? 0
    guard (-4..<15).contains(exponent) else { return mantissa }
    guard exponent < digits else {
      let scale = pow(10.0, Double(exponent - digits + 1))
      return String(format: "%.0f", (value / scale).rounded() * scale)
    }
    return String(format: "%.\(digits - 1 - exponent)f", value)
  }

  /// `decimals` digits after the point.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    value.isFinite ? String(format: "%.\(decimals)f", value) : special(value)
  }

  /// A metric's value: four decimals below ten, two above, three digits and an exponent below 0.001 and from a million on.
  package static func metric(_ value: Double) -> String { metrics(like: [value])(value) }

  /// The way to write metrics so that those of one column line up: as the largest and smallest of `values` need it.
  package static func metrics(like values: [Double]) -> (Double) -> String {
    let sizes = values.filter { $0.isFinite && $0 != 0 }.map { abs($0) }
    let largest = sizes.max() ?? 0
    guard let smallest = sizes.min(), smallest < 0.001 || largest >= 1e6 else { return { fixed($0, largest < 10 ? 4 : 2) } }
    return { $0 == 0 || !$0.isFinite ? fixed($0, 0) : String(format: "%.2e", $0) }
  }

  /// The way to write the lengths of bars: plainly when all are whole numbers, else three digits.
  package static func lengths(like values: [Double]) -> (Double) -> String {
    let areWhole = values.allSatisfy { $0 == $0.rounded() && abs($0) < 1e15 }
    return { areWhole ? fixed($0, 0) : significant($0, 3) }
  }

  /// A duration in seconds with the fitting unit, three digits: `1.25 ms`.
  package static func duration(_ seconds: Double) -> String {
    let unit = DurationUnit.fitting(seconds)
    return "\(significant(seconds / unit.seconds, 3)) \(unit.name)"
  }

  private static func special(_ value: Double) -> String { value.isNaN ? "nan" : value < 0 ? "-∞" : "∞" }
}
