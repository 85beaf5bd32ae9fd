// SPDX-License-Identifier: Apache-2.0
// Why a constant is not trained.

/// The reason why a constant that an operator could learn is not trained.
package enum FixedReason: Sendable, Hashable {
  /// A constant between the input and the first layer, such as the mean of the input.
  case beforeFirstLayer
  /// A single number of an elementwise operation.
  case scalar
  /// Zeros and large negative numbers, added to scores.
  case mask
  /// A factor that varies along several axes, such as the angles of rotary embeddings.
  case table
  /// A statistic of a batch norm with means of 0 and variances of 1, which only scales and shifts.
  case affineNorm
  /// It matches none of the patterns of `parameters`.
  case notChosen
  /// It matches a pattern of `frozen`.
  case frozen(String)
  /// The bias of a layer with a restored norm behind it.
  case shiftedByNorm

  package var description: String {
    switch self {
    case .beforeFirstLayer: "between the input and the first layer"
    case .scalar: "a single number, part of a formula"
    case .mask: "a mask: zeros and large negative numbers"
    case .table: "a factor that varies along several axes, not one for each channel"
    case .affineNorm: "means of 0 and variances of 1: the norm only scales and shifts"
    case .notChosen: "matches no pattern of parameters"
    case .frozen(let pattern): "frozen by \"\(pattern)\""
    case .shiftedByNorm: "the restored norm behind it has the shift"
    }
  }

  /// Whether `parameters` can choose the constant after all.
  package var isChoice: Bool {
    switch self {
    case .beforeFirstLayer, .mask, .table: true
    case .scalar, .affineNorm, .notChosen, .frozen, .shiftedByNorm: false
    }
  }
}
