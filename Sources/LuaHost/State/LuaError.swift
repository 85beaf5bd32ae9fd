// SPDX-License-Identifier: Apache-2.0
// Errors that are passed between Swift and Lua, with the script lines where they occurred.

/// An error of a script, of Lua, or of a bound function, as seen by Swift.
///
/// An error that is passed from Swift to Lua to Swift keeps its original Swift error (`underlying`) and its first
/// traceback; one that is passed from Lua to Swift to Lua remains the same Lua value.
package struct LuaError: LuaReportable, CustomStringConvertible {
  package var kind: LuaErrorKind
  package var message: String
  package var hint: String?
  /// `script.lua:12:`, or empty if the message contains the line itself or no script line is known.
  package var position: String
  /// `stack traceback:` and the script lines, innermost first.
  package var traceback: String?
  /// The original Swift error.
  package let underlying: (any Error)?
  /// The raised Lua value, kept so that it can be raised again unchanged.
  let raised: RaisedValue?

  package init(
    _ kind: LuaErrorKind, _ message: String, hint: String? = nil, underlying: (any Error)? = nil
  ) {
    self.init(kind: kind, message: message, hint: hint, underlying: underlying, raised: nil)
  }

  init(
    kind: LuaErrorKind, message: String, hint: String?, position: String = "",
    traceback: String? = nil, underlying: (any Error)?, raised: RaisedValue?
  ) {
    self.kind = kind
    self.message = message
    self.hint = hint
    self.position = position
    self.traceback = traceback
    self.underlying = underlying
    self.raised = raised
  }

  /// Position and message, without traceback.
  package var description: String {
    position.isEmpty ? sentence : "\(position) \(sentence)"
  }

  /// The output of a command for an uncaught error: description and traceback.
  package var report: String {
    guard let traceback, !traceback.isEmpty else { return description }
    return "\(description)\n\(traceback)"
  }
}

/// A registry reference that can be stored in an `Error`.
///
/// It must only be used on the interpreter's thread, but may be released on any thread (see `ReferencePool`).
struct RaisedValue: @unchecked Sendable {
  let reference: LuaReference
}
