// SPDX-License-Identifier: Apache-2.0
// Feedback for matrices whose rows form groups with inputs of their own, as in grouped convolutions.

import Tensors

/// The factors of all groups of rows.
package struct FeedbackFactors: Sendable {
  package let factors: [FeedbackFactor]

  /// - Throws: `CalibrationError.notPositiveDefinite`.
  package init(_ moments: [SecondMoments], _ options: FeedbackOptions) throws {
    factors = try Parallel.tryMap(moments.count) {
      try FeedbackFactor(moments[$0], damping: options.damping, byActivation: options.byActivation)
    }
  }

  /// The largest damping that was needed.
  package var damping: Double { factors.map(\.damping).max() ?? 0 }

  /// Reports a damping that had to be raised.
  func explain(_ options: FeedbackOptions, _ remark: (String) -> Void) {
    if damping > options.damping { remark("Cholesky failed at hessian_dampening \(options.damping), used \(damping)") }
  }

  package func round(
    _ matrix: WeightMatrix, to rounding: Rounding, zeroing pattern: ZeroPattern, _ options: FeedbackOptions,
    checkCancelled: () throws -> Void = {}
  ) throws -> FeedbackResult {
    guard factors.count > 1 else {
      return try Feedback.round(
        matrix.values, factors[0], to: rounding, zeroing: pattern, width: options.width, checkCancelled: checkCancelled)
    }
    let height = matrix.rows / factors.count
    let parts = try Parallel.tryMap(factors.count) { group in
      try checkCancelled()
      let rows = group * height..<(group + 1) * height
      let elements = rows.lowerBound * matrix.columns..<rows.upperBound * matrix.columns
      var own = pattern
      if case .mask(let mask) = pattern { own = .mask(Array(mask[elements])) }
      return try Feedback.round(
        Array(matrix.values[elements]), factors[group], to: rounding.rows(rows), zeroing: own, width: options.width)
    }
    return FeedbackResult(
      values: parts.flatMap(\.values), codes: parts.flatMap(\.codes),
      mask: parts.allSatisfy { $0.mask != nil } ? parts.flatMap { $0.mask ?? [] } : nil, losses: parts.flatMap(\.losses))
  }
}
