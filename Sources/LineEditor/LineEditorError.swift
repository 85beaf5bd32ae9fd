// SPDX-License-Identifier: Apache-2.0
// Errors of the line editor.

/// Errors of this module.
package enum LineEditorError: Error, Equatable, CustomStringConvertible {
  /// The history file could not be used.
  case history(action: String, path: String, reason: String)
  /// The terminal's mode could not be changed.
  case terminal(action: String, reason: String)

  package var description: String {
    switch self {
    case .history(let action, let path, let reason):
      "cannot \(action) the history file '\(path)': \(reason) "
        + "(set WANE_HISTORY to another file, or to nothing for no history)"
    case .terminal(let action, let reason):
      "cannot \(action) the terminal: \(reason)"
    }
  }
}
