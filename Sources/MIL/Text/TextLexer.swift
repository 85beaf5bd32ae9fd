// SPDX-License-Identifier: Apache-2.0
// Lexer of the text form of programs.

struct TextToken: Equatable {
  enum Kind: Equatable {
    /// A name; `quoted` if it was in backquotes, so that it is not a keyword.
    case name(String, quoted: Bool)
    /// As written: a sign, digits, a fraction, an exponent, or `0x…`; also `nan` and `inf`, with an optional sign.
    case number(String)
    case string(String)
    /// `( ) [ ] { } < > = , : @ ? ; -> ...`
    case mark(String)
    case end
  }

  var kind: Kind
  /// Byte offset in the text.
  var offset: Int
}

extension TextToken: CustomStringConvertible {
  var description: String {
    switch kind {
    case .name(let name, _): "\"\(name)\""
    case .number(let digits): digits
    case .string: "a string"
    case .mark(let mark): "\"\(mark)\""
    case .end: "the end of the text"
    }
  }
}

struct TextLexer {
  private let bytes: [UInt8]
  private var at = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  /// Line and column, from 1, of a byte offset.
  func position(of offset: Int) -> (line: Int, column: Int) {
    let before = bytes[..<min(offset, bytes.count)]
    let line = before.lazy.filter { $0 == UInt8(ascii: "\n") }.count + 1
    let start = before.lastIndex(of: UInt8(ascii: "\n")).map { $0 + 1 } ?? 0
    return (line, offset - start + 1)
  }

  func fault(at offset: Int, expected: String, found: String) -> MILError {
    let (line, column) = position(of: offset)
    return .syntax(line: line, column: column, expected: expected, found: found)
  }

  mutating func next() throws -> TextToken {
    skipSpace()
    let start = at
    guard at < bytes.count else { return TextToken(kind: .end, offset: start) }
    let byte = bytes[at]
    if TextSpelling.isLetter(byte) {
      return TextToken(kind: .name(word(), quoted: false), offset: start)
    }
    if byte == UInt8(ascii: "`") {
      return TextToken(kind: .name(try quoted(), quoted: true), offset: start)
    }
    if byte == UInt8(ascii: "\"") { return TextToken(kind: .string(try quoted()), offset: start) }
    if starts(with: "->") || starts(with: "...") { return mark(byte == UInt8(ascii: "-") ? 2 : 3) }
    if TextSpelling.isDigit(byte) || byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+") {
      return TextToken(kind: .number(number()), offset: start)
    }
    guard "()[]{}<>=,:@?;".utf8.contains(byte) else {
      throw fault(at: start, expected: "a token", found: "\"\(Character(Unicode.Scalar(byte)))\"")
    }
    return mark(1)
  }

  private mutating func mark(_ length: Int) -> TextToken {
    defer { at += length }
    return TextToken(
      kind: .mark(String(decoding: bytes[at..<at + length], as: UTF8.self)), offset: at)
  }

  private func starts(with text: String) -> Bool { bytes[at...].starts(with: text.utf8) }

  /// Skips blanks and line ends, and comments from `//` to the end of the line.
  private mutating func skipSpace() {
    while at < bytes.count {
      if bytes[at] <= 0x20 {
        at += 1
      } else if starts(with: "//") {
        while at < bytes.count, bytes[at] != UInt8(ascii: "\n") { at += 1 }
      } else {
        return
      }
    }
  }

  private mutating func word() -> String {
    take { byte, _ in
      TextSpelling.isLetter(byte) || TextSpelling.isDigit(byte) || byte == UInt8(ascii: ".")
        || byte == UInt8(ascii: "/")
    }
  }

  private mutating func number() -> String {
    take { byte, previous in
      TextSpelling.isLetter(byte) || TextSpelling.isDigit(byte) || byte == UInt8(ascii: ".")
        || ((byte == UInt8(ascii: "-") || byte == UInt8(ascii: "+"))
          && (previous == nil || previous == UInt8(ascii: "e") || previous == UInt8(ascii: "E")))
    }
  }

  private mutating func take(while belongs: (UInt8, UInt8?) -> Bool) -> String {
    let start = at
    var previous: UInt8?
    while at < bytes.count, belongs(bytes[at], previous) {
      previous = bytes[at]
      at += 1
    }
    return String(decoding: bytes[start..<at], as: UTF8.self)
  }

  /// A string or a quoted name, without its quotes.
  private mutating func quoted() throws -> String {
    let start = at
    let quote = bytes[at]
    at += 1
    var content: [UInt8] = []
    while at < bytes.count, bytes[at] != quote {
      var byte = bytes[at]
      if byte == UInt8(ascii: "\\"), at + 1 < bytes.count {
        at += 1
        byte =
          switch bytes[at] {
          case UInt8(ascii: "n"): UInt8(ascii: "\n")
          case UInt8(ascii: "t"): UInt8(ascii: "\t")
          case UInt8(ascii: "r"): UInt8(ascii: "\r")
          case let other: other
          }
      }
      content.append(byte)
      at += 1
    }
    guard at < bytes.count else {
      throw fault(at: start, expected: "a closing quote", found: "the end of the text")
    }
    at += 1
    return String(decoding: content, as: UTF8.self)
  }
}
