// SPDX-License-Identifier: Apache-2.0
// Arithmetic in a weight's own precision: 32-bit floats that are rounded to 16 bits after each operation.

import CKernels
import Tensors

/// The precision in which a weight's scales and codes are computed.
package enum WeightPrecision: Sendable {
  case half, single

  /// `nil` for element types without arithmetic.
  package init?(_ dtype: DType) {
    switch dtype {
    case .float16: self = .half
    case .float32: self = .single
    default: return nil
    }
  }

  /// Rounds to this precision.
  ///
  /// One 32-bit operation on halves, rounded this way, equals the 16-bit operation.
  package func round(_ value: Float) -> Float {
    guard self == .half else { return value }
    var source = value
    var rounded: Float = 0
    ck_round_half(&rounded, &source, 1)
    return rounded
  }

  /// Rounds a double to this precision, with a single rounding.
  package func round(_ value: Double) -> Float {
    var nearest = Float(value)
    guard self == .half, Double(nearest) != value, nearest.isFinite else { return round(nearest) }
    // Rounding to odd first makes the second rounding exact.
    if abs(Double(nearest)) > abs(value) {
      nearest = nearest > 0 ? nearest.nextDown : nearest.nextUp
    }
    return round(Float(bitPattern: nearest.bitPattern | 1))
  }

  package func round(_ values: inout [Float]) {
    guard self == .half else { return }
    values.withUnsafeMutableBufferPointer { buffer in
      guard let base = buffer.baseAddress else { return }
      ck_round_half(base, base, buffer.count)
    }
  }
}

extension Tensor {
  /// Number of elements that are infinite or NaN.
  package func nonFiniteCount() -> Int {
    switch dtype {
    case .float16: withBits(UInt16.self) { ck_count_nonfinite16($0.baseAddress, $0.count) }
    case .float32: withBits(UInt32.self) { ck_count_nonfinite32($0.baseAddress, $0.count) }
    default: 0
    }
  }

  /// Calls `body` with the elements' bit patterns.
  package func withBits<Bits: FixedWidthInteger & BitwiseCopyable, R>(
    _ type: Bits.Type, _ body: (UnsafeBufferPointer<Bits>) throws -> R
  ) rethrows -> R {
    precondition(Bits.bitWidth == dtype.bits, "\(dtype) read as \(Bits.self)")
    return try withBytes { try body($0.bindMemory(to: Bits.self)) }
  }
}
