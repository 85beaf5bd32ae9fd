// SPDX-License-Identifier: Apache-2.0
// What can be wrong with rules.

import Options

/// Rules that cannot be read, or that speak of nothing in a model.
package enum RuleError: Error, Equatable, Sendable {
  /// A recipe, or a configuration, that is not of the right shape.
  case malformed(problem: String)
  /// Rules of a step that match nothing.
  case unmatched(step: String, [UnmatchedRule])
}

extension RuleError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .malformed(let problem): "recipe: \(problem)"
    case .unmatched(let step, let rules): "\(step): \(rules.map(\.description).joined(separator: "; "))"
    }
  }
}
