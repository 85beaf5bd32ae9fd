// SPDX-License-Identifier: Apache-2.0
// Warnings of rules that match nothing, for rules that were not written for the model at hand.

import Foundation
import Rules

extension UnmatchedPolicy {
  /// Tells of each rule on standard error, and goes on.
  static func warning(of step: String) -> UnmatchedPolicy {
    .tell { rule in FileHandle.standardError.write(Data("warning: \(step): \(rule)\n".utf8)) }
  }
}
