// SPDX-License-Identifier: Apache-2.0
// Factorizations and solutions of matrices; leading axes are a batch.

import CLinearAlgebra
import Tensors

/// Linear algebra on the last two axes of tensors of float32 or float64. Other dtypes are computed as float32.
package enum Matrices {
  /// The singular value decomposition `a = u · diag(s) · vt`, singular values descending.
  ///
  /// - Parameter full: whether `u` and `vt` are square; otherwise they have as many columns and rows as there are values.
  package static func svd(_ a: Tensor, full: Bool = false) throws -> (u: Tensor, s: Tensor, vt: Tensor) {
    let a = try checked(a, "svd", isFinite: true)
    return a.dtype == .float64 ? try svd(a, full, Double.self) : try svd(a, full, Float.self)
  }

  private static func svd<T: MatrixElement>(_ a: Tensor, _ full: Bool, _ type: T.Type) throws -> (u: Tensor, s: Tensor, vt: Tensor) {
    let (batch, m, n) = split(a)
    let k = min(m, n)
    let (columns, rows) = full ? (m, n) : (k, k)
    var u = try Tensor.result(a.dtype, batch + [m, columns], of: "svd")
    var s = try Tensor.result(a.dtype, batch + [k], of: "svd")
    var vt = try Tensor.result(a.dtype, batch + [rows, n], of: "svd")
    guard k > 0 else { return (try identities(u, m, columns), s, try identities(vt, rows, n)) }
    try eachMatrix(a, T.self) { index, elements in
      // Row-major a is column-major aᵀ = v · diag(s) · uᵀ: what LAPACK calls u is v, in memory vᵀ row by row.
      let parts = try AbandonableCall.run { () -> (Int32, [T], [T], [T]) in
        var (work, values) = (elements, [T](repeating: 0, count: k))
        var (right, left) = ([T](repeating: 0, count: rows * n), [T](repeating: 0, count: m * columns))
        let info = T.svd(Int32(n), Int32(m), &work, &values, &right, &left, full)
        return (info, values, right, left)
      }
      guard parts.0 == 0 else { throw AlgebraError.matrix(function: "svd", problem: "the singular values of \(a.shape) do not converge") }
      put(parts.1, &s, index)
      put(parts.2, &vt, index)
      put(parts.3, &u, index)
    }
    return (u, s, vt)
  }

  /// The QR decomposition `a = q · r` with as many columns of q as the smaller extent.
  package static func qr(_ a: Tensor) throws -> (q: Tensor, r: Tensor) {
    let a = try checked(a, "qr")
    return a.dtype == .float64 ? try qr(a, Double.self) : try qr(a, Float.self)
  }

  private static func qr<T: MatrixElement>(_ a: Tensor, _ type: T.Type) throws -> (q: Tensor, r: Tensor) {
    let (batch, m, n) = split(a)
    let k = min(m, n)
    // Column-major memory of q and r is row-major memory of their transposes.
    var q = try Tensor.result(a.dtype, batch + [k, m], of: "qr")
    var r = Tensor(zeros: a.dtype, batch + [n, k])
    guard k > 0 else { return (try swapped(q), try swapped(r)) }
    try eachMatrix(try swapped(a), T.self) { index, elements in
      let (info, factors, orthogonal) = try AbandonableCall.run { () -> (Int32, [T], [T]) in
        var (work, q) = (elements, [T](repeating: 0, count: m * k))
        return (T.qr(Int32(m), Int32(n), &work, &q), work, q)
      }
      guard info == 0 else { throw AlgebraError.matrix(function: "qr", problem: "the decomposition of \(a.shape) failed") }
      put(orthogonal, &q, index)
      var upper = [T](repeating: 0, count: n * k)
      for column in 0..<n { for row in 0...min(column, k - 1) { upper[column * k + row] = factors[column * m + row] } }
      put(upper, &r, index)
    }
    return (try swapped(q), try swapped(r))
  }

  /// The lower triangular `l` with `a = l · lᵀ`. Only the lower triangle of `a` is read.
  package static func cholesky(_ a: Tensor) throws -> Tensor {
    let a = try square(a, "cholesky")
    return a.dtype == .float64 ? try cholesky(a, Double.self) : try cholesky(a, Float.self)
  }

  private static func cholesky<T: MatrixElement>(_ a: Tensor, _ type: T.Type) throws -> Tensor {
    let n = a.shape[a.rank - 1]
    var out = Tensor(zeros: a.dtype, a.shape)
    guard n > 0 else { return out }
    try eachMatrix(a, T.self) { index, elements in
      let (info, factor) = try AbandonableCall.run { () -> (Int32, [T]) in
        var work = elements
        return (T.cholesky(Int32(n), &work), work)
      }
      guard info == 0 else {
        throw AlgebraError.matrix(
          function: "cholesky", problem: "the matrix is not positive definite (the leading block of \(info) rows is not)")
      }
      var lower = factor
      for row in 0..<n { for column in row + 1..<max(n, row + 1) { lower[row * n + column] = 0 } }
      put(lower, &out, index)
    }
    return out
  }

  /// Eigenvalues of a symmetric matrix, ascending, and its eigenvectors as columns. Only the lower triangle of `a` is read.
  package static func eigh(_ a: Tensor) throws -> (values: Tensor, vectors: Tensor) {
    let a = try square(a, "eigh", isFinite: true)
    return a.dtype == .float64 ? try eigh(a, Double.self) : try eigh(a, Float.self)
  }

  private static func eigh<T: MatrixElement>(_ a: Tensor, _ type: T.Type) throws -> (values: Tensor, vectors: Tensor) {
    let n = a.shape[a.rank - 1]
    var values = try Tensor.result(a.dtype, Array(a.shape.dropLast()), of: "eigh")
    var vectors = try Tensor.result(a.dtype, a.shape, of: "eigh")
    guard n > 0 else { return (values, vectors) }
    try eachMatrix(a, T.self) { index, elements in
      let (info, found, basis) = try AbandonableCall.run { () -> (Int32, [T], [T]) in
        var (work, values) = (elements, [T](repeating: 0, count: n))
        return (T.eigh(Int32(n), &work, &values), values, work)
      }
      guard info == 0 else { throw AlgebraError.matrix(function: "eigh", problem: "the eigenvalues of \(a.shape) do not converge") }
      put(found, &values, index)
      put(basis, &vectors, index)
    }
    return (values, try swapped(vectors))
  }

  // MARK: Matrices of a batch

  static func checked(_ a: Tensor, _ name: String, isFinite: Bool = false) throws -> Tensor {
    guard cla_available() else { throw AlgebraError.noLibrary(function: name) }
    guard a.rank >= 2 else {
      throw AlgebraError.argument(function: name, problem: "expected a matrix or a batch of matrices, found a tensor of shape \(a.shape)")
    }
    // The work memory of larger matrices has more elements than LAPACK's 32-bit integers count.
    let (rows, columns) = (a.shape[a.rank - 2], a.shape[a.rank - 1])
    guard max(rows, columns) <= Int(Int32.max), min(rows, columns) <= 20_000 else {
      throw AlgebraError.argument(function: name, problem: "the matrix \(a.shape) is too large for LAPACK")
    }
    let a = a.dtype == .float64 ? a : a.cast(to: .float32)
    if isFinite, a.count > 0, try !a.tested(.isfinite).all(nil).integers().allSatisfy({ $0 != 0 }) {
      throw AlgebraError.matrix(function: name, problem: "the matrix has NaN or infinite elements")
    }
    return a
  }

  static func square(_ a: Tensor, _ name: String, isFinite: Bool = false) throws -> Tensor {
    let a = try checked(a, name, isFinite: isFinite)
    guard a.shape[a.rank - 1] == a.shape[a.rank - 2] else {
      throw AlgebraError.argument(function: name, problem: "expected a square matrix, found shape \(a.shape)")
    }
    return a
  }

  /// Batch axes, rows, columns.
  static func split(_ a: Tensor) -> (batch: Shape, rows: Int, columns: Int) {
    (Array(a.shape.dropLast(2)), a.shape[a.rank - 2], a.shape[a.rank - 1])
  }

  /// The last two axes exchanged.
  static func swapped(_ a: Tensor) throws -> Tensor {
    try a.transposed(Array(0..<a.rank - 2) + [a.rank - 1, a.rank - 2])
  }

  static func eachMatrix<T: MatrixElement>(_ a: Tensor, _ type: T.Type, _ body: (Int, [T]) throws -> Void) throws {
    let size = a.shape[a.rank - 1] * a.shape[a.rank - 2]
    for index in 0..<a.shape.dropLast(2).reduce(1, *) {
      try body(index, a.withElements(of: T.self) { Array($0[index * size..<(index + 1) * size]) })
    }
  }

  /// Stores the elements of one matrix of a batch.
  static func put<T: MatrixElement>(_ elements: [T], _ tensor: inout Tensor, _ index: Int) {
    tensor.withMutableElements(of: T.self) { to in
      for (i, element) in elements.enumerated() { to[index * elements.count + i] = element }
    }
  }

  private static func identities(_ like: Tensor, _ rows: Int, _ columns: Int) throws -> Tensor {
    try Creation.eye(rows, columns, like.dtype).expanded(to: like.shape)
  }
}
