// SPDX-License-Identifier: Apache-2.0
// Whoever has weights compressed, as the work sees them.

import Compression
import Rules

/// Whoever has a plan carried out: reads its patterns, is told how far it is, may stop it.
package struct CompressionClient {
  package var compilePattern: PatternCompiler
  /// The techniques that steps may name.
  package var techniques: Techniques
  package var isCancelled: @Sendable () -> Bool
  /// Told of a step that begins; what it returns is told of the step's progress, and `nil` at its end.
  package var beginning: (_ step: String) -> (CompressionProgress?) -> Void
  /// Told of a borrowed step's rule that matches nothing.
  package var warn: @Sendable (_ step: String, UnmatchedRule) -> Void
  /// Receives remarks on a step, such as that it compressed nothing.
  package var remark: (String) -> Void

  package init(
    compilePattern: @escaping PatternCompiler, techniques: Techniques = .standard, isCancelled: @escaping @Sendable () -> Bool = { false },
    beginning: @escaping (_ step: String) -> (CompressionProgress?) -> Void = { _ in { _ in } },
    warn: @escaping @Sendable (_ step: String, UnmatchedRule) -> Void = { _, _ in }, remark: @escaping (String) -> Void = { _ in }
  ) {
    self.compilePattern = compilePattern
    self.techniques = techniques
    self.isCancelled = isCancelled
    self.beginning = beginning
    self.warn = warn
    self.remark = remark
  }

  /// What becomes of rules that match nothing: an error, or a warning where they were not written for the model at hand.
  func policy(of step: String, isBorrowed: Bool) -> UnmatchedPolicy {
    guard isBorrowed else { return .refuse }
    let warn = warn
    return .tell { warn(step, $0) }
  }
}
