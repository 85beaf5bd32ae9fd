// SPDX-License-Identifier: Apache-2.0
// Which technique applies to which weight.

import Tensors
import WeightStorage

/// A technique for the program, and others for types of operators, names and patterns of names.
///
/// The name of a weight goes before that of an operator reading it, names before patterns, patterns before types,
/// types before the rest.
package struct Recipe: Sendable {
  /// What to do with a weight.
  package enum Setting: Sendable {
    case leave
    case apply(any Technique)

    package var technique: (any Technique)? { if case .apply(let t) = self { t } else { nil } }
  }

  /// A setting for all names that a pattern matches.
  package struct Pattern: Sendable {
    package var text: String
    package var matches: @Sendable (String) throws -> Bool
    package var setting: Setting

    package init(
      _ text: String, matches: @escaping @Sendable (String) throws -> Bool, setting: Setting
    ) {
      self.text = text
      self.matches = matches
      self.setting = setting
    }
  }

  /// What to do when consumers of one weight resolve to different settings.
  package enum Tied: String, CaseIterable, Sendable {
    /// Refuse the whole recipe.
    case error
    /// The first consumer, in the order of the program, decides.
    case first
    /// The weight is stored once for each setting.
    case split
  }

  package var global: Setting?
  package var opTypes: [String: Setting]
  package var opNames: [String: Setting]
  /// The first that matches counts.
  package var patterns: [Pattern]
  /// Weights for which this is false are left alone.
  package var selector: (@Sendable (WeightEntry) throws -> Bool)?
  package var tied: Tied
  /// Whether weights that are compressed already are compressed further.
  package var joint: Bool
  /// Whether to follow coremltools' choices where Wane's differ.
  package var compatible: Bool

  package init(
    global: Setting? = nil, opTypes: [String: Setting] = [:], opNames: [String: Setting] = [:],
    patterns: [Pattern] = [],
    selector: (@Sendable (WeightEntry) throws -> Bool)? = nil, tied: Tied = .error,
    joint: Bool = true, compatible: Bool = false
  ) {
    self.global = global
    self.opTypes = opTypes
    self.opNames = opNames
    self.patterns = patterns
    self.selector = selector
    self.tied = tied
    self.joint = joint
    self.compatible = compatible
  }

  /// One technique for everything.
  package init(_ technique: any Technique) { self.init(global: .apply(technique)) }

  /// The same recipe with these weights left alone by name in place of a selector: one that can be written down.
  package func naming(_ unselected: [String]) -> Recipe {
    var recipe = self
    recipe.selector = nil
    for name in unselected { recipe.opNames[name] = .leave }
    return recipe
  }

  /// Every technique that occurs.
  package var techniques: [any Technique] {
    let settings =
      [global].compactMap { $0 } + opTypes.values + opNames.values + patterns.map(\.setting)
    return settings.compactMap(\.technique)
  }

  /// Checks settings against the types of operators they are for.
  package func validate() throws(CompressionError) {
    for (type, setting) in opTypes.sorted(by: { $0.key < $1.key }) {
      if type == "const" {
        throw .recipe(
          problem: "constants have no type of operator; name the operators that read them")
      }
      try setting.technique?.validate(operatorType: type)
    }
  }
}

/// A setting and the rule that gave it.
package struct Resolution: Sendable {
  /// `op_types.linear`, for the report.
  package let rule: String
  /// `nil` when no rule speaks of the weight.
  package let setting: Recipe.Setting?
  package let isNamed: Bool

  package var technique: (any Technique)? { setting?.technique }

  /// Whether both lead to the same result.
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
  /// What applies to a weight as one of its consumers reads it.
  func resolve(_ site: WeightSite, _ consumer: Consumer) throws -> Resolution {
    for name in [site.name, site.valueName] {
      if let setting = opNames[name] {
        return Resolution(rule: "op_names.\(name)", setting: setting, isNamed: true)
      }
    }
    if let setting = opNames[consumer.operatorName] {
      return Resolution(rule: "op_names.\(consumer.operatorName)", setting: setting, isNamed: false)
    }
    for pattern in patterns
    where try pattern.matches(site.name) || pattern.matches(consumer.operatorName) {
      return Resolution(
        rule: "op_patterns \"\(pattern.text)\"", setting: pattern.setting, isNamed: false)
    }
    if let setting = opTypes[consumer.operatorType] {
      return Resolution(rule: "op_types.\(consumer.operatorType)", setting: setting, isNamed: false)
    }
    return Resolution(
      rule: global == nil ? "no rule for it" : "global", setting: global, isNamed: false)
  }
}
