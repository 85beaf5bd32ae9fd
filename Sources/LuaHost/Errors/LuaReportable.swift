// SPDX-License-Identifier: Apache-2.0
// How Swift errors are reported to scripts.

/// The kind of an error, which scripts can test: `err.kind == "not_found"`.
package enum LuaErrorKind: String, Sendable, CaseIterable {
  case usage
  case notFound = "not_found"
  case format
  case unsupported
  case io
  case memory
  case interrupted
  case `internal`
  /// Raised by a script itself with `error(…)`, or by Lua running it.
  ///
  /// Error objects created by Wane never have this kind.
  case script
}

/// A Swift error with kind, message and hint.
///
/// Thrown from a bound function it reaches the script as an error object with the fields `kind`,
/// `message` and `hint`. Any other Swift error arrives with kind `internal`.
package protocol LuaReportable: Error {
  var kind: LuaErrorKind { get }
  /// One sentence: what, where, expected, found.
  var message: String { get }
  /// A suggestion; `nil` if there is none.
  var hint: String? { get }
}

extension LuaReportable {
  package var hint: String? { nil }

  /// Message and hint as one sentence; the result of `tostring(err)`.
  package var sentence: String {
    guard let hint else { return message }
    return "\(message); \(hint)"
  }
}
