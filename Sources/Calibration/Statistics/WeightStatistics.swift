// SPDX-License-Identifier: Apache-2.0
// What calibration knows about the input of one weight.

import Tensors

/// Statistics of the vectors that a weight multiplies.
package struct WeightStatistics: Sendable, Equatable {
  /// One for each group of output channels.
  package let moments: [SecondMoments]
  /// Σ (∂loss/∂w)², row-major as `WeightMatrix`; `nil` if it was not collected.
  package var squaredGradients: [Double]?
  /// Shared by all weights with the same moments.
  private let cache: FactorCache

  /// - Parameter cache: that of other statistics with the same moments.
  package init(moments: [SecondMoments], squaredGradients: [Double]? = nil, cache: FactorCache = FactorCache()) {
    self.moments = moments
    self.squaredGradients = squaredGradients
    self.cache = cache
  }

  package static func == (a: WeightStatistics, b: WeightStatistics) -> Bool {
    a.moments == b.moments && a.squaredGradients == b.squaredGradients
  }

  /// The factors of all groups, computed once.
  ///
  /// - Throws: `CalibrationError.notPositiveDefinite`.
  package func factors(_ options: FeedbackOptions) throws -> FeedbackFactors { try cache.factors(moments, options) }

  /// The statistics as Tensors by name, for scripts: `second_moments`, the mean of x xᵀ, `[size, size]`, or `[groups, size, size]`
  /// for several groups.
  package var tensors: [String: Tensor] {
    let shape = (moments.count == 1 ? [] : [moments.count]) + [size, size]
    return ["second_moments": Tensor(moments.flatMap(\.mean), shape: shape)]
  }
  /// Elements of a vector.
  package var size: Int { moments.first?.size ?? 0 }
  /// Number of vectors.
  package var positions: Double { moments.first?.count ?? 0 }
  /// E[xⱼ²] of each group.
  package var diagonals: [[Double]] { moments.map(\.diagonal) }
  package var floatDiagonals: [[Float]] { diagonals.map { $0.map { Float($0) } } }
}

extension SecondMoments {
  /// The moments of vectors whose elements are multiplied by these factors.
  package func scaled(by factors: [Float]) -> SecondMoments {
    var scaled = sums
    for i in 0..<size { for j in 0..<size { scaled[i * size + j] *= factors[i] * factors[j] } }
    return SecondMoments(size: size, sums: scaled, count: count)
  }

  /// The moments of vectors with their elements in another order.
  package func permuted(_ order: [Int]) -> SecondMoments {
    var permuted = sums
    for i in 0..<size { for j in 0..<size { permuted[i * size + j] = sums[order[i] * size + order[j]] } }
    return SecondMoments(size: size, sums: permuted, count: count)
  }
}
