// SPDX-License-Identifier: Apache-2.0
// Elementwise functions of two integers of any width, and of two booleans.

import Tensors

/// Functions of two integers: sums, products and powers wrap; division by zero gives 0.
package enum IntegerBinary {
  /// A loop for `y = function(a, b)`; `y` may be an operand that has its shape.
  ///
  /// - Precondition: integers of whole bytes and of one dtype; `a` and `b` broadcast to `y`.
  package static func loop(_ function: BinaryFunction, _ a: Buffer, _ b: Buffer, to y: Buffer) -> () -> Void {
    switch y.dtype {
    case .int8: narrow(function, a, b, y, Int8.self)
    case .uint8: narrow(function, a, b, y, UInt8.self)
    case .int16: narrow(function, a, b, y, Int16.self)
    case .uint16: narrow(function, a, b, y, UInt16.self)
    case .int32: narrow(function, a, b, y, Int32.self)
    case .uint32: narrow(function, a, b, y, UInt32.self)
    case .int64: wide(function, a, b, y, Int64.self)
    case .uint64: wide(function, a, b, y, UInt64.self)
    default: preconditionFailure("\(y.dtype) is no integer of whole bytes")
    }
  }

  private static func narrow<T: FlooredInteger>(
    _ function: BinaryFunction, _ a: Buffer, _ b: Buffer, _ y: Buffer, _ type: T.Type
  ) -> () -> Void {
    switch function {
    case .floorDivide: floored(T.quotients, a, b, y) { floorDivide($0, $1) }
    case .modulo: floored(T.remainders, a, b, y) { modulo($0, $1) }
    default: wide(function, a, b, y, T.self)
    }
  }

  private static func wide<T: FixedWidthInteger & BitwiseCopyable>(
    _ function: BinaryFunction, _ a: Buffer, _ b: Buffer, _ y: Buffer, _ type: T.Type
  ) -> () -> Void {
    switch function {
    case .add: Rows.loop(a, b, y, T.self) { $0 &+ $1 }
    case .subtract: Rows.loop(a, b, y, T.self) { $0 &- $1 }
    case .multiply: Rows.loop(a, b, y, T.self) { $0 &* $1 }
    case .divide: Rows.loop(a, b, y, T.self) { $1 == 0 ? 0 : $0.dividedReportingOverflow(by: $1).partialValue }
    case .floorDivide: Rows.loop(a, b, y, T.self) { floorDivide($0, $1) }
    case .modulo: Rows.loop(a, b, y, T.self) { modulo($0, $1) }
    case .power: Rows.loop(a, b, y, T.self) { power($0, $1) }
    case .maximum: Rows.loop(a, b, y, T.self) { max($0, $1) }
    case .minimum: Rows.loop(a, b, y, T.self) { min($0, $1) }
    }
  }

  @inline(__always)
  private static func floorDivide<T: FixedWidthInteger>(_ a: T, _ b: T) -> T {
    guard b != 0 else { return 0 }
    let quotient = a.dividedReportingOverflow(by: b).partialValue
    guard T.isSigned else { return quotient }
    return a.remainderReportingOverflow(dividingBy: b).partialValue != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient
  }

  @inline(__always)
  private static func modulo<T: FixedWidthInteger>(_ a: T, _ b: T) -> T {
    guard b != 0 else { return 0 }
    let remainder = a.remainderReportingOverflow(dividingBy: b).partialValue
    return T.isSigned && remainder != 0 && (remainder < 0) != (b < 0) ? remainder &+ b : remainder
  }

  /// Repeated squaring. A negative exponent gives the truncated reciprocal.
  @inline(__always)
  private static func power<T: FixedWidthInteger>(_ base: T, _ exponent: T) -> T {
    if exponent < 0 {
      if base == 1 { return 1 }
      return T.isSigned && base == 0 &- 1 ? (exponent & 1 == 0 ? 1 : base) : 0
    }
    var (result, square, rest) = (T(1), base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = result &* square }
      square = square &* square
      rest >>= 1
    }
    return result
  }

  /// A loop that calls the vectorized form for the strides that it has.
  private static func floored<T: FlooredInteger>(
    _ form: FlooredLoops<T>, _ a: Buffer, _ b: Buffer, _ y: Buffer, _ function: @escaping (T, T) -> T
  ) -> () -> Void {
    let walk = Broadcast(output: y, operands: [a, b])
    let (stepA, stepB) = (walk.steps[0], walk.steps[1])
    let (a, b) = (UnsafePointer(a.elements(T.self)), UnsafePointer(b.elements(T.self)))
    let y = y.elements(T.self)
    return {
      walk.forEachPiece { at, operands, count in
        let (a, b, y) = (a + operands[0], b + operands[1], y + at)
        switch (stepA, stepB) {
        case (1, 1): form.elements(y, a, b, count)
        case (1, 0): form.byNumber(y, a, b[0], count)
        case (0, 1): form.ofNumber(y, a[0], b, count)
        default: for i in 0..<count { y[i] = function(a[i * stepA], b[i * stepB]) }
        }
      }
    }
  }
}

/// Functions of two booleans of one byte each.
package enum Logical {
  /// A loop for `y = function(a, b)`; `y` may be an operand that has its shape.
  ///
  /// - Precondition: bytes that are 0 or 1; `a` and `b` broadcast to `y`.
  package static func loop(_ function: LogicalFunction, _ a: Buffer, _ b: Buffer, to y: Buffer) -> () -> Void {
    switch function {
    case .and: Rows.loop(a, b, y, UInt8.self) { $0 & $1 }
    case .or: Rows.loop(a, b, y, UInt8.self) { $0 | $1 }
    case .xor: Rows.loop(a, b, y, UInt8.self) { $0 ^ $1 }
    }
  }
}
