// SPDX-License-Identifier: Apache-2.0
// Errors of calibration.

package enum CalibrationError: Error, Equatable, Sendable {
  /// The second moments have no Cholesky factor even with this damping.
  case notPositiveDefinite(damping: Double)
  /// Statistics of values with different numbers of channels cannot be merged.
  case sizes(found: Int, expected: Int)
}

extension CalibrationError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .notPositiveDefinite(let damping):
      "the second moments are not positive definite at hessian_dampening \(damping); their data may be infinite or not a number"
    case .sizes(let found, let expected):
      "statistics of \(found) channels do not fit those of \(expected); they belong to different models"
    }
  }
}
