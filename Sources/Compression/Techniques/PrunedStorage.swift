// SPDX-License-Identifier: Apache-2.0
// Pruning of weights that may already be compressed: the elements to prune are chosen by decoded values, and the
// remaining elements keep their codes.

import Encodings
import Options
import Tensors
import WeightArithmetic
import WeightStorage

extension TechniqueStep {
  /// The step of all pruning techniques, which are distinguished by their options.
  static let prune = TechniqueStep(
    "prune", "Set small weights to zero and store the others.", example: "model:prune{ target_sparsity = 0.5 }")

  /// The options that select a pruning criterion, and those that go with one of the criteria.
  private static let pruningCriteria = ["target_sparsity", "n_m_ratio", "threshold"]
  private static let criterionOptions = ["block_size", "dim", "minimum_sparsity_percentile"]

  /// The options of an entry: one that selects a pruning criterion does not inherit options of other criteria.
  static func inheritedPruning(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue] {
    var inherited = base
    if pruningCriteria.contains(where: { own[$0] != nil }) {
      for name in pruningCriteria + criterionOptions { inherited[name] = nil }
    }
    return inherited.merging(own) { _, own in own }
  }
}

/// A weight to be pruned: its values, and the storage of the remaining elements.
struct PrunedStorage {
  private let weight: EncodedWeight
  /// The decoded values.
  let tensor: Tensor
  let precision: WeightPrecision

  /// - Throws: `SkipReason` if values are not finite floats; `EncodingError` if stored parts are inconsistent.
  init(_ weight: EncodedWeight) throws {
    tensor = try weight.decoded()
    guard let precision = WeightPrecision(tensor.dtype) else { throw SkipReason.elementType(tensor.dtype) }
    let strange = tensor.nonFiniteCount()
    guard strange == 0 else { throw SkipReason.notFinite(count: strange) }
    self.weight = weight
    self.precision = precision
  }

  /// The weight with zeros where the mask is zero.
  ///
  /// - Parameter mask: ones only where the values are not zero.
  func keeping(_ mask: Tensor) throws -> EncodedWeight { try weight.keeping(mask, of: tensor) }
}
