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

  /// The raised value, if a script raised a value other than a string or an error object.
  package var value: LuaValue? {
    guard let reference = raised?.reference, let interpreter = reference.interpreter else {
      return nil
    }
    return interpreter.value(of: reference)
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

/// The work was stopped by Ctrl-C (or SIGTERM).
///
/// A bound function that detects an interrupt throws this error, which `pcall` cannot catch.
package struct LuaInterrupted: LuaReportable, CustomStringConvertible {
  /// Whether the signal was SIGTERM instead of SIGINT, so that the process should end after cleaning up.
  package let terminating: Bool

  package init(terminating: Bool = false) { self.terminating = terminating }

  package var kind: LuaErrorKind { .interrupted }
  package var message: String { "interrupted" }
  package var description: String { message }
}

/// A script called `os.exit`.
///
/// The stack has been unwound; the host ends the process.
package struct LuaExit: Error {
  package let status: Int32

  package init(status: Int32) { self.status = status }
}

/// Text that is not a valid chunk.
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
    // A string cut off by the end of the line also reports <eof>, but only a backslash continues it.
    let cutString = message.contains("unfinished string near") && !endsInBackslash
    incomplete = message.hasSuffix("<eof>") && !cutString && foreign?.isFinal != true
  }
}
