// SPDX-License-Identifier: Apache-2.0
// Loops of arithmetic and comparisons for dtypes that MIL does not compute with.

import Kernels
import Platform
import Tensors

/// Arithmetic on double-precision floats and on integers of any width, by the rules of `Binary` and `IntegerBinary`.
enum WideBinary {
  static func doubles(_ function: BinaryFunction, _ a: Buffer, _ b: Buffer, to y: Buffer) {
    switch function {
    case .add: ElementLoop.run(a, b, y, Double.self) { $0 + $1 }
    case .subtract: ElementLoop.run(a, b, y, Double.self) { $0 - $1 }
    case .multiply: ElementLoop.run(a, b, y, Double.self) { $0 * $1 }
    case .divide: ElementLoop.run(a, b, y, Double.self) { $0 / $1 }
    case .floorDivide: ElementLoop.run(a, b, y, Double.self, floorDivide)
    case .modulo: ElementLoop.run(a, b, y, Double.self, modulo)
    case .power: ElementLoop.run(a, b, y, Double.self) { pow($0, $1) }
    case .maximum: ElementLoop.run(a, b, y, Double.self) { $0 > $1 || $0.isNaN ? $0 : $1 }
    case .minimum: ElementLoop.run(a, b, y, Double.self) { $0 < $1 || $0.isNaN ? $0 : $1 }
    }
  }

  /// The exact quotient rounded down.
  private static func floorDivide(_ a: Double, _ b: Double) -> Double {
    guard b != 0 else { return a / b }
    let remainder = fmod(a, b)
    var quotient = (a - remainder) / b
    if remainder != 0, (b < 0) != (remainder < 0) { quotient -= 1 }
    guard quotient != 0 else { return copysign(0, a / b) }
    let down = quotient.rounded(.down)
    return quotient - down > 0.5 ? down + 1 : down
  }

  private static func modulo(_ a: Double, _ b: Double) -> Double {
    let remainder = fmod(a, b)
    guard remainder != 0 else { return copysign(0, b) }
    return (b < 0) != (remainder < 0) ? remainder + b : remainder
  }

  static func integers<T: FixedWidthInteger & BitwiseCopyable>(
    _ function: BinaryFunction, _ a: Buffer, _ b: Buffer, to y: Buffer, _ type: T.Type
  ) {
    switch function {
    case .add: ElementLoop.run(a, b, y, T.self) { $0 &+ $1 }
    case .subtract: ElementLoop.run(a, b, y, T.self) { $0 &- $1 }
    case .multiply: ElementLoop.run(a, b, y, T.self) { $0 &* $1 }
    case .divide: ElementLoop.run(a, b, y, T.self) { $1 == 0 ? 0 : $0.dividedReportingOverflow(by: $1).partialValue }
    case .floorDivide: ElementLoop.run(a, b, y, T.self) { floorDivide($0, $1) }
    case .modulo: ElementLoop.run(a, b, y, T.self) { modulo($0, $1) }
    case .power: ElementLoop.run(a, b, y, T.self) { power($0, $1) }
    case .maximum: ElementLoop.run(a, b, y, T.self) { max($0, $1) }
    case .minimum: ElementLoop.run(a, b, y, T.self) { min($0, $1) }
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
}

/// Comparisons of elements of any type.
enum WideComparison {
  static func run<T: Comparable & BitwiseCopyable>(
    _ comparison: ComparisonFunction, _ a: Buffer, _ b: Buffer, to y: Buffer, _ type: T.Type
  ) {
    switch comparison {
    case .equal: ElementLoop.run(a, b, y, T.self) { $0 == $1 }
    case .notEqual: ElementLoop.run(a, b, y, T.self) { $0 != $1 }
    case .less: ElementLoop.run(a, b, y, T.self) { $0 < $1 }
    case .lessEqual: ElementLoop.run(a, b, y, T.self) { $0 <= $1 }
    case .greater: ElementLoop.run(a, b, y, T.self) { $0 > $1 }
    case .greaterEqual: ElementLoop.run(a, b, y, T.self) { $0 >= $1 }
    }
  }
}

/// Elementwise loops over buffers, divided among threads.
enum ElementLoop {
  /// `y = f(a, b)`, where `a` and `b` broadcast to `y`.
  @inline(__always)
  static func run<T: BitwiseCopyable, R: BitwiseCopyable>(_ a: Buffer, _ b: Buffer, _ y: Buffer, _ type: T.Type, _ f: (T, T) -> R) {
    let walk = Broadcast(output: y, operands: [a, b])
    let (p, q) = (a.pointer.assumingMemoryBound(to: T.self), b.pointer.assumingMemoryBound(to: T.self))
    let r = y.pointer.assumingMemoryBound(to: R.self)
    let (stepA, stepB) = (walk.steps[0], walk.steps[1])
    withoutActuallyEscaping(f) { f in
      walk.forEachPiece { at, operands, count in
        let (p, q, r) = (p + operands[0], q + operands[1], r + at)
        switch (stepA, stepB) {
        case (1, 1): for i in 0..<count { r[i] = f(p[i], q[i]) }
        case (1, 0):
          let b = q[0]
          for i in 0..<count { r[i] = f(p[i], b) }
        case (0, 1):
          let a = p[0]
          for i in 0..<count { r[i] = f(a, q[i]) }
        default: for i in 0..<count { r[i] = f(p[i * stepA], q[i * stepB]) }
        }
      }
    }
  }

  /// `y = f(x)` for buffers of the same shape.
  @inline(__always)
  static func run<T: BitwiseCopyable, R: BitwiseCopyable>(_ x: Buffer, _ y: Buffer, _ type: T.Type, _ f: (T) -> R) {
    let (p, r) = (x.pointer.assumingMemoryBound(to: T.self), y.pointer.assumingMemoryBound(to: R.self))
    withoutActuallyEscaping(f) { f in
      Chunks.forEach(of: y.count) { for i in $0 { r[i] = f(p[i]) } }
    }
  }
}
