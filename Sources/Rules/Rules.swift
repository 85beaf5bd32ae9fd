// SPDX-License-Identifier: Apache-2.0
// Which options apply to which weight.

import Options

/// A configuration for all weights, and others for types of operators, patterns of names and names.
///
/// The name of a weight goes before that of an operator that reads it, names before patterns, patterns before types, types
/// before the rest.
package struct Rules<Configuration: Sendable>: Sendable {
  /// What to do with a weight.
  package enum Setting: Sendable {
    case leave
    /// One, or several for weights of different sizes: of those whose threshold the weight exceeds, the greatest.
    case apply([Configuration])

    package var configurations: [Configuration] { if case .apply(let all) = self { all } else { [] } }
  }

  /// A setting for a type of operator.
  package struct TypeRule: Sendable {
    /// What reports and errors call it: `op_types.conv`.
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

  /// For whatever nothing else speaks of; `nil` to leave it alone.
  package var global: Setting?
  /// The first that fits counts.
  package var types: [TypeRule] = []
  package var names: [String: Setting] = [:]
  /// The first that matches counts.
  package var patterns: [PatternRule] = []
  /// Whether rules may match nothing.
  package var allowsUnmatched = false

  package init(global: Setting? = nil) { self.global = global }

  /// Every configuration that occurs, that for whatever no rule speaks of first.
  package var configurations: [Configuration] {
    let named = names.sorted { $0.key < $1.key }.map(\.value)
    return ([global].compactMap(\.self) + types.map(\.setting) + patterns.map(\.setting) + named).flatMap(\.configurations)
  }
}

/// Whether a name is meant.
package typealias NameTest = @Sendable (String) throws -> Bool
/// Whether a type of operator is meant, and the rank of its weight where that is known.
package typealias TypeTest = @Sendable (_ type: String, _ rank: Int?) -> Bool
/// Makes a test of names of the text of a pattern.
package typealias PatternCompiler = @Sendable (String) throws -> NameTest

/// Whom rules are asked about: a weight as operators read it, or an operator alone.
package struct RuleSubject: Sendable {
  /// What the weight is called, its own name first; empty for an operator alone.
  package var weightNames: [String]
  package var operatorNames: [String]
  package var operatorType: String
  package var rank: Int?
  /// Number of elements.
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
  /// What applies, and the rule that says so.
  package struct Resolution: Sendable {
    package enum Origin: Sendable { case weightName, operatorName, pattern, type, global, nothing }

    /// `op_types.linear`, for reports.
    package let rule: String
    package let origin: Origin
    /// `nil` to leave it alone.
    package let configuration: Configuration?

    /// No rule speaks of it.
    package static var nothing: Resolution { Resolution(rule: "no rule for it", origin: .nothing, configuration: nil) }
  }

  /// What applies to a weight or operator.
  ///
  /// - Parameter threshold: a configuration is for weights of more elements; where a weight is too small for all of several,
  ///   the one that asks least applies, whose threshold tells the reason.
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
