// SPDX-License-Identifier: Apache-2.0
// Assigns techniques to weights.

import Encodings
import MIL
import Options
import Rules
import Tensors
import WeightStorage

/// Rules for techniques, and settings that are independent of the technique.
package struct Recipe: Sendable {
  /// How different settings for consumers of one weight are resolved.
  package enum Tied: String, CaseIterable, Sendable {
    /// Throw an error.
    case error
    /// Use the setting of the first consumer in program order.
    case first
    /// Store the weight once for each setting.
    case split
  }

  /// The name of the recipe in errors: `quantize`.
  package let step: String
  package var rules: Rules<any Technique>
  /// Weights for which this returns false are skipped.
  package var selector: (@Sendable (WeightEntry, WeightContext) throws -> Bool)?
  package var tied: Tied
  /// Whether weights that are already compressed are compressed further.
  package var joint: Bool
  /// Whether to follow coremltools where Wane's default behavior differs.
  package var compatible: Bool
  /// The digest of the script of the technique when the recipe was recorded; `nil` for built-in techniques.
  package internal(set) var recordedDigest: String?

  /// The digest of the script of the technique as it is now; `nil` for built-in techniques.
  package var digest: String? { rules.configurations.lazy.compactMap { $0.kind.digest }.first }

  package init(
    _ rules: Rules<any Technique>, step: String? = nil, tied: Tied = .error, joint: Bool = true, compatible: Bool = false
  ) {
    self.step = step ?? rules.configurations.first.map { $0.kind.name } ?? "recipe"
    self.rules = rules
    self.tied = tied
    self.joint = joint
    self.compatible = compatible
  }

  /// Whether one of the techniques reads statistics of weights' inputs.
  package var needsStatistics: Bool { !neededStatistics.isEmpty }
  /// What the techniques read, such as `second_moments`.
  package var neededStatistics: Set<String> { Set(rules.configurations.flatMap(\.needs)) }

  /// One technique for everything.
  package init(_ technique: any Technique) { self.init(Rules(global: .apply([technique]))) }

  /// The recipe with the selector replaced by name rules that skip these weights, so that it can be written to a
  /// file.
  package func naming(_ unselected: [String]) -> Recipe {
    var recipe = self
    recipe.selector = nil
    for name in unselected { recipe.rules.names[name] = .leave }
    return recipe
  }

  /// Checks settings against the operator types that they apply to. `table` describes the weights of each operator
  /// type.
  package func validate(_ table: WeightTable) throws {
    for rule in rules.types {
      if rule.name == "const" {
        throw RuleError.malformed(problem: "constants have no type of operator; name the operators that read them")
      }
      for technique in rule.setting.configurations { try technique.validate(operatorType: rule.name, table) }
    }
  }
}

/// The technique that applies to a weight, and the rule that it comes from.
package typealias Resolution = Rules<any Technique>.Resolution

extension Resolution {
  package var technique: (any Technique)? { configuration }

  /// Whether a rule names the weight itself.
  var isNamed: Bool { origin == .weightName }

  /// Whether both have the same effect.
  package func agrees(with other: Resolution) -> Bool {
    switch (technique, other.technique) {
    case (nil, nil): true
    case (let a?, let b?): a.isEqual(to: b)
    default: false
    }
  }

  package var description: String { technique?.summaryOfOptions ?? "left alone" }
}

extension Recipe {
  /// Resolves the setting for a weight and one of its consumers.
  func resolve(_ site: WeightSite, _ consumer: Consumer) throws -> Resolution {
    let subject = RuleSubject(
      weightNames: [site.name, site.valueName], operatorNames: [consumer.operatorName], operatorType: consumer.operatorType,
      rank: site.weight.shape.count, count: site.weight.count)
    return try rules.resolve(subject) { $0.weightThreshold }
  }
}
