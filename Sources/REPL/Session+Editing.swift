// SPDX-License-Identifier: Apache-2.0
// Highlighting, indentation and one-line help for Lua in the editor.

import LineEditor
import LuaHost

extension Session {
  /// Styled tokens; the character that starts a help or shell input is styled like the prompt.
  static func highlights(of text: String) -> [Highlight] {
    let start = text.firstIndex { !$0.isWhitespace } ?? text.endIndex
    guard start < text.endIndex else { return [] }
    let offset = text.distance(from: text.startIndex, to: start)
    let sign = Highlight(offset..<offset + 1, .prompt)
    switch text[start] {
    case "!": return [sign]
    case "?": return [sign] + tokens(of: String(text[start...].dropFirst()), offset: offset + 1)
    default: return tokens(of: text, offset: 0)
    }
  }

  private static func tokens(of text: String, offset: Int) -> [Highlight] {
    var end = text.startIndex
    var position = offset
    var found: [Highlight] = []
    for token in LuaLexer(text) {
      position += text.distance(from: end, to: token.text.startIndex)
      let count = token.text.count
      if let style = style(of: token) { found.append(Highlight(position..<position + count, style)) }
      position += count
      end = token.text.endIndex
    }
    return found
  }

  private static func style(of token: LuaToken) -> TextStyle? {
    switch token.kind {
    case .keyword: ["true", "false", "nil"].contains(token.text) ? .number : .keyword
    case .string: .string
    case .number: .number
    case .comment: .comment
    case .unfinished: token.text.hasPrefix("--") ? .comment : .string
    case .name, .symbol: nil
    }
  }

  /// Indentation of the next line of an incomplete text.
  package func indentation(after text: String) -> String {
    String(repeating: " ", count: LuaIndentation.blanks(before: "", after: text))
  }

  /// The signature of the call around the cursor, or the documentation of the option being set.
  func hint(_ text: String) -> String? {
    guard !text.drop(while: \.isWhitespace).hasPrefix("!") else { return nil }
    return LuaCompletion.hint(text, in: interpreter)
  }
}
