// SPDX-License-Identifier: Apache-2.0
// How a Swift error presents itself to a script.

/// What went wrong, as a script can test it: `err.kind == "not_found"`.
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
  /// Never the kind of an error object of ours.
  case script
}

/// A Swift error that knows its kind, sentence and remedy.
///
/// Thrown from a bound function it reaches the script as an error object with the fields `kind`,
/// `message` and `hint`. Any other Swift error arrives with kind `internal`.
package protocol LuaReportable: Error {
  var kind: LuaErrorKind { get }
  /// One sentence: what, where, expected, found.
  var message: String { get }
  /// What to try, when something can be said.
  var hint: String? { get }
}

extension LuaReportable {
  package var hint: String? { nil }

  /// Message and hint as one sentence; what `tostring(err)` gives.
  package var sentence: String {
    guard let hint else { return message }
    return "\(message); \(hint)"
  }
}
