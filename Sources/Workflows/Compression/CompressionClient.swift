// SPDX-License-Identifier: Apache-2.0
// The callbacks of a compression run.

import Compression
import Models
import Rules

/// The callbacks of a compression run: pattern compiler, cancellation check, progress and warnings.
package struct CompressionClient {
  package var compilePattern: PatternCompiler
  /// The techniques that steps may name.
  package var techniques: Techniques
  package var isCancelled: @Sendable () -> Bool
  /// Called at the start of each step; returns the progress callback of the step, which is called with `nil` at the end.
  package var beginning: (_ step: String) -> (CompressionProgress?) -> Void
  /// Called for each rule of a borrowed step that matches nothing.
  package var warn: @Sendable (_ step: String, UnmatchedRule) -> Void
  /// Called with remarks on a step, such as that it compressed nothing.
  package var remark: (String) -> Void
  /// Sums of squared gradients over calibration data, for techniques that read them; `nil` if there is no way to compute them.
  package var squaredGradients: ((Model, CalibrationData, _ progress: (_ done: Int, _ total: Int) -> Void) throws -> [String: [Double]])?

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

  /// How rules that match nothing are handled: with a warning if the step was not written for this model, else as an error.
  func policy(of step: String, isBorrowed: Bool) -> UnmatchedPolicy {
    guard isBorrowed else { return .refuse }
    let warn = warn
    return .tell { warn(step, $0) }
  }
}
