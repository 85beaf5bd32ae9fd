// SPDX-License-Identifier: Apache-2.0
// Errors of reading and applying rules.

import Options

/// Rules that cannot be read, or that match nothing in a model.
package enum RuleError: Error, Equatable, Sendable {
  /// A recipe or configuration with an invalid structure.
  case malformed(problem: String)
  /// Rules of a step that match no weight or operator.
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
