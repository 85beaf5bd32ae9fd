// SPDX-License-Identifier: Apache-2.0
// Splits Lua text into tokens, even if it is incomplete or invalid.

/// A token and its position.
package struct LuaToken: Equatable {
  package enum Kind: Equatable {
    case name, keyword, number, string, comment, symbol
    /// A string or long comment without its end.
    case unfinished
  }

  package let kind: Kind
  package let text: Substring

  /// The text of a quoted string without its quotation marks; escapes are not decoded.
  var contents: String { String(text.dropFirst().dropLast()) }
}

/// A tolerant lexer for Lua 5.4: every character except whitespace belongs to exactly one token.
///
/// It works on scalars, since Lua works on bytes: a combining mark after a quotation mark must not change the token.
package struct LuaLexer: Sequence, IteratorProtocol {
  package static let keywords: Set<String> = [
    "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
    "local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while",
  ]

  private static let symbols = ["...", "..", "==", "~=", "<=", ">=", "<<", ">>", "//", "::"].map { Array($0.unicodeScalars) }

  private var rest: Substring.UnicodeScalarView

  package init(_ text: String) {
    rest = text[...].unicodeScalars
  }

  package mutating func next() -> LuaToken? {
    rest = rest.drop(while: \.isLuaBlank)
    guard let first = rest.first else { return nil }
    if rest.starts(with: "--".unicodeScalars) { return comment() }
    if let level = longBracketLevel(rest) { return longBracket(level, from: rest, as: .string) }
    if first.isNameStart {
      let name = rest.prefix { $0.isNameStart || $0.isDigit }
      return take(name.endIndex, Self.keywords.contains(String(name)) ? .keyword : .name)
    }
    if first.isDigit || (first == "." && rest.dropFirst().first?.isDigit == true) { return number() }
    if first == "\"" || first == "'" { return quoted(first) }
    let length = Self.symbols.first { rest.starts(with: $0) }?.count ?? 1
    // A non-ASCII character and its combining marks form one token.
    let end = length > 1 || first.isASCII ? rest.index(rest.startIndex, offsetBy: length) : Substring(rest).dropFirst().startIndex
    return take(end, .symbol)
  }

  private mutating func take(_ end: String.Index, _ kind: LuaToken.Kind) -> LuaToken {
    defer { rest = rest[end...] }
    return LuaToken(kind: kind, text: Substring(rest[..<end]))
  }

  private mutating func comment() -> LuaToken {
    let body = rest.dropFirst(2)
    if let level = longBracketLevel(body) { return longBracket(level, from: body, as: .comment) }
    return take(body.firstIndex(where: \.isLineEnd) ?? rest.endIndex, .comment)
  }

  /// The number of `=` in an opening long bracket at the start of `text`.
  private func longBracketLevel(_ text: Substring.UnicodeScalarView) -> Int? {
    guard text.first == "[" else { return nil }
    let equals = text.dropFirst().prefix { $0 == "=" }
    return text[equals.endIndex...].first == "[" ? equals.count : nil
  }

  private mutating func longBracket(
    _ level: Int, from opening: Substring.UnicodeScalarView, as kind: LuaToken.Kind
  ) -> LuaToken {
    let close = ("]" + String(repeating: "=", count: level) + "]").unicodeScalars
    guard let end = opening.firstRange(of: close)?.upperBound else {
      return take(rest.endIndex, .unfinished)
    }
    return take(end, kind)
  }

  private mutating func quoted(_ quote: Unicode.Scalar) -> LuaToken {
    var index = rest.index(after: rest.startIndex)
    while index < rest.endIndex {
      let scalar = rest[index]
      if scalar.isLineEnd { return take(index, .unfinished) }
      index = rest.index(after: index)
      if scalar == quote { return take(index, .string) }
      guard scalar == "\\", index < rest.endIndex else { continue }
      if rest[index] == "z" {
        // \z skips the following whitespace, including line breaks.
        index = rest[index...].dropFirst().drop(while: \.isLuaBlank).startIndex
      } else {
        let isReturn = rest[index] == "\r"
        index = rest.index(after: index)
        if isReturn, index < rest.endIndex, rest[index] == "\n" { index = rest.index(after: index) }
      }
    }
    return take(rest.endIndex, .unfinished)
  }

  /// Like Lua, reads all characters that could belong to a number, valid or not.
  private mutating func number() -> LuaToken {
    let isHex = rest.starts(with: "0x".unicodeScalars) || rest.starts(with: "0X".unicodeScalars)
    let exponents: Set<Unicode.Scalar> = isHex ? ["p", "P"] : ["e", "E"]
    var end = rest.startIndex
    while end < rest.endIndex {
      let scalar = rest[end]
      guard scalar.isNameStart || scalar.isDigit || scalar == "." else { break }
      end = rest.index(after: end)
      if exponents.contains(scalar), end < rest.endIndex, rest[end] == "+" || rest[end] == "-" {
        end = rest.index(after: end)
      }
    }
    return take(end, .number)
  }
}

extension Unicode.Scalar {
  fileprivate var isNameStart: Bool { isASCII && (properties.isAlphabetic || self == "_") }
  fileprivate var isDigit: Bool { ("0"..."9").contains(self) }
  fileprivate var isLineEnd: Bool { self == "\n" || self == "\r" }
  /// Whether Lua treats the character as whitespace. Other Unicode whitespace is an error in Lua.
  fileprivate var isLuaBlank: Bool { self == " " || ("\t"..."\r").contains(self) }
}
