// SPDX-License-Identifier: Apache-2.0
// Rules that match nothing in a model.

import Options

/// A rule that matches nothing in a model.
package struct UnmatchedRule: Error, Equatable, Sendable, CustomStringConvertible {
  /// The name of the rule, such as `op_names.conv1`.
  package let rule: String
  /// The reason, such as `matches no weight or operator (did you mean 'conv_1'?)`.
  package let reason: String

  package init(rule: String, reason: String) {
    self.rule = rule
    self.reason = reason
  }

  package var description: String { "\(rule) \(reason)" }
}

/// How rules that match nothing are handled.
package enum UnmatchedPolicy: Sendable {
  /// Throw an error.
  case refuse
  /// Call the function for each rule and continue.
  case tell(@Sendable (UnmatchedRule) -> Void)
  case ignore

  /// Throws an error or calls the function, according to the policy.
  ///
  /// - Throws: `RuleError.unmatched` if the policy is `refuse` and the list is not empty.
  package func handle(_ unmatched: [UnmatchedRule], step: String) throws(RuleError) {
    switch self {
    case .ignore: return
    case .tell(let tell): unmatched.forEach(tell)
    case .refuse: if !unmatched.isEmpty { throw .unmatched(step: step, unmatched) }
    }
  }
}

/// Everything in a model that a rule can match, whether or not it can be compressed.
package struct RuleScope: Sendable {
  package struct Operator: Sendable {
    package let name: String
    package let type: String
    /// The rank of the operator's weight; `nil` if it has none.
    package let rank: Int?

    package init(name: String, type: String, rank: Int? = nil) {
      self.name = name
      self.type = type
      self.rank = rank
    }
  }

  /// The names of each weight, its own name first.
  package let weights: [[String]]
  package let operators: [Operator]
  /// Names of constants that are never compressed, such as small or integer ones. Rules may name them without being
  /// reported as unmatched.
  package let constants: Set<String>

  package init(weights: [[String]], operators: [Operator], constants: Set<String> = []) {
    self.weights = weights
    self.operators = operators
    self.constants = constants
  }
}

extension Rules {
  /// The rules that match no weight and no operator; empty if `allow_unmatched` is set.
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

  /// The most similar candidate by edit distance, or else the shortest candidate that contains the name.
  private static func nearest(_ name: String, _ candidates: Set<String>) -> String? {
    if let near = Suggestion.nearest(to: name, among: candidates.sorted()) { return near }
    guard name.count >= 3 else { return nil }
    return candidates.filter { $0.lowercased().contains(name.lowercased()) }.min { ($0.count, $0) < ($1.count, $1) }
  }
}
