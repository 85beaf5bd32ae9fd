// SPDX-License-Identifier: Apache-2.0
// Elementwise comparisons, and selection between two values.

import CKernels
import Tensors

extension ComparisonFunction {
  /// The comparison that gives the same result with the operands swapped.
  package var swapped: ComparisonFunction {
    switch self {
    case .equal, .notEqual: self
    case .less: .greater
    case .lessEqual: .greaterEqual
    case .greater: .less
    case .greaterEqual: .lessEqual
    }
  }
}

/// Comparisons of floats and of integers of 32 and 64 bits.
package enum Comparing {
  /// A loop for `y = a comparison b`, where `y` holds bytes, 0 or 1.
  ///
  /// Every comparison with NaN is false, except `notEqual`, which is true.
  /// - Precondition: `a` and `b` are of one dtype, float32, float64, int32, int64 or uint64, and broadcast to `y`; `y` overlaps neither.
  package static func loop(_ comparison: ComparisonFunction, _ a: Buffer, _ b: Buffer, to y: Buffer) -> () -> Void {
    switch comparison {
    case .greater, .greaterEqual: return loop(comparison.swapped, b, a, to: y)
    default: break
    }
    switch a.dtype {
    case .float32: break
    case .float64: return loop(comparison, a, b, y, Double.self)
    case .int32: return loop(comparison, a, b, y, Int32.self)
    case .int64: return loop(comparison, a, b, y, Int64.self)
    case .uint64: return loop(comparison, a, b, y, UInt64.self)
    default: preconditionFailure("\(a.dtype) is not compared")
    }
    let walk = Broadcast(output: y, operands: [a, b])
    let (stepA, stepB) = (walk.steps[0], walk.steps[1])
    let (a, b, to) = (a.floats(), b.floats(), y.bytes())
    return {
      walk.forEachPiece { at, operands, count in
        apply(comparison, a + operands[0], stepA, b + operands[1], stepB, to + at, count)
      }
    }
  }

  private static func loop<T: Comparable & BitwiseCopyable>(
    _ comparison: ComparisonFunction, _ a: Buffer, _ b: Buffer, _ y: Buffer, _ type: T.Type
  ) -> () -> Void {
    let walk = Broadcast(output: y, operands: [a, b])
    let (stepA, stepB) = (walk.steps[0], walk.steps[1])
    let (a, b, y) = (a.elements(T.self), b.elements(T.self), y.bytes())
    return {
      walk.forEachPiece { at, operands, count in
        map(comparison, a + operands[0], stepA, b + operands[1], stepB, y + at, count)
      }
    }
  }

  private static func apply(
    _ comparison: ComparisonFunction, _ a: UnsafePointer<Float>, _ stepA: Int, _ b: UnsafePointer<Float>, _ stepB: Int,
    _ y: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    guard stepA == 1, stepB == 1 else { return map(comparison, a, stepA, b, stepB, y, count) }
    switch comparison {
    case .equal: ck_equal(y, a, b, count)
    case .notEqual: ck_not_equal(y, a, b, count)
    case .less: ck_less(y, a, b, count)
    case .lessEqual: ck_less_equal(y, a, b, count)
    case .greater: ck_less(y, b, a, count)
    case .greaterEqual: ck_less_equal(y, b, a, count)
    }
  }

  @inline(__always)
  private static func map<T: Comparable>(
    _ comparison: ComparisonFunction, _ a: UnsafePointer<T>, _ stepA: Int, _ b: UnsafePointer<T>, _ stepB: Int,
    _ y: UnsafeMutablePointer<UInt8>, _ count: Int
  ) {
    switch comparison {
    case .equal: Rows.map(a, stepA, b, stepB, y, count) { $0 == $1 ? 1 : 0 }
    case .notEqual: Rows.map(a, stepA, b, stepB, y, count) { $0 != $1 ? 1 : 0 }
    case .less: Rows.map(a, stepA, b, stepB, y, count) { $0 < $1 ? 1 : 0 }
    case .lessEqual: Rows.map(a, stepA, b, stepB, y, count) { $0 <= $1 ? 1 : 0 }
    case .greater: Rows.map(a, stepA, b, stepB, y, count) { $0 > $1 ? 1 : 0 }
    case .greaterEqual: Rows.map(a, stepA, b, stepB, y, count) { $0 >= $1 ? 1 : 0 }
    }
  }
}

/// Elementwise selection between two values.
package enum ElementChoice {
  /// A loop for `y = condition ? a : b`, where the condition holds bytes and any nonzero byte is true.
  ///
  /// `y` may be `a` or `b` if that has its shape.
  /// - Precondition: `a`, `b` and `y` have the same element type, of 1 or 4 bytes; all broadcast to `y`.
  package static func loop(_ condition: Buffer, _ a: Buffer, _ b: Buffer, to y: Buffer) -> () -> Void {
    let walk = Broadcast(output: y, operands: [condition, a, b])
    let truth = condition.bytes()
    guard y.dtype == .float32 || y.dtype == .int32 else {
      precondition(y.dtype.bits == 8, "a choice between \(y.dtype)")
      return choose(walk, truth, a.bytes(), b.bytes(), y.bytes())
    }
    // 32-bit integers are moved as floats, which keeps their bits.
    guard walk.steps == SIMD4(1, 1, 1, 0) else { return choose(walk, truth, a.int32s(), b.int32s(), y.int32s()) }
    let (a, b, y) = (a.floats(), b.floats(), y.floats())
    return {
      walk.forEachPiece { at, operands, count in
        ck_select(y + at, truth + operands[0], a + operands[1], b + operands[2], count)
      }
    }
  }

  private static func choose<T: BitwiseCopyable>(
    _ walk: Broadcast, _ condition: UnsafePointer<UInt8>, _ a: UnsafePointer<T>, _ b: UnsafePointer<T>,
    _ y: UnsafeMutablePointer<T>
  ) -> () -> Void {
    let steps = walk.steps
    return {
      walk.forEachPiece { at, operands, count in
        let (condition, a, b, y) = (condition + operands[0], a + operands[1], b + operands[2], y + at)
        for i in 0..<count { y[i] = condition[i * steps[0]] != 0 ? a[i * steps[1]] : b[i * steps[2]] }
      }
    }
  }
}
