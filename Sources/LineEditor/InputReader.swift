// SPDX-License-Identifier: Apache-2.0
// Sources of input for a session.

/// A result of waiting for input.
package enum Input: Equatable, Sendable {
  /// A text that the hooks consider complete, or the rest of the input at its end.
  case text(String)
  /// Ctrl-C: the pending text is discarded.
  case cancelled
  case endOfInput
  /// SIGTERM or SIGHUP was received while waiting: the caller cleans up and then terminates by the signal.
  case terminated(signal: Int32)
}

/// A source of complete inputs.
package protocol InputReader: AnyObject {
  /// Waits for the next input.
  ///
  /// - Throws: `LineEditorError.terminal` if the terminal fails.
  func read() throws(LineEditorError) -> Input
}
