// SPDX-License-Identifier: Apache-2.0
// Sums, norms, extrema and products of floats over axes.

import CKernels
import Platform
import Tensors

/// The function that a reduction computes.
package enum ReductionFunction: Hashable, Sendable {
  case l1Norm, l2Norm, logSum, logSumExp, max, mean, min, product, sum, sumSquare
}

/// A reduction of floats. Partial results are kept in double precision and combined in an order that does not depend
/// on the number of threads.
package struct Reduction: Sendable {
  private let function: ReductionFunction
  private let axes: ReducedAxes

  package init(_ function: ReductionFunction, _ axes: ReducedAxes) {
    self.function = function
    self.axes = axes
  }

  /// The number of elements per partial result if a single long run is divided among threads.
  private static let piece = 1_024

  /// Bytes of scratch that `run` needs.
  package var scratchBytes: Int {
    if sharesRun { return pieces * MemoryLayout<Partial>.stride }
    let parts = parts
    return axes.runIsReduced || parts.parts == 1 ? 0 : parts.count * parts.width * MemoryLayout<Double>.stride
  }

  private var pieces: Int { (axes.run + Self.piece - 1) / Self.piece }
  /// Whether there are so few outputs that all threads work on the same output.
  private var sharesRun: Bool { axes.runIsReduced && axes.kept.count < 4 && axes.run >= 2 * Chunks.grain }

  /// `y = function(x)`; `y` is plain and does not overlap `x`.
  package func run(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, scratch: UnsafeMutableRawPointer) {
    guard axes.outputCount > 0 else { return }
    if axes.reducedCount == 0 {
      for i in 0..<axes.outputCount { y[i] = finish(Partial(function)) }
    } else if sharesRun {
      shared(x, to: y, scratch.assumingMemoryBound(to: Partial.self))
    } else if axes.runIsReduced {
      Chunks.forEachRow(of: axes.kept.count, width: axes.reducedCount) {
        for index in $0 {
          let at = axes.kept.offset(of: index)
          y[at.output] = finish(rows(x + at.input))
        }
      }
    } else if function == .product || function == .logSumExp {
      Chunks.forEachRow(of: axes.outputCount, width: axes.reducedCount) {
        for index in $0 {
          let at = axes.output(index)
          y[at.output] = finish(gathered(x + at.input))
        }
      }
    } else {
      columns(x, to: y, scratch.assumingMemoryBound(to: Double.self))
    }
  }

  /// Computes one output after the other with all threads.
  private func shared(
    _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ partials: UnsafeMutablePointer<Partial>
  ) {
    for index in 0..<axes.kept.count {
      let at = axes.kept.offset(of: index)
      var total = Partial(function)
      for row in 0..<axes.reduced.count {
        let from = x + at.input + axes.reduced.offset(of: row).input
        Chunks.forEachRow(of: pieces, width: Self.piece) {
          for piece in $0 {
            let start = piece * Self.piece
            partials[piece] = Partial(function, from + start, Swift.min(Self.piece, axes.run - start))
          }
        }
        for piece in 0..<pieces { total.combine(partials[piece], function) }
      }
      y[at.output] = finish(total)
    }
  }

  /// Reduces all rows of an output.
  private func rows(_ x: UnsafePointer<Float>) -> Partial {
    var total = Partial(function)
    for row in 0..<axes.reduced.count {
      let from = x + axes.reduced.offset(of: row).input
      for start in stride(from: 0, to: axes.run, by: Self.piece) {
        total.combine(Partial(function, from + start, Swift.min(Self.piece, axes.run - start)), function)
      }
    }
    return total
  }

  /// Reduces the elements of an output that are not contiguous.
  private func gathered(_ x: UnsafePointer<Float>) -> Partial {
    let block = 256
    var total = Partial(function)
    withUnsafeTemporaryAllocation(of: Float.self, capacity: block) { values in
      guard let base = values.baseAddress else { return }
      for start in stride(from: 0, to: axes.reducedCount, by: block) {
        let count = Swift.min(block, axes.reducedCount - start)
        for i in 0..<count { base[i] = x[axes.element(start + i)] }
        total.combine(Partial(function, base, count), function)
      }
    }
    return total
  }

  private var parts: ColumnParts { ColumnParts(axes, width: 2_048, step: Self.rowsPerPartial) }
  /// The number of rows that are summed as floats, before accumulation in double precision.
  private static let rowsPerPartial = 64

  /// Sums and extrema of many columns at once.
  private func columns(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ scratch: UnsafeMutablePointer<Double>) {
    let parts = parts
    let isExtreme = function == .max || function == .min
    parts.forEach { index, item in
      let out = y + item.output
      guard parts.parts > 1 else {
        return columns(x + item.input, item) { out[$0 * axes.runOutputStride] = isExtreme ? Float($1) : finish(Partial(value: $1)) }
      }
      let partial = scratch + index * parts.width
      columns(x + item.input, item) { partial[$0] = $1 }
    }
    guard parts.parts > 1 else { return }
    for first in stride(from: 0, to: parts.count, by: parts.parts) {
      let item = parts.item(first)
      for column in 0..<item.width {
        var total = Partial(value: scratch[first * parts.width + column])
        for part in 1..<parts.parts { total.combine(Partial(value: scratch[(first + part) * parts.width + column]), function) }
        y[item.output + column * axes.runOutputStride] = isExtreme ? Float(total.value) : finish(total)
      }
    }
  }

  /// Calls `store` with each column of an item and its sum or extremum.
  @inline(__always)
  private func columns(_ x: UnsafePointer<Float>, _ item: ColumnParts.Item, store: (Int, Double) -> Void) {
    let width = item.width
    withUnsafeTemporaryAllocation(of: Float.self, capacity: 2 * width) { floats in
      withUnsafeTemporaryAllocation(of: Double.self, capacity: width) { totals in
        guard let partial = floats.baseAddress, let total = totals.baseAddress else { return }
        let touched = partial + width
        let isExtreme = function == .max || function == .min
        total.update(repeating: 0, count: width)
        partial.update(repeating: Float(Partial(function).value), count: width)
        for row in item.rows {
          let from = x + axes.reduced.offset(of: row).input
          switch function {
          case .max: ck_max(partial, partial, from, width)
          case .min: ck_min(partial, partial, from, width)
          case .l1Norm:
            ck_abs(touched, from, width)
            ck_add(partial, partial, touched, width)
          case .l2Norm, .sumSquare:
            ck_mul(touched, from, from, width)
            ck_add(partial, partial, touched, width)
          default: ck_add(partial, partial, from, width)
          }
          if !isExtreme, (row + 1) % Self.rowsPerPartial == 0 || row == item.rows.upperBound - 1 {
            for i in 0..<width { total[i] += Double(partial[i]) }
            partial.update(repeating: 0, count: width)
          }
        }
        for i in 0..<width { store(i, isExtreme ? Double(partial[i]) : total[i]) }
      }
    }
  }

  private func finish(_ partial: Partial) -> Float {
    switch function {
    case .l1Norm, .sum, .sumSquare, .product, .max, .min: Float(partial.value)
    case .l2Norm: Float(partial.value.squareRoot())
    case .mean: Float(partial.value / Double(axes.reducedCount))
    case .logSum: Float(log(partial.value))
    case .logSumExp: Float(log(partial.value) + partial.shift)
    }
  }
}

/// The partial result of a reduction.
private struct Partial {
  /// The sum, product or extremum so far; for `logSumExp` the sum of `exp(x - shift)`.
  var value: Double
  var shift = 0.0

  init(value: Double) { self.value = value }

  /// The result for no elements.
  init(_ function: ReductionFunction) {
    switch function {
    case .max: value = -.infinity
    case .min: value = .infinity
    case .product: value = 1
    case .logSumExp:
      value = 0
      shift = -.infinity
    case .l1Norm, .l2Norm, .logSum, .mean, .sum, .sumSquare: value = 0
    }
  }

  /// The result for `count` consecutive elements, at least one.
  init(_ function: ReductionFunction, _ x: UnsafePointer<Float>, _ count: Int) {
    var result: Float = 0
    switch function {
    case .sum, .mean, .logSum: ck_sum_rows(&result, x, 1, count)
    case .sumSquare, .l2Norm: ck_sum_squares_rows(&result, x, 1, count)
    case .l1Norm: ck_sum_abs_rows(&result, x, 1, count)
    case .max: ck_max_of_rows(&result, x, 1, count)
    case .min: ck_min_of_rows(&result, x, 1, count)
    case .product:
      var product = 1.0
      for i in 0..<count { product *= Double(x[i]) }
      self.init(value: product)
      return
    case .logSumExp:
      self.init(exponentials: x, count)
      return
    }
    self.init(value: Double(result))
  }

  private init(exponentials x: UnsafePointer<Float>, _ count: Int) {
    var largest: Float = 0
    ck_max_of_rows(&largest, x, 1, count)
    let block = 512
    var total = 0.0
    withUnsafeTemporaryAllocation(of: Float.self, capacity: block) { values in
      guard let base = values.baseAddress else { return }
      for start in stride(from: 0, to: count, by: block) {
        let length = Swift.min(block, count - start)
        // Without a finite maximum there is no shift: all elements are -inf, or some are inf or NaN.
        ck_add_scalar(base, x + start, largest.isFinite ? -largest : 0, length)
        ck_exp(base, base, length)
        var sum: Float = 0
        ck_sum_rows(&sum, base, 1, length)
        total += Double(sum)
      }
    }
    value = total
    shift = largest.isFinite ? Double(largest) : 0
  }

  /// Combines the result with that of other elements.
  mutating func combine(_ other: Partial, _ function: ReductionFunction) {
    switch function {
    case .sum, .mean, .logSum, .sumSquare, .l2Norm, .l1Norm: value += other.value
    case .product: value *= other.value
    case .max: if other.value > value || other.value.isNaN { value = other.value }
    case .min: if other.value < value || other.value.isNaN { value = other.value }
    case .logSumExp:
      let larger = Swift.max(shift, other.shift)
      value = value * (shift == larger ? 1 : exp(shift - larger))
      value += other.value * (other.shift == larger ? 1 : exp(other.shift - larger))
      shift = larger
    }
  }
}
