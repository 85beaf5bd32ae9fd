// SPDX-License-Identifier: Apache-2.0
// AWQ (Lin et al. 2023): scales of the input channels that make important columns round more finely.

import Foundation
import Tensors

/// A weight whose columns were scaled before they were rounded: W ≈ decoded(codes) / scales.
package struct ScaledCodes: Sendable {
  package let codes: AffineCodes
  /// By column; positive.
  package let scales: [Float]
  package let alpha: Double
}

package enum ActivationAware {
  /// Searches the exponent α = 0, 0.05, … 0.95 of s = (root mean square of x)^α with the least error of the output.
  ///
  /// - Parameters:
  ///   - make: the grid of a scaled matrix.
  ///   - dtype: in which 1 / s is stored.
  package static func search(
    _ matrix: WeightMatrix, _ moments: [SecondMoments], dtype: DType, _ make: (WeightMatrix) -> AffineGrid,
    checkCancelled: () throws -> Void = {}
  ) throws -> ScaledCodes {
    let root = rootMeanSquares(moments)
    let height = matrix.rows / max(moments.count, 1)
    var best: (result: ScaledCodes, error: Double)?
    for step in 0..<20 {
      try checkCancelled()
      let alpha = Double(step) * 0.05
      // What is stored is 1 / s in the dtype of the weight.
      let inverses = Tensor(scales(root, alpha).map { 1 / $0 }).cast(to: dtype).floats()
      var scaled = matrix
      for i in scaled.values.indices { scaled.values[i] /= inverses[i % matrix.columns] }
      let grid = make(scaled)
      let codes = grid.nearest(scaled.values)
      var difference = grid.decoded(codes)
      for i in difference.indices { difference[i] = matrix.values[i] - difference[i] * inverses[i % matrix.columns] }
      var losses: [Double] = []
      for (group, moments) in moments.enumerated() {
        let rows = group * height * matrix.columns..<(group + 1) * height * matrix.columns
        losses += OutputError.ofRows(Array(difference[rows]), moments)
      }
      let error = losses.reduce(0, +)
      guard error < best?.error ?? .infinity else { continue }
      best = (
        ScaledCodes(codes: AffineCodes(grid: grid, codes: codes, losses: losses), scales: inverses.map { 1 / $0 }, alpha: alpha), error
      )
    }
    guard let best else { throw CalibrationError.notPositiveDefinite(damping: 0) }
    return best.result
  }

  /// The root mean square of each column, over all groups of rows.
  private static func rootMeanSquares(_ moments: [SecondMoments]) -> [Double] {
    var sums = [Double](repeating: 0, count: moments.first?.size ?? 0)
    for part in moments { for (i, square) in part.diagonal.enumerated() { sums[i] += square } }
    return sums.map { ($0 / Double(max(moments.count, 1))).squareRoot() }
  }

  /// s = root^α, at least 1e-4, divided by the geometric mean of the largest and the smallest.
  private static func scales(_ root: [Double], _ alpha: Double) -> [Float] {
    let powers = root.map { max(pow(max($0, 1e-12), alpha), 1e-4) }
    let middle = ((powers.max() ?? 1) * (powers.min() ?? 1)).squareRoot()
    return powers.map { Float($0 / middle) }
  }
}
