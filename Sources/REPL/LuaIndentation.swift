// SPDX-License-Identifier: Apache-2.0
// Indentation of Lua code.

import LuaHost

/// Indentation of Lua lines: one step more than the line that opened the innermost block.
enum LuaIndentation {
  private static let step = 2
  private static let openers: Set<Substring> = ["(", "{", "[", "function", "do", "then", "repeat"]
  private static let closers: Set<Substring> = [")", "}", "]", "end", "until", "else", "elseif"]

  /// Indentation of a line (given without its own) after the preceding lines.
  static func blanks(before line: String, after linesBefore: String) -> Int {
    var open: [Int] = []  // indentation of the line of each open block
    for token in LuaLexer(linesBefore) {
      if token.kind == .unfinished { return 0 }
      guard token.kind == .keyword || token.kind == .symbol else { continue }
      if closers.contains(token.text) { _ = open.popLast() }
      // `else` closes one block and opens the next; `elseif` has a `then` that does.
      if openers.contains(token.text) || token.text == "else" {
        open.append(blanks(ofLineAt: token.text.startIndex, in: linesBefore))
      }
    }
    var closed: Int?
    for token in LuaLexer(line) {
      guard closers.contains(token.text), token.kind != .string, let opening = open.popLast() else { break }
      closed = opening
      if token.text == "else" || token.text == "elseif" { break }
    }
    return closed ?? open.last.map { $0 + step } ?? 0
  }

  private static func blanks(ofLineAt index: String.Index, in text: String) -> Int {
    let start = text[..<index].lastIndex(of: "\n").map { text.index(after: $0) } ?? text.startIndex
    return text[start...].prefix { $0 == " " }.count
  }
}
