// SPDX-License-Identifier: Apache-2.0
// SparseGPT (Frantar and Alistarh 2023): pruning with feedback, optionally onto codes or tables.

import Tensors

package enum SparseGPT {
  /// Prunes a matrix; kept elements are corrected, and rounded if wanted.
  ///
  /// - Parameters:
  ///   - pattern: `fraction` or `structured`.
  package static func prune(
    _ matrix: WeightMatrix, _ moments: [SecondMoments], _ pattern: ZeroPattern, to rounding: Rounding = .keep,
    _ options: FeedbackOptions = FeedbackOptions(), checkCancelled: () throws -> Void = {}, remark: (String) -> Void = { _ in }
  ) throws -> FeedbackResult {
    var options = options
    // Groups of adjacent columns do not survive a permutation.
    if case .structured = pattern { options.byActivation = false }
    return try prune(
      matrix, try FeedbackFactors(moments, options), pattern, to: rounding, options: options, checkCancelled: checkCancelled, remark: remark
    )
  }

  /// The same with factors that were computed before; those of a structured pattern have the order of the weight.
  package static func prune(
    _ matrix: WeightMatrix, _ factors: FeedbackFactors, _ pattern: ZeroPattern, to rounding: Rounding = .keep,
    options: FeedbackOptions = FeedbackOptions(), checkCancelled: () throws -> Void = {}, remark: (String) -> Void = { _ in }
  ) throws -> FeedbackResult {
    factors.explain(options, remark)
    return try factors.round(matrix, to: rounding, zeroing: pattern, options, checkCancelled: checkCancelled)
  }

  /// How many elements become zero by `fraction`, which is applied to each block of columns.
  package static func zeros(rows: Int, columns: Int, _ fraction: Double, width: Int) -> Int {
    let width = Feedback.blockWidth(width, .fraction(fraction), columns)
    return stride(from: 0, to: columns, by: width).reduce(0) { sum, from in
      sum + Feedback.zeros(rows * (min(from + width, columns) - from), fraction)
    }
  }
}
