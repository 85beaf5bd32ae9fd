// SPDX-License-Identifier: Apache-2.0
// Cumulative sums and products, and the positions of extrema.

import Kernels
import Tensors

extension Tensor {
  /// Cumulative sums along an axis; those of integers and booleans are int64.
  package func cumulativeSum(_ axis: Int) throws -> Tensor {
    try scanned("cumsum", axis, floats: { $0 + $1 }, doubles: { $0 + $1 }, integers: { $0 &+ $1 })
  }

  /// Cumulative products along an axis; those of integers and booleans are int64.
  package func cumulativeProduct(_ axis: Int) throws -> Tensor {
    try scanned("cumprod", axis, floats: { $0 * $1 }, doubles: { $0 * $1 }, integers: { $0 &* $1 })
  }

  private func scanned(
    _ name: String, _ axis: Int, floats: (Float, Float) -> Float, doubles: (Double, Double) -> Double, integers: (Int64, Int64) -> Int64
  ) throws -> Tensor {
    let a = try self.axis(axis, for: name)
    let dtype = dtype.isFloat ? dtype.arithmetic : .int64
    let x = cast(to: dtype.kernel)
    let out = try Tensor.result(x.dtype, shape, of: name)
    guard count > 0 else { return out.cast(to: dtype) }
    try Cancellation.check()
    let split = AxisSplit(x.buffer, axis: a)
    withExtendedLifetime((x, out)) {
      switch x.dtype {
      case .float32 where name == "cumsum":
        CumulativeSum.run(split, x.buffer.floats(), to: out.buffer.floats(), exclusive: false, reverse: false)
      case .float32: Self.scan(split, x.buffer, out.buffer, floats)
      case .float64: Self.scan(split, x.buffer, out.buffer, doubles)
      default: Self.scan(split, x.buffer, out.buffer, integers)
      }
    }
    return out.cast(to: dtype)
  }

  @inline(__always)
  private static func scan<T: BitwiseCopyable>(_ split: AxisSplit, _ x: Buffer, _ y: Buffer, _ add: (T, T) -> T) {
    let (from, to) = (x.pointer.assumingMemoryBound(to: T.self), y.pointer.assumingMemoryBound(to: T.self))
    for o in 0..<split.outer {
      let base = o * split.count * split.inner
      for i in 0..<split.inner { to[base + i] = from[base + i] }
      for k in 1..<max(split.count, 1) {
        let row = base + k * split.inner
        for i in 0..<split.inner { to[row + i] = add(to[row + i - split.inner], from[row + i]) }
      }
    }
  }

  /// The indices of the largest or smallest elements along an axis, as int32: the first of equal ones, and of NaN.
  package func extremePositions(largest: Bool, _ axis: Int, keepsAxis: Bool = false) throws -> Tensor {
    let name = largest ? "argmax" : "argmin"
    let a = try self.axis(axis, for: name)
    guard shape[a] > 0 else { throw AlgebraError.noElements(function: name, shape: shape, axes: [a]) }
    let out = Tensor(uninitialized: .int32, shape(reducing: [a], keeping: keepsAxis))
    guard out.count > 0 else { return out }
    try Cancellation.check()
    let isWide = dtype == .float64 || dtype == .int64 || dtype == .uint64 || dtype == .uint32
    let x = dtype == .uint32 ? cast(to: .int64) : isWide ? self : cast(to: dtype.isFloat ? .float32 : .int32)
    withExtendedLifetime((x, out)) {
      switch x.dtype {
      case .float64: Self.positions(largest, x.buffer, a, out.buffer, Double.self)
      case .int64: Self.positions(largest, x.buffer, a, out.buffer, Int64.self)
      case .uint64: Self.positions(largest, x.buffer, a, out.buffer, UInt64.self)
      default: ArgumentReduction.loop(largest: largest, x.buffer, axis: a, to: out.buffer)()
      }
    }
    return out
  }

  private static func positions<T: Comparable & BitwiseCopyable>(_ largest: Bool, _ x: Buffer, _ axis: Int, _ y: Buffer, _ type: T.Type) {
    let split = AxisSplit(x, axis: axis)
    let (from, to) = (x.pointer.assumingMemoryBound(to: T.self), y.int32s())
    Chunks.forEachRow(of: split.outer * split.inner, width: split.count) { range in
      for output in range {
        let base = from + output / split.inner * split.count * split.inner + output % split.inner
        var best = 0
        for k in 1..<max(split.count, 1) {
          let (next, now) = (base[k * split.inner], base[best * split.inner])
          if now == now, next != next || (largest ? next > now : next < now) { best = k }
        }
        to[output] = Int32(truncatingIfNeeded: best)
      }
    }
  }
}
