// SPDX-License-Identifier: Apache-2.0
// Low-rank factors of matrices and convolution kernels.

import Algebra
import Kernels
import Tensors

/// Low-rank factors of weights.
enum LowRank {
  /// `a = left · right`, with the least error of that rank.
  struct Factors {
    /// [rows, rank]
    let left: Tensor
    /// [rank, columns]
    let right: Tensor
  }

  /// The factors of a matrix by its singular value decomposition.
  ///
  /// With second moments `H = Σ x xᵀ` of the inputs, the error of the products `a x` is least instead of that of the elements
  /// (a weighted low-rank approximation): of `a L = u s vt`, where `H = L Lᵀ`, the factors are `u √s` and `√s vt L⁻¹`.
  ///
  /// - Parameters:
  ///   - a: float32 or float64, [rows, columns].
  ///   - moments: [columns, columns]; any positive multiple gives the same factors.
  static func factors(_ a: Tensor, _ size: FactorSize, moments: Tensor? = nil) throws -> Factors {
    let root = try moments.map(squareRoot)
    let weighted = try root.map { try a.cast(to: .float64).product($0) } ?? a
    let (u, s, vt) = try Matrices.svd(weighted)
    let rank = size.rank(rows: a.shape[0], columns: a.shape[1], values: s.doubles())
    let scale = try s.sliced(0, from: 0, to: rank).mapped(.sqrt)
    func scaled(_ t: Tensor, _ shape: Shape) throws -> Tensor {
      try Tensor.combined(.multiply, .tensor(t), .tensor(scale.reshaped(shape)), named: "factorize")
    }
    let left = try scaled(u.sliced(1, from: 0, to: rank), [1, rank])
    var right = try scaled(vt.sliced(0, from: 0, to: rank), [rank, 1])
    // right L⁻¹ solves Lᵀ xᵀ = rightᵀ.
    if let root { right = try Matrices.solve(root.transposed(nil), right.transposed(nil), named: "factorize").transposed(nil) }
    return Factors(left: left, right: right)
  }

  /// L with `L Lᵀ = H + λ I`, where λ keeps inputs that were always 0, or are combinations of others, from making it singular: the
  /// smallest of some multiples of the mean for which rounding permits it.
  private static func squareRoot(_ moments: Tensor) throws -> Tensor {
    let n = moments.shape[0]
    let h = moments.cast(to: .float64)
    let diagonal = try Matrices.diagonal(h).doubles()
    let mean = diagonal.reduce(0, +) / Double(n)
    var damping = 1e-6
    while true {
      var damped = h
      damped.withMutableElements(of: Double.self) { for i in 0..<n { $0[i * (n + 1)] += damping * mean + .leastNormalMagnitude } }
      do { return try Matrices.cholesky(damped) } catch AlgebraError.matrix where damping < 1 { damping *= 10 }
    }
  }

  /// A kernel [outputs, inputs, taps] in Tucker form: `outputs · core · inputs` (Tucker-2, by the singular vectors of its two
  /// unfoldings; Kim et al. 2016).
  struct Tucker {
    /// [outputs, output rank]
    let outputs: Tensor
    /// [output rank, input rank, taps]
    let core: Tensor
    /// [input rank, inputs]
    let inputs: Tensor
  }

  static func tucker(_ kernel: Tensor, _ size: FactorSize) throws -> Tucker {
    let (o, i, taps) = (kernel.shape[0], kernel.shape[1], kernel.shape[2])
    let (u, s, _) = try Matrices.svd(kernel.reshaped([o, i * taps]))
    let swapped = try kernel.transposed([1, 0, 2])
    let (v, t, _) = try Matrices.svd(swapped.reshaped([i, o * taps]))
    let ranks = size.ranks(outputs: o, inputs: i, taps: taps, outputValues: s.doubles(), inputValues: t.doubles())
    let (ro, ri) = (min(ranks.output, u.shape[1]), min(ranks.input, v.shape[1]))
    let outputs = try u.sliced(1, from: 0, to: ro)
    let inputs = try v.sliced(1, from: 0, to: ri).transposed(nil)
    // Project the outputs, then the inputs.
    let rows = try outputs.transposed(nil).product(kernel.reshaped([o, i * taps])).reshaped([ro, i, taps])
    let core = try inputs.product(rows.transposed([1, 0, 2]).reshaped([i, ro * taps])).reshaped([ri, ro, taps]).transposed([1, 0, 2])
    return Tucker(outputs: outputs, core: core, inputs: inputs)
  }
}
