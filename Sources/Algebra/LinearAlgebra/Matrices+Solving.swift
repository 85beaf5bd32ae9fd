// SPDX-License-Identifier: Apache-2.0
// Linear equations, inverses, determinants.

import CLinearAlgebra
import Tensors

extension Matrices {
  /// The solution of `a · x = b`, where `b` is a vector, a matrix or a batch of matrices.
  ///
  /// - Throws: `AlgebraError` for a singular matrix.
  package static func solve(_ a: Tensor, _ b: Tensor, named name: String = "solve") throws -> Tensor {
    let isDouble = a.dtype == .float64 || b.dtype == .float64
    let a = try square(isDouble ? a.cast(to: .float64) : a, name)
    let right = try columns(b, of: a, name)
    return isDouble ? try solve(a, right, b.rank, name, Double.self) : try solve(a, right, b.rank, name, Float.self)
  }

  /// The right side with the batch axes of `a`, as matrices.
  private static func columns(_ b: Tensor, of a: Tensor, _ name: String) throws -> Tensor {
    let b = b.cast(to: a.dtype)
    guard b.rank > 0 else {
      throw AlgebraError.argument(function: name, problem: "the right side must be a vector or matrix, found a number")
    }
    let matrix = b.rank == 1 ? b.reshaped([b.count, 1]) : b
    let (batch, rows, _) = split(a)
    guard matrix.shape[matrix.rank - 2] == rows else { throw AlgebraError.innerExtents(function: name, a.shape.reversed(), b.shape) }
    let other = Array(matrix.shape.dropLast(2))
    return try matrix.expanded(to: Tensor.broadcast([batch, other], for: name) + matrix.shape.suffix(2), for: name)
  }

  private static func solve<T: MatrixElement>(_ a: Tensor, _ b: Tensor, _ rank: Int, _ name: String, _ type: T.Type) throws -> Tensor {
    let (batch, n, columns) = split(b)
    let a = try a.expanded(to: batch + [n, n], for: name)
    var out = try Tensor.result(a.dtype, batch + [columns, n], of: name)
    let right = try swapped(b)
    if n > 0, columns > 0 {
      try eachMatrix(try swapped(a), T.self) { index, elements in
        let given = right.withElements(of: T.self) { Array($0[index * n * columns..<(index + 1) * n * columns]) }
        let (info, solution) = try AbandonableCall.run { () -> (Int32, [T]) in
          var (work, x) = (elements, given)
          return (T.solve(Int32(n), Int32(columns), &work, &x), x)
        }
        guard info == 0 else { throw AlgebraError.matrix(function: name, problem: "the matrix is singular") }
        put(solution, &out, index)
      }
    }
    let x = try swapped(out)
    return rank == 1 ? x.reshaped(Array(x.shape.dropLast())) : x
  }

  /// The inverse.
  package static func inverse(_ a: Tensor) throws -> Tensor {
    let a = try square(a, "inv")
    return try solve(a, Creation.eye(a.shape[a.rank - 1], nil, a.dtype).expanded(to: a.shape), named: "inv")
  }

  /// The determinant of each matrix.
  package static func determinant(_ a: Tensor) throws -> Tensor {
    let a = try square(a, "det")
    return a.dtype == .float64 ? try determinant(a, Double.self) : try determinant(a, Float.self)
  }

  private static func determinant<T: MatrixElement>(_ a: Tensor, _ type: T.Type) throws -> Tensor {
    let (batch, n, _) = split(a)
    var out = Tensor([T](repeating: 1, count: batch.elementCount), shape: batch)
    guard n > 0 else { return out }
    try eachMatrix(a, T.self) { index, elements in
      let (factors, pivots) = try AbandonableCall.run { () -> ([T], [Int32]) in
        var (work, pivots) = (elements, [Int32](repeating: 0, count: n))
        // A singular matrix has a zero on the diagonal of its factor.
        _ = T.lu(Int32(n), &work, &pivots)
        return (work, pivots)
      }
      var product: T = 1
      for i in 0..<n { product *= factors[i * n + i] * (pivots[i] == Int32(i + 1) ? 1 : -1) }
      put([product], &out, index)
    }
    return out
  }

  /// The `x` of least norm that minimizes the norm of `a · x - b`, and the effective rank of `a`.
  package static func leastSquares(_ a: Tensor, _ b: Tensor) throws -> (solution: Tensor, rank: Int) {
    let name = "lstsq"
    let isDouble = a.dtype == .float64 || b.dtype == .float64
    let a = try checked(isDouble ? a.cast(to: .float64) : a, name, isFinite: true)
    guard a.rank == 2 else { throw AlgebraError.argument(function: name, problem: "expected a matrix, found a tensor of shape \(a.shape)") }
    let right = try columns(b, of: a, name)
    guard right.rank == 2 else {
      throw AlgebraError.argument(function: name, problem: "the right side must be a vector or matrix, found shape \(b.shape)")
    }
    guard try right.tested(.isfinite).all(nil).integers() == [1] else {
      throw AlgebraError.matrix(function: name, problem: "the right side has NaN or infinite elements")
    }
    let (x, found) = isDouble ? try leastSquares(a, right, Double.self) : try leastSquares(a, right, Float.self)
    return (b.rank == 1 ? x.reshaped([x.count]) : x, found)
  }

  private static func leastSquares<T: MatrixElement>(_ a: Tensor, _ b: Tensor, _ type: T.Type) throws -> (solution: Tensor, rank: Int) {
    let (m, n, columns) = (a.shape[0], a.shape[1], b.shape[1])
    guard m > 0, n > 0, columns > 0 else { return (Tensor(zeros: a.dtype, [n, columns]), 0) }
    let tall = max(m, n)
    let (matrix, given) = (try swapped(a).withElements(of: T.self) { Array($0) }, try swapped(b).withElements(of: T.self) { Array($0) })
    let (info, x, rank) = try AbandonableCall.run { () -> (Int32, [T], Int32) in
      var (work, x, rank) = (matrix, [T](repeating: 0, count: tall * columns), Int32(0))
      for column in 0..<columns { for row in 0..<m { x[column * tall + row] = given[column * m + row] } }
      let info = T.lstsq(Int32(m), Int32(n), Int32(columns), &work, &x, T.ulpOfOne * T(tall), &rank)
      return (info, x, rank)
    }
    guard info == 0 else { throw AlgebraError.matrix(function: "lstsq", problem: "the singular values of \(a.shape) do not converge") }
    var out = Tensor(zeros: a.dtype, [n, columns])
    out.withMutableElements(of: T.self) { to in
      for row in 0..<n { for column in 0..<columns { to[row * columns + column] = x[column * tall + row] } }
    }
    return (out, Int(rank))
  }

  /// The sum of the diagonal of each matrix.
  package static func trace(_ a: Tensor) throws -> Tensor { try diagonal(a, for: "trace").reduced(.sum, [-1]) }

  /// The `offset`-th diagonal of the last two axes, as the last axis.
  package static func diagonal(_ a: Tensor, offset: Int = 0, for name: String = "diagonal") throws -> Tensor {
    guard a.rank >= 2 else {
      throw AlgebraError.argument(function: name, problem: "expected a matrix or a batch of matrices, found a tensor of shape \(a.shape)")
    }
    let (batch, m, n) = split(a)
    let first = offset < 0 ? -offset * n : offset
    let length = offset < 0 ? min(m + offset, n) : min(m, n - offset)
    let positions = (0..<max(length, 0)).map { first + $0 * (n + 1) }
    return try a.reshaped(batch + [m * n]).taken(positions, shape: [positions.count], -1, for: name)
  }

  /// A matrix with the vector on its diagonal.
  package static func diagonalMatrix(_ v: Tensor) throws -> Tensor {
    guard v.rank == 1 else { throw AlgebraError.argument(function: "diag", problem: "expected a vector, found shape \(v.shape)") }
    let eye = try Creation.eye(v.count, nil, .bool)
    return try Tensor.chosen(.tensor(eye), .tensor(v), .tensor(Tensor(zeros: v.dtype, [])))
  }
}
