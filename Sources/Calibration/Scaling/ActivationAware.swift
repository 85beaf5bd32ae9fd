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

  package init(codes: AffineCodes, scales: [Float], alpha: Double) {
    self.codes = codes
    self.scales = scales
    self.alpha = alpha
  }
}

/// Searches the exponent α = 0, 0.05, … 0.95 of s = (root mean square of x)^α with the least error of the output; 0 is
/// no scaling.
///
/// The ranges of the scaled weight go from smallest to largest during the search; with the best exponents, and without
/// scaling, they are compared with those of least error.
package struct ActivationAware {
  private let matrix: WeightMatrix
  private let moments: [SecondMoments]
  private let shape: GridShape
  private let rule: CodeRule
  private let height: Int

  package init(_ matrix: WeightMatrix, _ moments: [SecondMoments], _ shape: GridShape, _ rule: CodeRule) {
    self.matrix = matrix
    self.moments = moments
    self.shape = shape
    self.rule = rule
    height = matrix.rows / max(moments.count, 1)
  }

  private struct Candidate {
    let result: ScaledCodes
    let error: Double
  }

  package func search(checkCancelled: () throws -> Void = {}) throws -> ScaledCodes {
    let root = rootMeanSquares
    var candidates: [Candidate] = []
    for step in 0..<20 {
      try checkCancelled()
      if let found = candidate(root, Double(step) * 0.05, clips: false) { candidates.append(found) }
    }
    candidates.sort { ($0.error, $0.result.alpha) < ($1.error, $1.result.alpha) }
    for alpha in Set(candidates.prefix(3).map(\.result.alpha) + [0]).sorted() {
      try checkCancelled()
      if let found = candidate(root, alpha, clips: true) { candidates.append(found) }
    }
    guard let best = candidates.min(by: { $0.error < $1.error }) else { throw CalibrationError.notPositiveDefinite(damping: 0) }
    return best.result
  }

  /// The codes for one exponent; `nil` if numbers would overflow the dtype of the weight.
  private func candidate(_ root: [Double], _ alpha: Double, clips: Bool) -> Candidate? {
    let columns = matrix.columns
    // What is stored is 1 / s in the dtype of the weight.
    let factors = alpha == 0 ? [Float](repeating: 1, count: columns) : limited(scales(root, alpha))
    let inverses = Tensor(factors.map { 1 / $0 }).cast(to: rule.dtype).floats()
    var scaled = matrix
    for row in 0..<matrix.rows { for j in 0..<columns { scaled.values[row * columns + j] /= inverses[j] } }
    var grid = Ranges.minMax(scaled, shape, rule)
    if clips {
      // The inputs of the scaled weight are divided by s.
      let importance = moments.map { part in zip(part.diagonal, inverses).map { Float($0 * Double($1) * Double($1)) } }
      grid = Ranges.leastSquares(scaled, shape, rule, importance: importance)
      grid = ScaleRefit.refit(grid, scaled, shape, rule, importance: importance)
    }
    let codes = grid.nearest(scaled.values)
    var difference = grid.decoded(codes)
    var peaks: (inner: Float, outer: Float) = (0, 0)
    for row in 0..<matrix.rows {
      for j in 0..<columns {
        let at = row * columns + j
        let outer = difference[at] * inverses[j]
        peaks = (max(peaks.inner, abs(difference[at])), max(peaks.outer, abs(outer)))
        difference[at] = matrix.values[at] - outer
      }
    }
    // Both products are rounded to the dtype.
    guard alpha == 0 || rule.isStorable(peaks.inner * 1.002) && rule.isStorable(peaks.outer * 1.002) else { return nil }
    var losses: [Double] = []
    for (group, moments) in moments.enumerated() {
      losses += OutputError.ofRows(Array(difference[group * height * columns..<(group + 1) * height * columns]), moments)
    }
    return Candidate(
      result: ScaledCodes(codes: AffineCodes(grid: grid, codes: codes, losses: losses), scales: inverses.map { 1 / $0 }, alpha: alpha),
      error: losses.reduce(0, +))
  }

  /// The largest magnitude that scaled weights may have, if the weight itself has no larger one.
  private static let largest: Float = 1024

  /// Scales divided by a power of two such that the scaled weight stays far from the limits of fp16 and fp32.
  private func limited(_ scales: [Float]) -> [Float] {
    var (plain, scaled): (Float, Float) = (0, 0)
    for row in 0..<matrix.rows {
      for j in 0..<matrix.columns {
        let value = abs(matrix.values[row * matrix.columns + j])
        plain = max(plain, value)
        scaled = max(scaled, value * scales[j])
      }
    }
    let limit = max(plain, rule.factor.scaled(Self.largest))
    guard scaled > limit * 0.99 else { return scales }
    let divisor = Float(sign: .plus, exponent: Int((scaled / limit).exponent) + 1, significand: 1)
    return scales.map { $0 / divisor }
  }

  /// The root mean square of each column, over all groups of rows.
  private var rootMeanSquares: [Double] {
    var sums = [Double](repeating: 0, count: moments.first?.size ?? 0)
    for part in moments { for (i, square) in part.diagonal.enumerated() { sums[i] += square } }
    return sums.map { ($0 / Double(max(moments.count, 1))).squareRoot() }
  }

  /// s = root^α, at least 1e-4, divided by the geometric mean of the largest and the smallest.
  private func scales(_ root: [Double], _ alpha: Double) -> [Float] {
    let powers = root.map { max(pow(max($0, 1e-12), alpha), 1e-4) }
    let middle = ((powers.max() ?? 1) * (powers.min() ?? 1)).squareRoot()
    return powers.map { Float($0 / middle) }
  }
}
