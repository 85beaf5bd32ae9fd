// SPDX-License-Identifier: Apache-2.0
// Matrix products.

import CLinearAlgebra
import CMatrices
import Kernels
import Tensors

extension Tensor {
  /// The matrix product over the last axis of this tensor and the last but one of `other`; leading axes broadcast, vectors are
  /// treated as in NumPy.
  ///
  /// Floats of up to 32 bits are computed by MIL's `matmul`, large products of float64 by BLAS where there is one; integers wrap.
  /// - Throws: `AlgebraError` for shapes that do not match, and for booleans.
  package func product(_ other: Tensor, for name: String = "matmul") throws -> Tensor {
    let dtype = self.dtype.promoted(with: other.dtype).arithmetic
    guard dtype != .bool else { throw AlgebraError.dtype(function: name, found: .bool, expected: "numbers; cast to float32 first") }
    guard rank >= 1, other.rank >= 1 else {
      throw AlgebraError.argument(function: name, problem: "the operands need an axis each; the shapes are \(shape) and \(other.shape)")
    }
    let a = rank == 1 ? reshaped([1, count]) : self
    let b = other.rank == 1 ? other.reshaped([other.count, 1]) : other
    guard a.shape[a.rank - 1] == b.shape[b.rank - 2] else { throw AlgebraError.innerExtents(function: name, shape, other.shape) }
    let batch = try Tensor.broadcast([Array(a.shape.dropLast(2)), Array(b.shape.dropLast(2))], for: name)
    let (m, k, n) = (a.shape[a.rank - 2], a.shape[a.rank - 1], b.shape[b.rank - 1])
    let out = try Tensor.allocatable(dtype.kernel, batch + [m, n], of: name)
    let x = a.cast(to: dtype.kernel), y = b.cast(to: dtype.kernel)
    let product: Tensor
    if out.elementCount == 0 || k == 0 {
      product = Tensor(zeros: dtype.kernel, out)
    } else if dtype.kernel == .float32 {
      product = try Self.floats(x, y, batch: batch, m, n, k)
    } else {
      product = try Self.wide(x.expanded(to: batch + [m, k], for: name), y.expanded(to: batch + [k, n], for: name), out, m, n, k)
    }
    var shape = batch
    if rank > 1 { shape.append(m) }
    if other.rank > 1 { shape.append(n) }
    return product.reshaped(shape).cast(to: dtype)
  }

  /// Floating-point operations between cancellation checks.
  private static let grain = 1 << 35

  private static func floats(_ a: Tensor, _ b: Tensor, batch: Shape, _ m: Int, _ n: Int, _ k: Int) throws -> Tensor {
    // Both vectors of a matrix-vector product stay matrices, as MIL's operator treats them alike.
    func run(_ a: Tensor, _ b: Tensor) throws -> Tensor {
      try Cancellation.check()
      return try EagerOperator.run(named: "matmul", [("x", .tensor(a)), ("y", .tensor(b))])[0]
    }
    let flops = 2 * m * n * k
    if flops * max(batch.elementCount, 1) <= grain { return try run(a, b) }
    let rows = max(16, grain / (2 * n * k))
    if b.rank == 2 {
      let flat = a.reshaped([a.count / k, k])
      return try inParts(of: flat.shape[0], rows, [flat.shape[0], n]) { try run(flat.rows($0), b) }
    }
    let (x, y) = (try a.expanded(to: batch + [m, k]), try b.expanded(to: batch + [k, n]))
    let count = batch.elementCount
    let (xs, ys) = (x.reshaped([count, m, k]), y.reshaped([count, k, n]))
    if flops <= grain { return try inParts(of: count, max(1, grain / flops), [count, m, n]) { try run(xs.rows($0), ys.rows($0)) } }
    return try inParts(of: count, 1, [count, m, n]) { batch in
      let (x, y) = (xs.rows(batch).reshaped([m, k]), ys.rows(batch).reshaped([k, n]))
      return try inParts(of: m, rows, [m, n]) { try run(x.rows($0), y) }
    }
  }

  /// A result whose rows are computed in parts.
  private static func inParts(of count: Int, _ size: Int, _ shape: Shape, _ body: (Range<Int>) throws -> Tensor) throws -> Tensor {
    var out = try result(.float32, shape, of: "matmul")
    try Cancellation.forEach(of: count, grain: size) { part in
      let rows = try body(part)
      let start = part.lowerBound * (out.byteCount / count)
      rows.withBytes { from in
        out.withMutableBytes { to in
          if let from = from.baseAddress { to.baseAddress?.advanced(by: start).copyMemory(from: from, byteCount: rows.byteCount) }
        }
      }
    }
    return out
  }

  private static func wide(_ a: Tensor, _ b: Tensor, _ shape: Shape, _ m: Int, _ n: Int, _ k: Int) throws -> Tensor {
    let out = try result(a.dtype, shape, of: "matmul")
    try withExtendedLifetime((a, b, out)) {
      switch a.dtype {
      case .float64: try doubles(a.buffer, b.buffer, out.buffer, m, n, k)
      case .int64: try integers(a, b, out, m, n, k, Int64.self)
      case .uint64: try integers(a, b, out, m, n, k, UInt64.self)
      case .int32: try integers(a, b, out, m, n, k, Int32.self)
      case .uint32: try integers(a, b, out, m, n, k, UInt32.self)
      case .int16: try integers(a, b, out, m, n, k, Int16.self)
      case .uint16: try integers(a, b, out, m, n, k, UInt16.self)
      case .int8: try integers(a, b, out, m, n, k, Int8.self)
      default: try integers(a, b, out, m, n, k, UInt8.self)
      }
    }
    return out
  }

  private static func integers<T: FixedWidthInteger & BitwiseCopyable>(
    _ a: Tensor, _ b: Tensor, _ out: Tensor, _ m: Int, _ n: Int, _ k: Int, _ type: T.Type
  ) throws {
    try rows(a.buffer, b.buffer, out.buffer, m, n, k, T.self, zero: 0) { $0 &+ $1 &* $2 }
  }

  /// Floating-point operations from which on loading BLAS pays.
  private static let leastOfBLAS = 1 << 24

  /// Blocks of the product, whose number depends on the work alone.
  private static func doubles(_ a: Buffer, _ b: Buffer, _ y: Buffer, _ m: Int, _ n: Int, _ k: Int) throws {
    let usesBLAS = 2 * m * n * k >= leastOfBLAS && max(n, k) <= Int(Int32.max) && cla_available()
    // Rows and columns for which packing the panels takes little of the time.
    let (height, width) = usesBLAS ? (min(m, 512), min(n, 512)) : (min(m, 96), min(n, 480))
    let (down, across) = ((m + height - 1) / height, (n + width - 1) / width)
    let (x, w) = (a.pointer.assumingMemoryBound(to: Double.self), b.pointer.assumingMemoryBound(to: Double.self))
    let out = y.pointer.assumingMemoryBound(to: Double.self)
    let flops = 2 * height * width * k
    try Cancellation.forEach(of: y.count / (m * n) * down * across, grain: max(8, grain / 4 / max(flops, 1))) { part in
      func block(_ number: Int) {
        let (batch, row, column) = (number / (down * across), number / across % down * height, number % across * width)
        if usesBLAS {
          cla_multiply_f64(
            Int32(min(height, m - row)), Int32(min(width, n - column)), Int32(k), x + (batch * m + row) * k, Int32(k),
            w + batch * k * n + column, Int32(n), out + (batch * m + row) * n + column, Int32(n))
          return
        }
        var product = cm_product()
        product.rows = min(height, m - row)
        product.columns = min(width, n - column)
        product.depth = k
        product.a = UnsafeRawPointer(x + (batch * m + row) * k)
        product.a_row = k
        product.a_depth = 1
        product.b = UnsafeRawPointer(w + batch * k * n + column)
        product.b_row = n
        let to = out + (batch * m + row) * n + column
        product.c = UnsafeMutableRawPointer(to)
        product.c_row = n
        product.sign = 1
        for r in 0..<product.rows { (to + r * n).update(repeating: 0, count: product.columns) }
        cm_multiply_double(&product)
      }
      Chunks.forEachRow(of: part.count, width: max(1, flops / 32)) { for i in $0 { block(part.lowerBound + i) } }
    }
  }

  @inline(__always)
  private static func rows<T: BitwiseCopyable>(
    _ a: Buffer, _ b: Buffer, _ y: Buffer, _ m: Int, _ n: Int, _ k: Int, _ type: T.Type, zero: T, _ add: (T, T, T) -> T
  ) throws {
    let (x, w) = (a.pointer.assumingMemoryBound(to: T.self), b.pointer.assumingMemoryBound(to: T.self))
    let out = y.pointer.assumingMemoryBound(to: T.self)
    let total = y.count / n
    try withoutActuallyEscaping(add) { add in
      try Cancellation.forEach(of: total, grain: max(1, (1 << 30) / max(n * k, 1))) { part in
        Chunks.forEachRow(of: part.count, width: n * k) { range in
          for i in range {
            let row = part.lowerBound + i
            let (from, to, matrix) = (x + row * k, out + row * n, w + row / m * k * n)
            for j in 0..<n { to[j] = zero }
            for l in 0..<k {
              let factor = from[l]
              for j in 0..<n { to[j] = add(to[j], factor, matrix[l * n + j]) }
            }
          }
        }
      }
    }
  }
}
