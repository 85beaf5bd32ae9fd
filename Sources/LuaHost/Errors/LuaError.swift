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

  /// The value that was raised, when a script raised something else than a string or an error object.
  package var value: LuaValue? {
    guard let reference = raised?.reference, let interpreter = reference.interpreter else {
      return nil
    }
    return interpreter.value(of: reference)
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

/// The work was stopped by Ctrl-C (or SIGTERM).
///
/// A bound function that notices throws this; no `pcall` of a script swallows it.
package struct LuaInterrupted: LuaReportable, CustomStringConvertible {
  /// SIGTERM, not SIGINT: after cleaning up, the process should end.
  package let terminating: Bool

  package init(terminating: Bool = false) { self.terminating = terminating }

  package var kind: LuaErrorKind { .interrupted }
  package var message: String { "interrupted" }
  package var description: String { message }
}

/// A script called `os.exit`.
///
/// Everything has been unwound; the host ends the process.
package struct LuaExit: Error {
  package let status: Int32

  package init(status: Int32) { self.status = status }
}

/// Text that is not a chunk.
package struct LuaSyntaxError: LuaReportable, CustomStringConvertible {
  package let message: String
  /// The Lua form of the code at the error, if it is written in the form of another language.
  package let hint: String?
  /// Whether more lines could complete the chunk.
  package let incomplete: Bool

  package var kind: LuaErrorKind { .script }
  package var description: String { sentence }

  init(message: String, source: [UInt8], named: [String: String] = [:]) {
    self.message = message
    let foreign = ForeignSyntax.finding(in: String(decoding: source, as: UTF8.self), message: message, named: named)
    hint = foreign?.hint
    let endsInBackslash = source.last { $0 != 10 && $0 != 13 } == UInt8(ascii: "\\")
    // A string cut off by the end of the line also reports <eof>, yet only a backslash continues it.
    let cutString = message.contains("unfinished string near") && !endsInBackslash
    incomplete = message.hasSuffix("<eof>") && !cutString && foreign?.isFinal != true
  }
}
