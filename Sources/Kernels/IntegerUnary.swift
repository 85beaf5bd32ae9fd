// SPDX-License-Identifier: Apache-2.0
// The functions of one number that MIL also defines for 32-bit integers, and `not` for booleans.

/// A function of one 32-bit integer.
package enum IntegerUnaryFunction: Hashable, Sendable {
  /// Wraps for the smallest integer.
  case abs
  case sign
  /// Wraps.
  case square
  /// `max(x, alpha)`.
  case threshold(alpha: Int32)
  /// Truncated, clamped to 32 bits.
  case exp2
}

package enum IntegerUnary {
  /// `y = function(x)` for `count` integers, on the whole team. `y` may be `x`.
  package static func run(
    _ function: IntegerUnaryFunction, _ x: UnsafePointer<Int32>, to y: UnsafeMutablePointer<Int32>, count: Int
  ) {
    switch function {
    case .abs: map(x, y, count) { $0 < 0 ? 0 &- $0 : $0 }
    case .sign: map(x, y, count) { $0.signum() }
    case .square: map(x, y, count) { $0 &* $0 }
    case .threshold(let alpha): map(x, y, count) { max($0, alpha) }
    case .exp2: map(x, y, count) { $0 < 0 ? 0 : $0 > 30 ? .max : 1 << $0 }
    }
  }

  /// `y = not x` for `count` booleans of one byte each.
  package static func not(_ x: UnsafePointer<UInt8>, to y: UnsafeMutablePointer<UInt8>, count: Int) {
    map(x, y, count) { $0 == 0 ? 1 : 0 }
  }

  @inline(__always)
  private static func map<T>(
    _ x: UnsafePointer<T>, _ y: UnsafeMutablePointer<T>, _ count: Int, _ f: (T) -> T
  ) {
    Chunks.forEach(of: count) { for i in $0 { y[i] = f(x[i]) } }
  }
}
