// SPDX-License-Identifier: Apache-2.0
// Elementwise functions of two 32-bit integers, and of two booleans.

import Tensors

/// Functions of two 32-bit integers: sums, products and powers wrap; division by zero gives 0.
package enum IntegerBinary {
  /// A loop for `y = function(a, b)`; `y` may be an operand that has its shape.
  ///
  /// - Precondition: 32-bit integers; `a` and `b` broadcast to `y`.
  package static func loop(_ function: BinaryFunction, _ a: Buffer, _ b: Buffer, to y: Buffer) -> () -> Void {
    switch function {
    case .add: rows(a, b, y) { $0 &+ $1 }
    case .subtract: rows(a, b, y) { $0 &- $1 }
    case .multiply: rows(a, b, y) { $0 &* $1 }
    case .divide: rows(a, b, y) { $1 == 0 ? 0 : $0.dividedReportingOverflow(by: $1).partialValue }
    case .floorDivide: rows(a, b, y, floorDivide)
    case .modulo: rows(a, b, y, modulo)
    case .power: rows(a, b, y, power)
    case .maximum: rows(a, b, y) { max($0, $1) }
    case .minimum: rows(a, b, y) { min($0, $1) }
    }
  }

  private static func floorDivide(_ a: Int32, _ b: Int32) -> Int32 {
    guard b != 0 else { return 0 }
    let quotient = a.dividedReportingOverflow(by: b).partialValue
    return a % (b == -1 ? 1 : b) != 0 && (a < 0) != (b < 0) ? quotient - 1 : quotient
  }

  private static func modulo(_ a: Int32, _ b: Int32) -> Int32 {
    guard b != 0, b != -1 else { return 0 }
    let remainder = a % b
    return remainder != 0 && (remainder < 0) != (b < 0) ? remainder + b : remainder
  }

  /// Repeated squaring. A negative exponent gives the truncated reciprocal.
  private static func power(_ base: Int32, _ exponent: Int32) -> Int32 {
    if exponent < 0 {
      switch base {
      case 1: return 1
      case -1: return exponent % 2 == 0 ? 1 : -1
      default: return 0
      }
    }
    var (result, square, rest) = (Int32(1), base, exponent)
    while rest > 0 {
      if rest & 1 == 1 { result = result &* square }
      square = square &* square
      rest >>= 1
    }
    return result
  }

  @inline(__always)
  private static func rows(
    _ a: Buffer, _ b: Buffer, _ y: Buffer, _ f: @escaping (Int32, Int32) -> Int32
  ) -> () -> Void {
    let walk = Broadcast(output: y, operands: [a, b])
    let (stepA, stepB) = (walk.steps[0], walk.steps[1])
    let (a, b, y) = (a.int32s(), b.int32s(), y.int32s())
    return {
      walk.forEachPiece { at, operands, count in
        Rows.map(a + operands[0], stepA, b + operands[1], stepB, y + at, count, f)
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
    case .and: rows(a, b, y) { $0 & $1 }
    case .or: rows(a, b, y) { $0 | $1 }
    case .xor: rows(a, b, y) { $0 ^ $1 }
    }
  }

  @inline(__always)
  private static func rows(
    _ a: Buffer, _ b: Buffer, _ y: Buffer, _ f: @escaping (UInt8, UInt8) -> UInt8
  ) -> () -> Void {
    let walk = Broadcast(output: y, operands: [a, b])
    let (stepA, stepB) = (walk.steps[0], walk.steps[1])
    let (a, b, y) = (a.bytes(), b.bytes(), y.bytes())
    return {
      walk.forEachPiece { at, operands, count in
        Rows.map(a + operands[0], stepA, b + operands[1], stepB, y + at, count, f)
      }
    }
  }
}
