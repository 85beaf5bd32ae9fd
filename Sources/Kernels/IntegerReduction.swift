// SPDX-License-Identifier: Apache-2.0
// Reductions of 32-bit integers.

import Platform
import Tensors

/// A reduction of 32-bit integers: sums and products wrap; means, roots and logarithms are computed in double
/// precision and truncated.
package struct IntegerReduction: Sendable {
  private let function: ReductionFunction
  private let axes: ReducedAxes

  package init(_ function: ReductionFunction, _ axes: ReducedAxes) {
    self.function = function
    self.axes = axes
  }

  /// `y = function(x)`; `y` is plain and does not overlap `x`.
  package func run(_ x: UnsafePointer<Int32>, to y: UnsafeMutablePointer<Int32>) {
    Chunks.forEachRow(of: axes.outputCount, width: axes.reducedCount) {
      for index in $0 {
        let at = axes.output(index)
        y[at.output] = value(x + at.input)
      }
    }
  }

  private func value(_ x: UnsafePointer<Int32>) -> Int32 {
    switch function {
    case .sum: Int32(truncatingIfNeeded: sum(x) { $0 })
    case .l1Norm: Int32(truncatingIfNeeded: sum(x) { abs($0) })
    case .sumSquare: Int32(truncatingIfNeeded: sum(x) { $0 * $0 })
    case .mean: Self.whole(Double(sum(x) { $0 }) / Double(axes.reducedCount))
    case .l2Norm: Self.whole(Double(sum(x) { $0 * $0 }).squareRoot())
    case .logSum: Self.whole(log(Double(sum(x) { $0 })))
    case .logSumExp: logSumExp(x)
    case .max: fold(x, .min) { Swift.max($0, $1) }
    case .min: fold(x, .max) { Swift.min($0, $1) }
    case .product: fold(x, 1) { $0 &* $1 }
    }
  }

  private func logSumExp(_ x: UnsafePointer<Int32>) -> Int32 {
    let largest = Double(fold(x, .min) { Swift.max($0, $1) })
    var total = 0.0
    for i in 0..<axes.reducedCount { total += exp(Double(x[axes.element(i)]) - largest) }
    return Self.whole(log(total) + largest)
  }

  private func sum(_ x: UnsafePointer<Int32>, _ term: (Int) -> Int) -> Int {
    var total = 0
    for i in 0..<axes.reducedCount { total &+= term(Int(x[axes.element(i)])) }
    return total
  }

  private func fold(_ x: UnsafePointer<Int32>, _ first: Int32, _ combine: (Int32, Int32) -> Int32) -> Int32 {
    var total = first
    for i in 0..<axes.reducedCount { total = combine(total, x[axes.element(i)]) }
    return total
  }

  /// The truncated value, clamped; 0 for NaN.
  private static func whole(_ value: Double) -> Int32 { Int32(clamping: Int(saturating: value)) }
}
