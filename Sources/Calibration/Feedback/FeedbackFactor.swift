// SPDX-License-Identifier: Apache-2.0
// The triangular factor that feedback methods use: U with (H + damping)⁻¹ = UᵀU.

import Tensors

/// The upper Cholesky factor of the inverse of damped second moments (GPTQ, Frantar et al. 2022).
///
/// Rounding column j with the error `e = (w − q) / Uⱼⱼ` and subtracting `e · Uⱼ` from the columns that follow changes
/// them so that the layer's output changes least. The sum of squared errors e of a row is then the error of its output,
/// ΔW H ΔWᵀ with the damped H.
package struct FeedbackFactor: Sendable {
  package let size: Int
  /// Row-major, zero below the diagonal, in the order of `order`.
  package let u: [Float]
  /// The column of the weight at each position; `nil` for the order of the weight.
  package let order: [Int]?
  /// Columns that are always zero in the data; their weights become zero.
  package let dead: [Bool]
  /// The damping that was used, relative to the mean of the diagonal.
  package let damping: Double

  /// - Parameters:
  ///   - moments: of the inputs.
  ///   - damping: added to the diagonal, relative to its mean. If the matrix is not positive definite, it is raised
  ///     tenfold, up to 1.
  ///   - byActivation: whether columns are ordered by descending second moments.
  /// - Throws: `CalibrationError.notPositiveDefinite`.
  package init(_ moments: SecondMoments, damping: Double, byActivation: Bool) throws(CalibrationError) {
    let size = moments.size
    var diagonal = moments.diagonal
    let dead = diagonal.map { !($0 > 0) }
    let live = diagonal.filter { $0 > 0 }
    let mean = live.isEmpty ? 1 : live.reduce(0, +) / Double(live.count)
    for i in diagonal.indices where dead[i] { diagonal[i] = mean }
    let order = byActivation ? diagonal.indices.sorted { (diagonal[$0], $1) > (diagonal[$1], $0) } : nil
    var damping = damping
    while true {
      var matrix = moments.reversed(order: order, dead: dead)
      for i in 0..<size {
        let column = order?[size - 1 - i] ?? size - 1 - i
        matrix[i * size + i] = diagonal[column] + damping * mean
      }
      if UpperFactor.factorize(&matrix, size: size) {
        // JHJ = RᵀR, where J reverses the order, so U = J R⁻ᵀ J.
        let inverse = UpperFactor.inverse(matrix, size: size)
        var u = [Float](repeating: 0, count: size * size)
        for i in 0..<size {
          for j in i..<size { u[i * size + j] = Float(inverse[(size - 1 - j) * size + size - 1 - i]) }
        }
        if u.allSatisfy(\.isFinite) {
          (self.size, self.u, self.order, self.dead, self.damping) = (size, u, order, dead, damping)
          return
        }
      }
      guard damping < 1 else { throw .notPositiveDefinite(damping: damping) }
      damping = min(max(damping * 10, 1e-4), 1)
    }
  }
}

extension SecondMoments {
  /// The mean matrix with columns in reverse order, zero where a column is dead.
  fileprivate func reversed(order: [Int]?, dead: [Bool]) -> [Double] {
    var matrix = [Double](repeating: 0, count: size * size)
    let scale = 1 / max(count, 1)
    for i in 0..<size {
      let row = order?[size - 1 - i] ?? size - 1 - i
      guard !dead[row] else { continue }
      for j in i..<size {
        let column = order?[size - 1 - j] ?? size - 1 - j
        if !dead[column] { matrix[i * size + j] = Double(sums[row * size + column]) * scale }
      }
    }
    return matrix
  }
}
