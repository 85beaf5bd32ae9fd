// SPDX-License-Identifier: Apache-2.0
// Pruning of weights whose magnitude does not exceed a threshold.

import Encodings
import MIL
import Options
import Tensors
import WeightArithmetic
import WeightStorage

/// Sets elements with magnitudes of at most `threshold` to zero, and stores the others sparsely.
package struct ThresholdPruning: DeclaredTechnique {
  package var threshold: Double = 1e-12
  package var minimumSparsityPercentile: Double = 0.5
  package var weightThreshold: Int = 2048

  package init() {}

  package static let step = TechniqueStep.prune
  package static let configType = "OpThresholdPrunerConfig"
  package static let summary =
    "Set weights of small magnitude to zero and store the others with a bit mask."
  package static let source = "coremltools: OpThresholdPrunerConfig"
  package static let action = "pruned"
  package static let suffixes = [WeightSuffix.sparsified]
  package static let dependsOnValues = true

  package static var options: [Option<Self>] {
    [
      .number(
        "threshold", \.threshold, in: 0...Double.infinity,
        "weights of at most this magnitude become zero"),
      .number(
        "minimum_sparsity_percentile", \.minimumSparsityPercentile, in: 0...1,
        "weights with a smaller fraction of zeros are skipped"),
      .weightThreshold(\.weightThreshold),
    ]
  }

  package static func inherited(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue] {
    TechniqueStep.inheritedPruning(base: base, own: own)
  }

  package var needsAxes: Bool { false }

  package var looksAtStoredValues: Bool { false }

  package func joint(with present: EncodingScheme) -> JointRule { .allowed }

  package func compress(_ weight: EncodedWeight, _ context: WeightContext) throws -> EncodedWeight {
    let storage = try PrunedStorage(weight)
    let mask = storage.tensor.mask(above: Double(storage.precision.round(Float(threshold))))
    let sparsity = 1 - Double(mask.onesCount) / Double(max(mask.count, 1))
    guard sparsity >= minimumSparsityPercentile else {
      throw SkipReason.notSparseEnough(found: sparsity, minimum: minimumSparsityPercentile)
    }
    return try storage.keeping(mask)
  }
}
