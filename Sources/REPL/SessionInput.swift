// SPDX-License-Identifier: Apache-2.0
// What an input to the prompt asks for, before any of it is compiled.

import LuaHost

/// An input, told apart by its first character.
enum SessionInput: Equatable {
  /// Nothing, or only comments.
  case blank
  /// `?x`: help on what follows; empty for a first overview.
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

/// Lua as typed at the prompt, and the forms of it to be tried.
struct LuaInput: Equatable {
  /// What was typed, without the `=` of the old `=expression`.
  let text: String
  /// Whether only an expression will do: it began with `=`.
  let isExpression: Bool
  /// Whether the values are not to be shown: the last token is `;`.
  let isMuted: Bool
  /// The forms of `x = 1; x` with `return` before what follows a semicolon or begins a line, the last one first.
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

  /// Ends that are tried: a last expression of more lines than this is not shown.
  private static let endLimit = 100

  /// Whether a last expression may begin at a token: behind a semicolon, or on a line of its own with a word or number, which
  /// cannot go on with the line before as a bracket or string would.
  private static func mayBegin(_ token: LuaToken, after before: LuaToken, in text: String) -> Bool {
    if before.text == ";" { return true }
    guard token.kind == .name || token.kind == .number || ["nil", "true", "false", "not", "function", "#"].contains(token.text)
    else { return false }
    return text[before.text.endIndex..<token.text.startIndex].contains(where: \.isNewline)
  }

  /// The text as an expression list.
  ///
  /// In front, so that line numbers stay what they are.
  var asExpression: String { "return " + text }
}

/// Statements whose end, after a semicolon, is shown like an expression that stands alone.
struct ShownEnd: Equatable {
  let chunk: String
  /// Compiles exactly if an expression list stands at the end, rather than the rest of a block.
  let probe: String
}

extension String {
  var trimmed: String {
    let start = drop(while: \.isWhitespace)
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
  }
}
