// SPDX-License-Identifier: Apache-2.0
// Rules that match nothing in a model: what was written and is not there.

import Options

/// A rule that speaks of nothing in a model.
package struct UnmatchedRule: Error, Equatable, Sendable, CustomStringConvertible {
  /// `op_names.conv1`.
  package let rule: String
  /// `matches no weight or operator (did you mean 'conv_1'?)`.
  package let reason: String

  package init(rule: String, reason: String) {
    self.rule = rule
    self.reason = reason
  }

  package var description: String { "\(rule) \(reason)" }
}

/// What becomes of rules that match nothing.
package enum UnmatchedPolicy: Sendable {
  /// They are an error.
  case refuse
  /// Somebody is told of each.
  case tell(@Sendable (UnmatchedRule) -> Void)
  case ignore

  /// - Throws: `RuleError.unmatched` when there are some and they are refused.
  package func handle(_ unmatched: [UnmatchedRule], step: String) throws(RuleError) {
    switch self {
    case .ignore: return
    case .tell(let tell): unmatched.forEach(tell)
    case .refuse: if !unmatched.isEmpty { throw .unmatched(step: step, unmatched) }
    }
  }
}

/// Everything in a model that rules may speak of, whether it can be compressed or not.
package struct RuleScope: Sendable {
  package struct Operator: Sendable {
    package let name: String
    package let type: String
    /// Of its weight, where it has one.
    package let rank: Int?

    package init(name: String, type: String, rank: Int? = nil) {
      self.name = name
      self.type = type
      self.rank = rank
    }
  }

  /// What each weight is called, its own name first.
  package let weights: [[String]]
  package let operators: [Operator]
  /// Names of other constants, which may be meant but are compressed by nobody: small ones, integers.
  package let constants: Set<String>

  package init(weights: [[String]], operators: [Operator], constants: Set<String> = []) {
    self.weights = weights
    self.operators = operators
    self.constants = constants
  }
}

extension Rules {
  /// The rules that match no weight and no operator; none where `allow_unmatched` was given.
  package func unmatched(in scope: RuleScope) throws -> [UnmatchedRule] {
    if allowsUnmatched || (names.isEmpty && patterns.isEmpty && types.isEmpty) { return [] }
    let own = Set(scope.weights.compactMap(\.first)).union(scope.operators.map(\.name))
    let known = own.union(scope.weights.joined()).union(scope.constants)
    let names = names.keys.sorted().filter { !known.contains($0) }.map { name in
      UnmatchedRule(rule: "op_names.\(name)", reason: "matches no weight or operator" + Self.question(Self.nearest(name, own)))
    }
    let patterns = try patterns.filter { try !known.contains(where: $0.matches) }.map { pattern in
      UnmatchedRule(rule: pattern.place, reason: "matches none of \(scope.weights.count) weights, nor any operator")
    }
    let types = types.filter { rule in !scope.operators.contains { rule.fits($0.type, $0.rank) } }.map { rule in
      let present = Set(scope.operators.map(\.type))
      let weighty = Set(scope.operators.filter { $0.rank != nil }.map(\.type)).sorted()
      let there = weighty.isEmpty ? "" : "; weights are read by \(weighty.joined(separator: ", "))"
      return UnmatchedRule(rule: rule.place, reason: "matches no operator" + Self.question(Self.nearest(rule.name, present)) + there)
    }
    return names + patterns + types
  }

  private static func question(_ name: String?) -> String { name.map { " (did you mean '\($0)'?)" } ?? "" }

  /// The name that was probably meant: one spelled almost so, or else the shortest that contains it.
  private static func nearest(_ name: String, _ candidates: Set<String>) -> String? {
    if let near = Suggestion.nearest(to: name, among: candidates.sorted()) { return near }
    guard name.count >= 3 else { return nil }
    return candidates.filter { $0.lowercased().contains(name.lowercased()) }.min { ($0.count, $0) < ($1.count, $1) }
  }
}
