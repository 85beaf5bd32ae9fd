// SPDX-License-Identifier: Apache-2.0
// Warnings about rules that match nothing, for rules that were not written for the model.

import Foundation
import Rules

extension UnmatchedPolicy {
  /// Prints a warning for each rule on standard error.
  static func warning(of step: String) -> UnmatchedPolicy {
    .tell { rule in FileHandle.standardError.write(Data("warning: \(step): \(rule)\n".utf8)) }
  }
}
