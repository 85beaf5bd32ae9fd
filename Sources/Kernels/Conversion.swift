// SPDX-License-Identifier: Apache-2.0
// Conversion of elements from one type to another.

import Tensors

/// Conversion between the element types that running programs store.
///
/// Floats are truncated and clamped to the integer's range (NaN becomes 0); integers wrap when narrowed;
/// any nonzero value is true.
package enum Conversion {
  /// Converts `count` elements at `x` to elements at `y`, on the whole team; in place is allowed where both types have the
  /// same width.
  ///
  /// - Precondition: both types are among those that `DType.computed` returns, strings excepted.
  package static func run(
    _ x: UnsafeRawPointer, _ from: DType, to y: UnsafeMutableRawPointer, _ target: DType, count: Int
  ) {
    switch from {
    case .float32: floats(x.assumingMemoryBound(to: Float.self), y, target, count)
    case .int32: integers(x.assumingMemoryBound(to: Int32.self), y, target, count)
    case .int16: integers(x.assumingMemoryBound(to: Int16.self), y, target, count)
    case .uint16: integers(x.assumingMemoryBound(to: UInt16.self), y, target, count)
    case .int8: integers(x.assumingMemoryBound(to: Int8.self), y, target, count)
    case .uint8, .bool: integers(x.assumingMemoryBound(to: UInt8.self), y, target, count)
    default: preconditionFailure("\(from) is not a running type")
    }
  }

  private static func floats(
    _ x: UnsafePointer<Float>, _ y: UnsafeMutableRawPointer, _ target: DType, _ count: Int
  ) {
    switch target {
    case .float32: map(x, y, count) { $0 }
    case .bool: map(x, y, count) { v -> UInt8 in v != 0 ? 1 : 0 }
    case .int32: map(x, y, count) { clamped($0, -0x1p31, 0x1p31 - 1, Int32.self) }
    case .int16: map(x, y, count) { clamped($0, -0x1p15, 0x1p15 - 1, Int16.self) }
    case .uint16: map(x, y, count) { clamped($0, 0, 0x1p16 - 1, UInt16.self) }
    case .int8: map(x, y, count) { clamped($0, -0x1p7, 0x1p7 - 1, Int8.self) }
    case .uint8: map(x, y, count) { clamped($0, 0, 0x1p8 - 1, UInt8.self) }
    default: preconditionFailure("\(target) is not a running type")
    }
  }

  /// Truncated and clamped to `low...high` (both exact in double precision); 0 for NaN.
  @inline(__always)
  private static func clamped<T: FixedWidthInteger>(_ v: Float, _ low: Double, _ high: Double, _ type: T.Type) -> T {
    guard v == v else { return 0 }
    return T(truncatingIfNeeded: Int64(min(max(Double(v), low), high)))
  }

  private static func integers<S: FixedWidthInteger & BitwiseCopyable>(
    _ x: UnsafePointer<S>, _ y: UnsafeMutableRawPointer, _ target: DType, _ count: Int
  ) {
    switch target {
    case .float32: map(x, y, count) { Float($0) }
    case .bool: map(x, y, count) { v -> UInt8 in v != 0 ? 1 : 0 }
    case .int32: map(x, y, count) { Int32(truncatingIfNeeded: $0) }
    case .int16: map(x, y, count) { Int16(truncatingIfNeeded: $0) }
    case .uint16: map(x, y, count) { UInt16(truncatingIfNeeded: $0) }
    case .int8: map(x, y, count) { Int8(truncatingIfNeeded: $0) }
    case .uint8: map(x, y, count) { UInt8(truncatingIfNeeded: $0) }
    default: preconditionFailure("\(target) is not a running type")
    }
  }

  @inline(__always)
  private static func map<S: BitwiseCopyable, T: BitwiseCopyable>(
    _ x: UnsafePointer<S>, _ y: UnsafeMutableRawPointer, _ count: Int, _ convert: (S) -> T
  ) {
    let y = y.assumingMemoryBound(to: T.self)
    Chunks.forEach(of: count) { for i in $0 { y[i] = convert(x[i]) } }
  }
}
