// SPDX-License-Identifier: Apache-2.0
// LAPACK's functions for both precisions, on matrices of a batch.

import CLinearAlgebra
import Synchronization
import Tensors

/// An element type that LAPACK supports.
protocol MatrixElement: TensorElement, BinaryFloatingPoint {
  static func svd(
    _ m: Int32, _ n: Int32, _ a: UnsafeMutablePointer<Self>, _ s: UnsafeMutablePointer<Self>, _ u: UnsafeMutablePointer<Self>,
    _ vt: UnsafeMutablePointer<Self>, _ full: Bool
  ) -> Int32
  static func qr(_ m: Int32, _ n: Int32, _ a: UnsafeMutablePointer<Self>, _ q: UnsafeMutablePointer<Self>) -> Int32
  static func cholesky(_ n: Int32, _ a: UnsafeMutablePointer<Self>) -> Int32
  static func eigh(_ n: Int32, _ a: UnsafeMutablePointer<Self>, _ values: UnsafeMutablePointer<Self>) -> Int32
  static func solve(_ n: Int32, _ columns: Int32, _ a: UnsafeMutablePointer<Self>, _ b: UnsafeMutablePointer<Self>) -> Int32
  static func lstsq(
    _ m: Int32, _ n: Int32, _ columns: Int32, _ a: UnsafeMutablePointer<Self>, _ b: UnsafeMutablePointer<Self>,
    _ tolerance: Self, _ rank: UnsafeMutablePointer<Int32>
  ) -> Int32
  static func lu(_ n: Int32, _ a: UnsafeMutablePointer<Self>, _ pivots: UnsafeMutablePointer<Int32>) -> Int32
}

extension Float: MatrixElement {
  static func svd(
    _ m: Int32, _ n: Int32, _ a: UnsafeMutablePointer<Float>, _ s: UnsafeMutablePointer<Float>,
    _ u: UnsafeMutablePointer<Float>, _ vt: UnsafeMutablePointer<Float>, _ full: Bool
  ) -> Int32 { cla_svd_f32(m, n, a, s, u, vt, full) }
  static func qr(_ m: Int32, _ n: Int32, _ a: UnsafeMutablePointer<Float>, _ q: UnsafeMutablePointer<Float>) -> Int32 {
    cla_qr_f32(m, n, a, q)
  }
  static func cholesky(_ n: Int32, _ a: UnsafeMutablePointer<Float>) -> Int32 { cla_cholesky_f32(n, a) }
  static func eigh(_ n: Int32, _ a: UnsafeMutablePointer<Float>, _ values: UnsafeMutablePointer<Float>) -> Int32 {
    cla_eigh_f32(n, a, values)
  }
  static func solve(_ n: Int32, _ columns: Int32, _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>) -> Int32 {
    cla_solve_f32(n, columns, a, b)
  }
  static func lstsq(
    _ m: Int32, _ n: Int32, _ columns: Int32, _ a: UnsafeMutablePointer<Float>, _ b: UnsafeMutablePointer<Float>,
    _ tolerance: Float, _ rank: UnsafeMutablePointer<Int32>
  ) -> Int32 { cla_lstsq_f32(m, n, columns, a, b, tolerance, rank) }
  static func lu(_ n: Int32, _ a: UnsafeMutablePointer<Float>, _ pivots: UnsafeMutablePointer<Int32>) -> Int32 { cla_lu_f32(n, a, pivots) }
}

extension Double: MatrixElement {
  static func svd(
    _ m: Int32, _ n: Int32, _ a: UnsafeMutablePointer<Double>, _ s: UnsafeMutablePointer<Double>,
    _ u: UnsafeMutablePointer<Double>, _ vt: UnsafeMutablePointer<Double>, _ full: Bool
  ) -> Int32 { cla_svd_f64(m, n, a, s, u, vt, full) }
  static func qr(_ m: Int32, _ n: Int32, _ a: UnsafeMutablePointer<Double>, _ q: UnsafeMutablePointer<Double>) -> Int32 {
    cla_qr_f64(m, n, a, q)
  }
  static func cholesky(_ n: Int32, _ a: UnsafeMutablePointer<Double>) -> Int32 { cla_cholesky_f64(n, a) }
  static func eigh(_ n: Int32, _ a: UnsafeMutablePointer<Double>, _ values: UnsafeMutablePointer<Double>) -> Int32 {
    cla_eigh_f64(n, a, values)
  }
  static func solve(_ n: Int32, _ columns: Int32, _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>) -> Int32 {
    cla_solve_f64(n, columns, a, b)
  }
  static func lstsq(
    _ m: Int32, _ n: Int32, _ columns: Int32, _ a: UnsafeMutablePointer<Double>, _ b: UnsafeMutablePointer<Double>,
    _ tolerance: Double, _ rank: UnsafeMutablePointer<Int32>
  ) -> Int32 { cla_lstsq_f64(m, n, columns, a, b, tolerance, rank) }
  static func lu(_ n: Int32, _ a: UnsafeMutablePointer<Double>, _ pivots: UnsafeMutablePointer<Int32>) -> Int32 { cla_lu_f64(n, a, pivots) }
}

/// A call of LAPACK, which cannot be interrupted, on a thread of its own: an interrupt abandons it.
enum AbandonableCall {
  /// The result of `body`, which must not refer to memory of the caller: it goes on after an interrupt, until it is done.
  ///
  /// - Throws: `AlgebraError.interrupted`.
  static func run<Result: Sendable>(_ body: @escaping @Sendable () -> Result) throws -> Result {
    try Cancellation.check()
    let done = CompletedCall<Result>()
    done.start(body)
    while true {
      if let result = done.wait(milliseconds: 20) { return result }
      try Cancellation.check()
    }
  }
}
