// SPDX-License-Identifier: Apache-2.0
// The modules wane.linalg and wane.stats.

import Algebra
import LuaHost
import Options
import Tensors

enum LinearAlgebraFunctions {
  private enum SVDOptions {
    static let full = LuaOption(
      "full_matrices", "square u and vt; otherwise with as many columns and rows as there are values", default: false)
    static let table = LuaOptionTable("SVDOptions", [full])
  }

  private static let matrix = "a matrix, or a batch of matrices in its last two axes"
  private static let symmetric = "wane.tensor{ { 2, 1 }, { 1, 2 } }"

  static let linalg = LuaModule(
    "linalg", "Linear algebra by LAPACK, in float64 for float64 and in float32 for everything else.",
    functions: [
      LuaFunction(
        "svd", "The singular value decomposition a = u · diag(s) · vt; singular values descending.", Arg<TensorArgument>("a", matrix),
        .options(SVDOptions.table),
        returns: "u, s, vt", type: .object("Tensor"),
        example: "local u, s, vt = wane.linalg.svd(wane.tensor{ { 3, 0 }, { 0, 4 } })\nprint(s:at{ 0 })  --> 4.0"
      ) { (a: TensorArgument, options: LuaOptions) in
        let out = try EagerScope.run { try Matrices.svd(a.tensor, full: options[SVDOptions.full]) }
        return LuaResults(TensorObject(out.u), TensorObject(out.s), TensorObject(out.vt))
      },
      LuaFunction(
        "qr", "The decomposition a = q · r: q with orthonormal columns, r upper triangular.", Arg<TensorArgument>("a", matrix),
        returns: "q, r",
        type: .object("Tensor"), example: "local q, r = wane.linalg.qr(wane.random{ 4, 3 })\nprint(r.shape[1], r:at{ 2, 0 })  --> 3\t0.0"
      ) { (a: TensorArgument) in
        let out = try EagerScope.run { try Matrices.qr(a.tensor) }
        return LuaResults(TensorObject(out.q), TensorObject(out.r))
      },
      LuaFunction(
        "cholesky", "The lower triangular l with a = l · lᵀ; only the lower triangle of a is read.",
        Arg<TensorArgument>("a", "positive definite: " + matrix),
        returns: "a Tensor", example: "print(wane.linalg.cholesky(wane.tensor{ { 4, 2 }, { 2, 5 } }):at{ 1, 1 })  --> 2.0"
      ) { (a: TensorArgument) in try EagerScope.tensor { try Matrices.cholesky(a.tensor) } },
      LuaFunction(
        "eigh", "Eigenvalues of a symmetric matrix, ascending, and eigenvectors as columns; only the lower triangle of a is read.",
        Arg<TensorArgument>("a", "symmetric: " + matrix), returns: "values, vectors", type: .object("Tensor"),
        example: "local values = wane.linalg.eigh(\(symmetric))\nprint(math.abs(values:at{ 1 } - 3) < 1e-6)  --> true"
      ) { (a: TensorArgument) in
        let out = try EagerScope.run { try Matrices.eigh(a.tensor) }
        return LuaResults(TensorObject(out.values), TensorObject(out.vectors))
      },
      LuaFunction(
        "solve", "The x with a · x = b.", Arg<TensorArgument>("a", matrix),
        Arg<TensorArgument>("b", "a vector, or a matrix with a column for each x"),
        returns: "a Tensor of the shape of b",
        example: "print(wane.linalg.solve(wane.tensor{ { 2, 0 }, { 0, 4 } }, wane.tensor{ 2, 8 }):at{ 1 })  --> 2.0"
      ) { (a: TensorArgument, b: TensorArgument) in try EagerScope.tensor { try Matrices.solve(a.tensor, b.tensor) } },
      LuaFunction(
        "lstsq", "The x of least norm for which a · x is nearest to b.", Arg<TensorArgument>("a", "a matrix"),
        Arg<TensorArgument>("b", "a vector or a matrix"),
        returns: "x, and the effective rank of a", type: .object("Tensor"),
        example:
          "local x, rank = wane.linalg.lstsq(wane.tensor{ { 1 }, { 1 } }, wane.tensor{ 1, 3 })\nprint(math.abs(x:at{ 0 } - 2) < 1e-6, rank)  --> true\t1"
      ) { (a: TensorArgument, b: TensorArgument) in
        let out = try EagerScope.run { try Matrices.leastSquares(a.tensor, b.tensor) }
        return LuaResults(TensorObject(out.solution), out.rank)
      },
      LuaFunction(
        "inv", "The inverse.", Arg<TensorArgument>("a", matrix), returns: "a Tensor",
        example: "print(wane.linalg.inv(wane.tensor{ { 2, 0 }, { 0, 4 } }):at{ 1, 1 })  --> 0.25"
      ) { (a: TensorArgument) in try EagerScope.tensor { try Matrices.inverse(a.tensor) } },
      LuaFunction(
        "det", "The determinant.", Arg<TensorArgument>("a", matrix), returns: "a number, or a Tensor for a batch",
        type: ReductionArguments.resultType,
        example: "print(wane.linalg.det(\(symmetric)))  --> 3.0"
      ) { (a: TensorArgument) in try EagerScope.run { try Matrices.determinant(a.tensor) }.numberOrTensor },
      LuaFunction(
        "trace", "The sum of the diagonal.", Arg<TensorArgument>("a", matrix), returns: "a number, or a Tensor for a batch",
        type: ReductionArguments.resultType,
        example: "print(wane.linalg.trace(\(symmetric)))  --> 4.0"
      ) { (a: TensorArgument) in try EagerScope.run { try Matrices.trace(a.tensor) }.numberOrTensor },
      LuaFunction(
        "diag", "The diagonal of a matrix, or the matrix with a vector on its diagonal.",
        Arg<TensorArgument>("a", "a vector, a matrix, or a batch of matrices"),
        Arg("diagonal", "which: 0 the main one, positive above it", default: 0), returns: "a Tensor",
        example: "print(wane.linalg.diag(\(symmetric)):at{ 1 }, wane.linalg.diag(wane.tensor{ 5, 6 }):at{ 1, 1 })  --> 2.0\t6.0"
      ) { (a: TensorArgument, diagonal: Int) in
        try EagerScope.tensor {
          guard a.tensor.rank == 1 else { return try Matrices.diagonal(a.tensor, offset: diagonal, for: "diag") }
          guard diagonal == 0 else { throw LuaError(.usage, "diag: of a vector only the main diagonal is made") }
          return try Matrices.diagonalMatrix(a.tensor)
        }
      },
      LuaFunction(
        "norm", "The Frobenius norm of all elements, or with ord another norm of them; t:norm takes axes.",
        Arg<TensorArgument>("a", "a Tensor"),
        Arg("ord", "which: 1, 2, any number, math.huge", default: 2.0), returns: "a number", type: .number,
        example: "print(wane.linalg.norm(wane.tensor{ { 3, 0 }, { 0, 4 } }))  --> 5.0"
      ) { (a: TensorArgument, order: Double) in try EagerScope.run { try a.tensor.norm(order, nil) }.numberOrTensor },
    ])

  static let stats = LuaModule(
    "stats", "Statistics of pairs of tensors.",
    functions: [
      LuaFunction(
        "pearson", "Pearson's correlation of two tensors, element by element; NaN if one is constant.",
        Arg<TensorArgument>("a", "a Tensor"),
        Arg<TensorArgument>("b", "a Tensor of the same shape"), returns: "a number from -1 to 1",
        example: "print(wane.stats.pearson({ 1, 2, 3 }, { 2, 4, 6 }))  --> 1.0"
      ) { (a: TensorArgument, b: TensorArgument) in try EagerScope.run { try Correlation.pearson(a.tensor, b.tensor) } },
      LuaFunction(
        "spearman", "Spearman's rank correlation of two tensors; equal elements share the mean of their ranks.",
        Arg<TensorArgument>("a", "a Tensor"),
        Arg<TensorArgument>("b", "a Tensor of the same shape"), returns: "a number from -1 to 1",
        example: "print(wane.stats.spearman({ 1, 2, 3 }, { 1, 4, 9 }))  --> 1.0"
      ) { (a: TensorArgument, b: TensorArgument) in try EagerScope.run { try Correlation.spearman(a.tensor, b.tensor) } },
    ])
}
