// SPDX-License-Identifier: Apache-2.0
// Pruning of weights that may be compressed already: zeros are chosen by the decoded values, and what stays keeps its codes.

import Encodings
import Tensors
import WeightArithmetic
import WeightStorage

extension TechniqueStep {
  /// Of all kinds of pruning, which their options tell apart.
  static let prune = TechniqueStep(
    "prune", "Set small weights to zero and store the others.", example: "model:prune{ target_sparsity = 0.5 }")
}

/// A weight that is to be pruned: its values, and how those that stay are stored.
struct PrunedStorage {
  private let weight: EncodedWeight
  /// The decoded values.
  let tensor: Tensor
  let precision: WeightPrecision

  /// - Throws: `SkipReason` when the values are not finite floats, `EncodingError` when stored parts do not fit.
  init(_ weight: EncodedWeight) throws {
    tensor = try weight.decoded()
    guard let precision = WeightPrecision(tensor.dtype) else { throw SkipReason.elementType(tensor.dtype) }
    let strange = tensor.nonFiniteCount()
    guard strange == 0 else { throw SkipReason.notFinite(count: strange) }
    self.weight = weight
    self.precision = precision
  }

  /// The weight with zeros where the mask has them.
  ///
  /// - Parameter mask: ones only where the values are not zero.
  func keeping(_ mask: Tensor) throws -> EncodedWeight { try weight.keeping(mask, of: tensor) }
}
