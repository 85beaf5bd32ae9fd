// SPDX-License-Identifier: Apache-2.0
// An error on its way between Swift and Lua, with the script lines where it began.

/// An error of a script, of Lua, or of a bound function, as Swift sees it.
///
/// An error that crosses Swift → Lua → Swift keeps its Swift origin (`underlying`) and its first
/// traceback; one that crosses Lua → Swift → Lua arrives as the very value that was raised.
package struct LuaError: LuaReportable, CustomStringConvertible {
  package var kind: LuaErrorKind
  package var message: String
  package var hint: String?
  /// `script.lua:12:`, or empty where the message names its line itself or no script line is known.
  package var position: String
  /// `stack traceback:` and the script lines, innermost first.
  package var traceback: String?
  /// The Swift error it began as.
  package let underlying: (any Error)?
  /// The value Lua raised, kept so that it can be raised again unchanged.
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

  /// Position and sentence, without traceback.
  package var description: String {
    position.isEmpty ? sentence : "\(position) \(sentence)"
  }

  /// What a command prints for an uncaught error: description and traceback.
  package var report: String {
    guard let traceback, !traceback.isEmpty else { return description }
    return "\(description)\n\(traceback)"
  }
}

/// A registry reference that may ride in an `Error`.
///
/// Using it stays bound to the interpreter's thread; only its release may happen anywhere (see
/// `ReferencePool`).
struct RaisedValue: @unchecked Sendable {
  let reference: LuaReference
}
