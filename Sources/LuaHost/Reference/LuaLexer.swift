// SPDX-License-Identifier: Apache-2.0
// Cuts Lua text into tokens, also when it is unfinished or wrong.

/// One token and where it stands.
package struct LuaToken: Equatable {
  package enum Kind: Equatable {
    case name, keyword, number, string, comment, symbol
    /// A string or long comment without its end.
    case unfinished
  }

  package let kind: Kind
  package let text: Substring

  /// The text of a quoted string between its quotes, escapes as they are written.
  var contents: String { String(text.dropFirst().dropLast()) }
}

/// A tolerant lexer for Lua 5.4: every character that is not blank belongs to exactly one token.
package struct LuaLexer: Sequence, IteratorProtocol {
  package static let keywords: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
  ]

  private static let symbols = ["...", "..", "==", "~=", "<=", ">=", "<<", ">>", "//", "::"]

  private var rest: Substring

  package init(_ text: String) {
    rest = text[...]
  }

  package mutating func next() -> LuaToken? {
    rest = rest.drop(while: \.isWhitespace)
    guard let first = rest.first else { return nil }
    if rest.hasPrefix("--") { return comment() }
    if let level = longBracketLevel(rest) { return longBracket(level, from: rest, as: .string) }
    if first.isNameStart {
      let name = rest.prefix { $0.isNameStart || $0.isASCIIDigit }
      return take(name.endIndex, Self.keywords.contains(String(name)) ? .keyword : .name)
    }
    if first.isASCIIDigit || (first == "." && rest.dropFirst().first?.isASCIIDigit == true) {
      return number()
    }
    if first == "\"" || first == "'" { return quoted(first) }
    let symbol = Self.symbols.first { rest.hasPrefix($0) } ?? String(first)
    return take(rest.index(rest.startIndex, offsetBy: symbol.count), .symbol)
  }

  private mutating func take(_ end: Substring.Index, _ kind: LuaToken.Kind) -> LuaToken {
    defer { rest = rest[end...] }
    return LuaToken(kind: kind, text: rest[..<end])
  }

  private mutating func comment() -> LuaToken {
    let body = rest.dropFirst(2)
    if let level = longBracketLevel(body) { return longBracket(level, from: body, as: .comment) }
    return take(body.firstIndex(where: \.isNewline) ?? rest.endIndex, .comment)
  }

  /// The number of `=` in an opening long bracket at the start of `text`.
  private func longBracketLevel(_ text: Substring) -> Int? {
    guard text.first == "[" else { return nil }
    let equals = text.dropFirst().prefix { $0 == "=" }
    return text[equals.endIndex...].first == "[" ? equals.count : nil
  }

  private mutating func longBracket(
    _ level: Int, from opening: Substring, as kind: LuaToken.Kind
  ) -> LuaToken {
    let close = "]" + String(repeating: "=", count: level) + "]"
    guard let end = opening.firstRange(of: close)?.upperBound else {
      return take(rest.endIndex, .unfinished)
    }
    return take(end, kind)
  }

  private mutating func quoted(_ quote: Character) -> LuaToken {
    var index = rest.index(after: rest.startIndex)
    while index < rest.endIndex {
      let character = rest[index]
      index = rest.index(after: index)
      if character == quote { return take(index, .string) }
      if character.isNewline { return take(rest.index(before: index), .unfinished) }
      guard character == "\\", index < rest.endIndex else { continue }
      if rest[index] == "z" {
        // \z skips the blanks that follow, line ends among them.
        index = rest[index...].dropFirst().drop(while: \.isWhitespace).startIndex
      } else {
        index = rest.index(after: index)
      }
    }
    return take(rest.endIndex, .unfinished)
  }

  /// As Lua itself: takes whatever could belong to a number, right or wrong.
  private mutating func number() -> LuaToken {
    let isHex = rest.hasPrefix("0x") || rest.hasPrefix("0X")
    let exponents: Set<Character> = isHex ? ["p", "P"] : ["e", "E"]
    var end = rest.startIndex
    while end < rest.endIndex {
      let character = rest[end]
      guard character.isNameStart || character.isASCIIDigit || character == "." else { break }
      end = rest.index(after: end)
      if exponents.contains(character), end < rest.endIndex, "+-".contains(rest[end]) {
        end = rest.index(after: end)
      }
    }
    return take(end, .number)
  }
}

extension Character {
  fileprivate var isNameStart: Bool { isASCII && (isLetter || self == "_") }
  fileprivate var isASCIIDigit: Bool { isASCII && isNumber }
}
