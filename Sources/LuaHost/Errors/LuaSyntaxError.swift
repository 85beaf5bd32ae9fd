// SPDX-License-Identifier: Apache-2.0
// Text that Lua does not compile.

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
