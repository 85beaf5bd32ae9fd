// SPDX-License-Identifier: Apache-2.0
// Elements of one type as elements of another.

import Tensors

/// Conversion between the types that running programs hold.
///
/// Floats lose their fraction and are clamped to the integer's range (NaN is 0); integers wrap into narrower
/// ones; anything but zero is true.
package enum Conversion {
  /// A loop that converts `count` elements at `x` to elements at `y`; the same address where both types are as wide.
  ///
  /// - Precondition: both types are among those that `DType.computed` gives, strings excepted.
  package static func loop(
    _ x: UnsafeMutableRawPointer, _ from: DType, to y: UnsafeMutableRawPointer, _ target: DType, count: Int
  ) -> () -> Void {
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
    _ x: UnsafeMutablePointer<Float>, _ y: UnsafeMutableRawPointer, _ target: DType, _ count: Int
  ) -> () -> Void {
    func clamped<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> () -> Void {
      // Both bounds are exact as Double, also those of 32 bits.
      let low = Double(T.min)
      let high = Double(T.max)
      return map(x, y, count) { (v: Float) in v.isNaN ? 0 : T(min(max(Double(v), low), high)) }
    }
    return switch target {
    case .float32: map(x, y, count) { (v: Float) in v }
    case .bool: map(x, y, count) { (v: Float) -> UInt8 in v != 0 ? 1 : 0 }
    case .int32: clamped(Int32.self)
    case .int16: clamped(Int16.self)
    case .uint16: clamped(UInt16.self)
    case .int8: clamped(Int8.self)
    case .uint8: clamped(UInt8.self)
    default: preconditionFailure("\(target) is not a running type")
    }
  }

  private static func integers<S: FixedWidthInteger & BitwiseCopyable>(
    _ x: UnsafeMutablePointer<S>, _ y: UnsafeMutableRawPointer, _ target: DType, _ count: Int
  ) -> () -> Void {
    func wrapped<T: FixedWidthInteger & BitwiseCopyable>(_ type: T.Type) -> () -> Void {
      map(x, y, count) { (v: S) in T(truncatingIfNeeded: v) }
    }
    return switch target {
    case .float32: map(x, y, count) { (v: S) in Float(v) }
    case .bool: map(x, y, count) { (v: S) -> UInt8 in v != 0 ? 1 : 0 }
    case .int32: wrapped(Int32.self)
    case .int16: wrapped(Int16.self)
    case .uint16: wrapped(UInt16.self)
    case .int8: wrapped(Int8.self)
    case .uint8: wrapped(UInt8.self)
    default: preconditionFailure("\(target) is not a running type")
    }
  }

  @inline(__always)
  private static func map<S: BitwiseCopyable, T: BitwiseCopyable>(
    _ x: UnsafeMutablePointer<S>, _ y: UnsafeMutableRawPointer, _ count: Int, _ convert: @escaping (S) -> T
  ) -> () -> Void {
    let y = y.assumingMemoryBound(to: T.self)
    return { Chunks.forEach(of: count) { for i in $0 { y[i] = convert(x[i]) } } }
  }
}
