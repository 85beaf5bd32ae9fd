// SPDX-License-Identifier: Apache-2.0
// What calibration knows about the input of one weight.

import Tensors

/// Statistics of the vectors that a weight multiplies.
package struct WeightStatistics: Sendable, Equatable {
  /// One for each group of output channels.
  package let moments: [SecondMoments]
  /// Sums and peaks, one for each group of output channels; empty if they were not collected.
  package let channels: [ChannelStatistics]
  /// Σ (∂loss/∂w)² in the order of the weight's elements; `nil` if it was not collected.
  package var squaredGradients: [Double]?
  /// Shared by all weights with the same moments.
  private let cache: FactorCache

  /// - Parameter cache: that of other statistics with the same moments.
  package init(
    moments: [SecondMoments], channels: [ChannelStatistics] = [], squaredGradients: [Double]? = nil, cache: FactorCache = FactorCache()
  ) {
    self.moments = moments
    self.channels = channels
    self.squaredGradients = squaredGradients
    self.cache = cache
  }

  package static func == (a: WeightStatistics, b: WeightStatistics) -> Bool {
    a.moments == b.moments && a.channels == b.channels && a.squaredGradients == b.squaredGradients
  }

  /// The same statistics of the input, with squared gradients.
  package func with(squaredGradients: [Double]) -> WeightStatistics {
    WeightStatistics(moments: moments, channels: channels, squaredGradients: squaredGradients, cache: cache)
  }

  /// The factors of all groups, computed once.
  ///
  /// - Throws: `CalibrationError.notPositiveDefinite`.
  package func factors(_ options: FeedbackOptions) throws -> FeedbackFactors { try cache.factors(moments, options) }

  /// The statistics as Tensors by name, for scripts: `second_moments`, the mean of x xᵀ, `[size, size]`, or `[groups, size, size]`
  /// for several groups.
  package var tensors: [String: Tensor] {
    let groups = moments.count == 1 ? [] : [moments.count]
    var tensors: [String: Tensor] = [:]
    if !moments.isEmpty { tensors["second_moments"] = Tensor(moments.flatMap(\.mean), shape: groups + [size, size]) }
    if !channels.isEmpty {
      tensors["mean"] = Tensor(channels.flatMap { $0.means.map { Float($0) } }, shape: groups + [size])
      tensors["absmax"] = Tensor(channels.flatMap(\.peaks), shape: groups + [size])
    }
    if let squaredGradients { tensors["squared_gradients"] = Tensor(squaredGradients.map { Float($0) }, shape: [squaredGradients.count]) }
    return tensors
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
