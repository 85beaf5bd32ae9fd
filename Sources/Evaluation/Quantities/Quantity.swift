// SPDX-License-Identifier: Apache-2.0
// Formats bytes, durations and metrics.

import Foundation

/// Number formatting for reports. The decimal separator is always a point, regardless of locale.
package enum Quantity {
  /// `digits` significant digits, without exponent between 1e-4 and 1e15: 0.00123, 45.6, 12300.
  package static func significant(_ value: Double, _ digits: Int) -> String {
    guard value.isFinite else { return special(value) }
    guard value != 0 else { return "0" }
    // The number of digits before the point depends on the rounded value: 9.996 at three digits is 10.0.
    let mantissa = String(format: "%.\(digits - 1)e", value)
    let exponent = mantissa.split(separator: "e").last.flatMap { Int($0) } ?? 0
    guard (-4..<15).contains(exponent) else { return mantissa }
    guard exponent < digits else {
      let scale = pow(10.0, Double(exponent - digits + 1))
      return String(format: "%.0f", (value / scale).rounded() * scale)
    }
    return String(format: "%.\(digits - 1 - exponent)f", value)
  }

  /// `decimals` digits after the decimal point.
  package static func fixed(_ value: Double, _ decimals: Int) -> String {
    value.isFinite ? String(format: "%.\(decimals)f", value) : special(value)
  }

  /// A metric with four decimals below ten, two decimals from ten on, and three digits with an exponent below 0.001
  /// and from a million on.
  package static func metric(_ value: Double) -> String { metrics(like: [value])(value) }

  /// A formatter for a column of metrics that uses the same number of decimals for all, as required by the largest
  /// and smallest of `values`.
  package static func metrics(like values: [Double]) -> (Double) -> String {
    let sizes = values.filter { $0.isFinite && $0 != 0 }.map { abs($0) }
    let largest = sizes.max() ?? 0
    guard let smallest = sizes.min(), smallest < 0.001 || largest >= 1e6 else { return { fixed($0, largest < 10 ? 4 : 2) } }
    return { $0 == 0 || !$0.isFinite ? fixed($0, 0) : String(format: "%.2e", $0) }
  }

  /// A formatter for the labels of bars: integers if all values are whole numbers, otherwise three digits.
  package static func lengths(like values: [Double]) -> (Double) -> String {
    let areWhole = values.allSatisfy { $0 == $0.rounded() && abs($0) < 1e15 }
    return { areWhole ? fixed($0, 0) : significant($0, 3) }
  }

  /// A duration in seconds as three digits with a suitable unit: `1.25 ms`.
  package static func duration(_ seconds: Double) -> String {
    let unit = DurationUnit.fitting(seconds)
    return "\(significant(seconds / unit.seconds, 3)) \(unit.name)"
  }

  private static func special(_ value: Double) -> String { value.isNaN ? "nan" : value < 0 ? "-∞" : "∞" }
}
