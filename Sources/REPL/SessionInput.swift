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
  /// Lua; see ``LuaInput``.
  case lua(LuaInput)

  init(_ text: String) {
    let trimmed = text.trimmed
    switch trimmed.first {
    case "?": self = .help(String(trimmed.dropFirst()).trimmed)
    case "!": self = .shell(String(trimmed.dropFirst()).trimmed)
    default:
      let tokens = LuaLexer(text).filter { $0.kind != .comment }
      self = tokens.isEmpty ? .blank : .lua(LuaInput(text, tokens))
    }
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
  /// `local x = …` without its `local`, if that is how the text begins.
  let keeping: KeptLocal?
  /// The forms of `x = 1; x` with `return` before what follows a semicolon or begins a line, the last one first.
  let shownEnds: [ShownEnd]

  init(_ text: String, _ tokens: [LuaToken]) {
    isExpression = tokens.first?.text == "="
    isMuted = tokens.last?.text == ";"
    if isExpression, let sign = tokens.first?.text {
      self.text = String(text[..<sign.startIndex]) + " " + text[sign.endIndex...]
    } else {
      self.text = text
    }
    keeping = KeptLocal(text, tokens)
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

/// A `local` statement at the prompt, rewritten so that its names outlive the line.
///
/// Each input is a chunk of its own, so a local would be gone on the next line. The rewriting holds
/// for a single statement only; that it is one is for the compiler to say, by way of ``probe``.
struct KeptLocal: Equatable {
  let names: [String]
  /// The statement with global names.
  let statement: String
  /// A chunk that compiles exactly if the text is one single statement: `return` must be the last
  /// statement of a chunk.
  let probe: String

  init?(_ text: String, _ tokens: [LuaToken]) {
    guard tokens.first?.text == "local", tokens.count >= 2 else { return nil }
    if tokens[1].text == "function" {
      guard tokens.count >= 3, tokens[2].kind == .name else { return nil }
      let body = text[tokens[2].text.endIndex...]
      names = [String(tokens[2].text)]
      statement = "function " + names[0] + body
      probe = "return function " + body
      return
    }
    var names: [String] = []
    var rest = tokens.dropFirst()
    while let name = rest.popFirst(), name.kind == .name {
      names.append(String(name.text))
      if rest.first?.text == "<" {
        // An attribute, <const> or <close>, has no meaning for a global.
        guard rest.count >= 3 else { return nil }
        rest = rest.dropFirst(3)
      }
      guard rest.first?.text == "," else { break }
      rest = rest.dropFirst()
    }
    guard !names.isEmpty else { return nil }
    self.names = names
    if let sign = rest.first, sign.text == "=" {
      let values = text[sign.text.endIndex...]
      statement = names.joined(separator: ", ") + " =" + values
      probe = "return " + values
    } else {
      let after = rest.first.map { String(text[$0.text.startIndex...]) } ?? ""
      statement = names.joined(separator: ", ") + " = nil " + after
      probe = "return " + after
    }
  }
}

extension String {
  var trimmed: String {
    let start = drop(while: \.isWhitespace)
    guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
    return String(start[...last])
  }
}
