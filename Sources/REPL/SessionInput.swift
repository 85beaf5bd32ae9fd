// SPDX-License-Identifier: Apache-2.0
// Classifies inputs at the prompt before they are compiled.

import LuaHost

/// An input, classified by its first character.
enum SessionInput: Equatable {
  /// Empty, or only comments.
  case blank
  /// `?x`: help on a topic; empty for the introduction.
  case help(String)
  /// `!command`: a command for the shell.
  case shell(String)
  /// A request to leave: `exit`, `quit` or `exit()`, with the word.
  case leave(String)
  /// Lua; see ``LuaInput``.
  case lua(LuaInput)

  init(_ text: String) {
    let trimmed = text.trimmed
    switch trimmed.first {
    case "?": self = .help(String(trimmed.dropFirst()).trimmed)
    case "!": self = .shell(String(trimmed.dropFirst()).trimmed)
    default:
      let tokens = LuaLexer(text).filter { $0.kind != .comment }
      self = tokens.isEmpty ? .blank : Self.leaving(tokens).map { .leave($0) } ?? .lua(LuaInput(text, tokens))
    }
  }

  /// The word in a request to leave, in the forms that other prompts accept.
  private static func leaving(_ tokens: [LuaToken]) -> String? {
    guard let word = tokens.first?.text, ["exit", "quit"].contains(word) else { return nil }
    let rest = tokens.dropFirst().filter { $0.text != ";" }.map { String($0.text) }
    return rest.isEmpty || rest == ["(", ")"] ? String(word) : nil
  }
}

/// Lua code entered at the prompt, with the forms in which it can be compiled.
struct LuaInput: Equatable {
  /// The code, without the `=` of the old `=expression` form.
  let text: String
  /// Whether it must be an expression, since it started with `=`.
  let isExpression: Bool
  /// Whether values are not displayed, since the last token is `;`.
  let isMuted: Bool
  /// Forms of `x = 1; x` with `return` inserted after a semicolon or at the start of a line, the last position first.
  let shownEnds: [ShownEnd]

  init(_ text: String) { self.init(text, LuaLexer(text).filter { $0.kind != .comment }) }

  init(_ text: String, _ tokens: [LuaToken]) {
    isExpression = tokens.first?.text == "="
    isMuted = tokens.last?.text == ";"
    if isExpression, let sign = tokens.first?.text {
      self.text = String(text[..<sign.startIndex]) + " " + text[sign.endIndex...]
    } else {
      self.text = text
    }
    shownEnds =
      isExpression
      ? []
      : zip(tokens, tokens.dropFirst()).filter { Self.mayBegin($0.1, after: $0.0, in: text) }.reversed().prefix(Self.endLimit).map {
        _, start in
        let end = " return " + text[start.text.startIndex...]
        return ShownEnd(chunk: text[..<start.text.startIndex] + end, probe: end)
      }
  }

  /// The maximum number of positions that are tried.
  private static let endLimit = 100

  /// Whether a final expression may start at a token: after a semicolon, or at the start of a line with a word or
  /// number, which cannot continue the previous line as a bracket or string could.
  private static func mayBegin(_ token: LuaToken, after before: LuaToken, in text: String) -> Bool {
    if before.text == ";" { return true }
    guard token.kind == .name || token.kind == .number || ["nil", "true", "false", "not", "function", "#"].contains(token.text)
    else { return false }
    return text[before.text.endIndex..<token.text.startIndex].contains(where: \.isNewline)
  }

  /// The text as an expression list.
  ///
  /// `return` is on the same line, so that line numbers do not change.
  var asExpression: String { "return " + text }
}

/// Statements followed by an expression whose value is displayed.
struct ShownEnd: Equatable {
  let chunk: String
  /// Compiles only if the end is an expression list, and not the rest of a block.
  let probe: String
}

extension String {
  var trimmed: String {
    let start = drop(while: \.isWhitespace)
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
  }
}
