// SPDX-License-Identifier: Apache-2.0
// Functions of two double-precision floats.

import Platform
import Tensors

/// Functions of two double-precision floats, by the rules of `Binary`.
package enum DoubleBinary {
  /// A loop for `y = function(a, b)`.
  ///
  /// - Precondition: float64 elements; `a` and `b` broadcast to `y`.
  package static func loop(_ function: BinaryFunction, _ a: Buffer, _ b: Buffer, to y: Buffer) -> () -> Void {
    switch function {
    case .add: Rows.loop(a, b, y, Double.self) { $0 + $1 }
    case .subtract: Rows.loop(a, b, y, Double.self) { $0 - $1 }
    case .multiply: Rows.loop(a, b, y, Double.self) { $0 * $1 }
    case .divide: Rows.loop(a, b, y, Double.self) { $0 / $1 }
    case .floorDivide: Rows.loop(a, b, y, Double.self, floorDivide)
    case .modulo: Rows.loop(a, b, y, Double.self, modulo)
    case .power: Rows.loop(a, b, y, Double.self) { pow($0, $1) }
    case .maximum: Rows.loop(a, b, y, Double.self) { $0 > $1 || $0.isNaN ? $0 : $1 }
    case .minimum: Rows.loop(a, b, y, Double.self) { $0 < $1 || $0.isNaN ? $0 : $1 }
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
}
