// SPDX-License-Identifier: Apache-2.0
// Regular expressions of tokenizers.

/// A compiled regular expression or literal text, with all its matches in a text.
///
/// The syntax and the meaning are those of Oniguruma's Ruby syntax, which the `tokenizers` package uses. PCRE2 was measured: the
/// version of current distributions has Unicode 14, in which 9,272 of the letters that Oniguruma knows are none; `\w` differs as well.
package struct Pattern: Sendable {
  package let source: String
  private let program: PatternProgram
  private let literal: [UInt8]?

  static let wordFlags = CodePointFlags(PatternProperties.word)

  /// Compiles a regular expression.
  ///
  /// - Throws: `TokenizerError.pattern` for syntax errors and for what is not supported.
  package init(_ source: String) throws(TokenizerError) {
    self.source = source
    program = try PatternProgram(PatternParser.parse(source), pattern: source)
    literal = nil
  }

  /// A pattern that matches a text literally.
  package init(literal: String) throws(TokenizerError) {
    source = literal
    self.literal = Array(literal.utf8)
    program = try PatternProgram(.empty, pattern: literal)
  }

  /// Calls a function with the range of each match, from left to right. An empty match directly after another match is skipped.
  ///
  /// - Throws: `TokenizerError.patternTooSlow` when backtracking exceeds the budget, which grows with the text.
  package func forEachMatch(_ bytes: Bytes, _ body: (Int, Int) -> Void) throws(TokenizerError) {
    if let literal { return literalMatches(literal, bytes, body) }
    var matcher = PatternMatcher(program, bytes, steps: 10_000_000 + 2_000 * bytes.count)
    let first = program.firstBytes
    let skips = first != .all
    var start = 0
    var last = -1
    while start <= bytes.count {
      if skips {
        while start < bytes.count, !first.contains(bytes[start]) { start += 1 }
        if start == bytes.count { return }
      }
      guard let end = matcher.match(at: start) else {
        if matcher.isExhausted { throw .patternTooSlow(source) }
        start += start < bytes.count ? UTF8Text.length(bytes[start]) : 1
        continue
      }
      if end > start || end != last {
        body(start, end)
        last = end
        if end > start {
          start = end
          continue
        }
      }
      start += start < bytes.count ? UTF8Text.length(bytes[start]) : 1
    }
  }

  private func literalMatches(_ literal: [UInt8], _ bytes: Bytes, _ body: (Int, Int) -> Void) {
    guard let first = literal.first else {
      // The empty text matches before every character and at the end.
      var at = 0
      while at <= bytes.count {
        body(at, at)
        at += at < bytes.count ? UTF8Text.length(bytes[at]) : 1
      }
      return
    }
    let count = literal.count
    var at = 0
    while at + count <= bytes.count {
      if bytes[at] == first {
        var same = 1
        while same < count, bytes[at + same] == literal[same] { same += 1 }
        if same == count {
          body(at, at + count)
          at += count
          continue
        }
      }
      at += 1
    }
  }
}
