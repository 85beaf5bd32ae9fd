// SPDX-License-Identifier: Apache-2.0
// Functions of two floats with broadcasting.

import CKernels
import Platform
import Tensors

extension BinaryFunction {
  /// Whether the operands can be swapped.
  package var isCommutative: Bool {
    switch self {
    case .add, .multiply, .maximum, .minimum: true
    case .subtract, .divide, .floorDivide, .modulo, .power: false
    }
  }
}

/// Functions of two floats.
package enum Binary {
  /// A loop for `y = function(a, b)`, followed by `post` on each computed range.
  ///
  /// `y` may be an operand with the same shape.
  /// - Precondition: floats; `a` and `b` broadcast to `y` (see `Broadcast`).
  package static func loop(
    _ function: BinaryFunction, _ a: Buffer, _ b: Buffer, to y: Buffer, post: [UnaryFunction] = []
  ) -> () -> Void {
    if let rows = rowLoop(function, a, b, to: y, post: post) { return rows.runAll }
    let walk = Broadcast(output: y, operands: [a, b])
    let (stepA, stepB) = (walk.steps[0], walk.steps[1])
    let (a, b, y) = (a.floats(), b.floats(), y.floats())
    return {
      walk.forEachPiece { at, operands, count in
        apply(function, a + operands[0], stepA, b + operands[1], stepB, to: y + at, count: count)
        for function in post { Unary.apply(function, y + at, to: y + at, count: count) }
      }
    }
  }

  /// The same loop over rows, where no operand is broadcast but one element or one row; `nil` otherwise.
  package static func rowLoop(
    _ function: BinaryFunction, _ a: Buffer, _ b: Buffer, to y: Buffer, post: [UnaryFunction] = []
  ) -> RowLoop? {
    if let rows = repeatedRow(function, a, b, y, post) { return rows }
    if function.isCommutative, let rows = repeatedRow(function, b, a, y, post) { return rows }
    let walk = Broadcast(output: y, operands: [a, b])
    guard walk.rowCount == 1, walk.steps[0] < 2, walk.steps[1] < 2 else { return nil }
    let (stepA, stepB) = (walk.steps[0], walk.steps[1])
    let (a, b, y) = (a.floats(), b.floats(), y.floats())
    return RowLoop(rows: walk.run, width: 1) { range in
      let at = range.lowerBound
      apply(function, a + at * stepA, stepA, b + at * stepB, stepB, to: y + at, count: range.count)
      for function in post { Unary.apply(function, y + at, to: y + at, count: range.count) }
    }
  }

  /// A loop for an operand that is a short row repeated for each row of the other (one value per channel,
  /// channels-last): each call processes many rows, since a call per row would take longer than the row.
  private static func repeatedRow(
    _ function: BinaryFunction, _ a: Buffer, _ b: Buffer, _ y: Buffer, _ post: [UnaryFunction]
  ) -> RowLoop? {
    let apply: (UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Int, Int) -> Void
    switch function {
    case .add: apply = { ck_add_rows($0, $1, $2, $3, $4) }
    case .subtract: apply = { ck_sub_rows($0, $1, $2, $3, $4) }
    case .multiply: apply = { ck_mul_rows($0, $1, $2, $3, $4) }
    case .divide: apply = { ck_div_rows($0, $1, $2, $3, $4) }
    case .maximum: apply = { ck_max_rows($0, $1, $2, $3, $4) }
    case .minimum: apply = { ck_min_rows($0, $1, $2, $3, $4) }
    case .floorDivide, .modulo, .power: return nil
    }
    let columns = b.count
    guard columns > 1, a.count == y.count, Broadcast(output: y, operands: [a]).rowCount == 1 else { return nil }
    let walk = Broadcast(output: y, operands: [b])
    guard walk.run == columns, walk.steps[0] == 1, walk.rowCount > 1, columns < Chunks.grain else { return nil }
    let (a, b, y) = (a.floats(), b.floats(), y.floats())
    return RowLoop(rows: walk.rowCount, width: columns) { rows in
      let at = rows.lowerBound * columns
      apply(y + at, a + at, b, rows.count, columns)
      for function in post { Unary.apply(function, y + at, to: y + at, count: rows.count * columns) }
    }
  }

  /// `y[i] = function(a[i * stepA], b[i * stepB])` on the calling thread.
  package static func apply(
    _ function: BinaryFunction, _ a: UnsafePointer<Float>, _ stepA: Int, _ b: UnsafePointer<Float>, _ stepB: Int,
    to y: UnsafeMutablePointer<Float>, count: Int
  ) {
    switch (function, stepA, stepB) {
    case (.add, 1, 1): ck_add(y, a, b, count)
    case (.add, 1, 0): ck_add_scalar(y, a, b[0], count)
    case (.add, 0, 1): ck_add_scalar(y, b, a[0], count)
    case (.add, _, _): Rows.map(a, stepA, b, stepB, y, count) { $0 + $1 }
    case (.subtract, 1, 1): ck_sub(y, a, b, count)
    case (.subtract, 1, 0): ck_sub_scalar(y, a, b[0], count)
    case (.subtract, 0, 1): ck_sub_rscalar(y, a[0], b, count)
    case (.subtract, _, _): Rows.map(a, stepA, b, stepB, y, count) { $0 - $1 }
    case (.multiply, 1, 1): ck_mul(y, a, b, count)
    case (.multiply, 1, 0): ck_mul_scalar(y, a, b[0], count)
    case (.multiply, 0, 1): ck_mul_scalar(y, b, a[0], count)
    case (.multiply, _, _): Rows.map(a, stepA, b, stepB, y, count) { $0 * $1 }
    case (.divide, 1, 1): ck_div(y, a, b, count)
    case (.divide, 1, 0): ck_div_scalar(y, a, b[0], count)
    case (.divide, 0, 1): ck_div_rscalar(y, a[0], b, count)
    case (.divide, _, _): Rows.map(a, stepA, b, stepB, y, count) { $0 / $1 }
    case (.maximum, 1, 1): ck_max(y, a, b, count)
    case (.maximum, 1, 0): ck_max_scalar(y, a, b[0], count)
    case (.maximum, 0, 1): ck_max_scalar(y, b, a[0], count)
    case (.maximum, _, _): Rows.map(a, stepA, b, stepB, y, count) { $0 > $1 || $0.isNaN ? $0 : $1 }
    case (.minimum, 1, 1): ck_min(y, a, b, count)
    case (.minimum, 1, 0): ck_min_scalar(y, a, b[0], count)
    case (.minimum, 0, 1): ck_min_scalar(y, b, a[0], count)
    case (.minimum, _, _): Rows.map(a, stepA, b, stepB, y, count) { $0 < $1 || $0.isNaN ? $0 : $1 }
    case (.power, 1, 1): ck_pow(y, a, b, count)
    case (.power, 1, 0): ck_pow_scalar(y, a, b[0], count)
    case (.power, _, _): Rows.map(a, stepA, b, stepB, y, count) { powf($0, $1) }
    case (.floorDivide, _, _): Rows.map(a, stepA, b, stepB, y, count, floorDivide)
    case (.modulo, _, _): Rows.map(a, stepA, b, stepB, y, count, modulo)
    }
  }

  /// The exact quotient rounded down, as in NumPy (1 divided by 0.1 is 9, since 0.1 as a float is slightly more than
  /// a tenth).
  private static func floorDivide(_ a: Float, _ b: Float) -> Float {
    guard b != 0 else { return a / b }
    let remainder = fmodf(a, b)
    var quotient = (a - remainder) / b
    if remainder != 0, (b < 0) != (remainder < 0) { quotient -= 1 }
    guard quotient != 0 else { return copysignf(0, a / b) }
    let down = quotient.rounded(.down)
    return quotient - down > 0.5 ? down + 1 : down
  }

  /// The remainder of `floorDivide`, with the sign of the divisor.
  private static func modulo(_ a: Float, _ b: Float) -> Float {
    let remainder = fmodf(a, b)
    guard remainder != 0 else { return copysignf(0, b) }
    return (b < 0) != (remainder < 0) ? remainder + b : remainder
  }
}

/// Loops over rows of two operands, for any dtype.
enum Rows {
  /// A loop for `y = f(a, b)`, where `a` and `b` broadcast to `y`.
  @inline(__always)
  static func loop<T: BitwiseCopyable, R: BitwiseCopyable>(
    _ a: Buffer, _ b: Buffer, _ y: Buffer, _ type: T.Type, _ f: @escaping (T, T) -> R
  ) -> () -> Void {
    let walk = Broadcast(output: y, operands: [a, b])
    let (stepA, stepB) = (walk.steps[0], walk.steps[1])
    let (a, b, y) = (a.elements(T.self), b.elements(T.self), y.elements(R.self))
    return {
      walk.forEachPiece { at, operands, count in
        map(a + operands[0], stepA, b + operands[1], stepB, y + at, count, f)
      }
    }
  }

  /// `y[i] = f(a[i * stepA], b[i * stepB])`; the most common strides have separate loops, which vectorize.
  @inline(__always)
  static func map<T, R>(
    _ a: UnsafePointer<T>, _ stepA: Int, _ b: UnsafePointer<T>, _ stepB: Int, _ y: UnsafeMutablePointer<R>,
    _ count: Int, _ f: (T, T) -> R
  ) {
    switch (stepA, stepB) {
    case (1, 1): for i in 0..<count { y[i] = f(a[i], b[i]) }
    case (1, 0):
      let b = b[0]
      for i in 0..<count { y[i] = f(a[i], b) }
    case (0, 1):
      let a = a[0]
      for i in 0..<count { y[i] = f(a, b[i]) }
    default: for i in 0..<count { y[i] = f(a[i * stepA], b[i * stepB]) }
    }
  }
}
