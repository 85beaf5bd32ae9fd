// SPDX-License-Identifier: Apache-2.0
// Rules that assign options to weights.

import Options

/// A global configuration and configurations for operator types, name patterns and names.
///
/// Precedence: names, then patterns, then types, then the global configuration. Among names, the name of the weight
/// takes precedence over the name of an operator that reads it.
package struct Rules<Configuration: Sendable>: Sendable {
  /// The setting for the weights that a rule matches.
  package enum Setting: Sendable {
    case leave
    /// One configuration, or several with different size thresholds. Of those whose threshold the weight exceeds, the
    /// one with the greatest threshold applies.
    case apply([Configuration])

    package var configurations: [Configuration] { if case .apply(let all) = self { all } else { [] } }
  }

  /// A setting for a type of operator.
  package struct TypeRule: Sendable {
    /// The name of the rule in reports and errors: `op_types.conv`.
    package let place: String
    package let name: String
    package let fits: TypeTest
    package let setting: Setting
  }

  /// A setting for all names that a pattern matches.
  package struct PatternRule: Sendable {
    package let place: String
    package let text: String
    package let matches: NameTest
    package let setting: Setting
  }

  /// The setting for weights that no other rule matches; `nil` to leave them unchanged.
  package var global: Setting?
  /// Rules for operator types. The first match applies.
  package var types: [TypeRule] = []
  package var names: [String: Setting] = [:]
  /// Rules for name patterns. The first match applies.
  package var patterns: [PatternRule] = []
  /// Whether rules that match nothing are permitted.
  package var allowsUnmatched = false

  package init(global: Setting? = nil) { self.global = global }

  /// All configurations in the rules, the global one first.
  package var configurations: [Configuration] {
    let named = names.sorted { $0.key < $1.key }.map(\.value)
    return ([global].compactMap(\.self) + types.map(\.setting) + patterns.map(\.setting) + named).flatMap(\.configurations)
  }
}

/// Tests whether a rule matches a name.
package typealias NameTest = @Sendable (String) throws -> Bool
/// Tests whether a rule matches an operator type. The rank is that of the operator's weight, if known.
package typealias TypeTest = @Sendable (_ type: String, _ rank: Int?) -> Bool
/// Compiles the text of a pattern to a name test.
package typealias PatternCompiler = @Sendable (String) throws -> NameTest

/// The subject that rules are resolved for: a weight together with the operators that read it, or an operator alone.
package struct RuleSubject: Sendable {
  /// The names of the weight, its own name first; empty for an operator alone.
  package var weightNames: [String]
  package var operatorNames: [String]
  package var operatorType: String
  package var rank: Int?
  /// The number of elements.
  package var count: Int

  package init(weightNames: [String] = [], operatorNames: [String], operatorType: String, rank: Int? = nil, count: Int = .max) {
    self.weightNames = weightNames
    self.operatorNames = operatorNames
    self.operatorType = operatorType
    self.rank = rank
    self.count = count
  }
}

// MARK: Resolving

extension Rules {
  /// The configuration that applies, and the rule that it comes from.
  package struct Resolution: Sendable {
    package enum Origin: Sendable { case weightName, operatorName, pattern, type, global, nothing }

    /// The name of the rule for reports, such as `op_types.linear`.
    package let rule: String
    package let origin: Origin
    /// `nil` to leave the weight unchanged.
    package let configuration: Configuration?

    /// The resolution if no rule matches.
    package static var nothing: Resolution { Resolution(rule: "no rule for it", origin: .nothing, configuration: nil) }
  }

  /// Finds the configuration for a weight or operator.
  ///
  /// - Parameter threshold: the number of elements that a weight must exceed for a configuration to apply. If a
  ///   weight is below every threshold, the configuration with the lowest threshold is returned, so that the caller
  ///   can report it as the reason for skipping the weight.
  package func resolve(_ subject: RuleSubject, threshold: (Configuration) -> Int) throws -> Resolution {
    func resolution(_ rule: String, _ origin: Resolution.Origin, _ setting: Setting) -> Resolution {
      let sorted = setting.configurations.sorted { threshold($0) < threshold($1) }
      return Resolution(rule: rule, origin: origin, configuration: sorted.last { subject.count > threshold($0) } ?? sorted.first)
    }
    for name in subject.weightNames {
      if let setting = names[name] { return resolution("op_names.\(name)", .weightName, setting) }
    }
    for name in subject.operatorNames {
      if let setting = names[name] { return resolution("op_names.\(name)", .operatorName, setting) }
    }
    let matched = subject.weightNames.prefix(1) + subject.operatorNames
    for pattern in patterns where try matched.contains(where: pattern.matches) {
      return resolution(pattern.place, .pattern, pattern.setting)
    }
    if let type = types.first(where: { $0.fits(subject.operatorType, subject.rank) }) {
      return resolution(type.place, .type, type.setting)
    }
    return global.map { resolution("global", .global, $0) } ?? .nothing
  }
}
