// SPDX-License-Identifier: Apache-2.0
// Where a session gets its inputs from, whatever they come through.

/// What a person gave in.
package enum Input: Equatable, Sendable {
  /// A text the hooks call complete, or the rest of the input before its end.
  case text(String)
  /// Ctrl-C: what was begun is dropped.
  case cancelled
  case endOfInput
  /// SIGTERM or SIGHUP came while waiting: the caller cleans up and then lets it act.
  case terminated(signal: Int32)
}

/// A source of complete inputs.
package protocol InputReader: AnyObject {
  /// Waits for the next input.
  ///
  /// - Throws: `LineEditorError.terminal` when the terminal fails.
  func read() throws(LineEditorError) -> Input
}
