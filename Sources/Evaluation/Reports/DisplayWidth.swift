// SPDX-License-Identifier: Apache-2.0
// How many cells of a terminal a text takes.

/// Cells of a terminal.
package enum DisplayWidth {
  /// The width of one line of text: two cells for East Asian wide characters and emoji, none for combining marks and
  /// control characters, one for the rest (Unicode Standard Annex 11, its wide ranges by block).
  package static func of(_ text: String) -> Int {
    text.reduce(0) { $0 + width($1) }
  }

  /// Joined emoji and letters with marks are one character and take the width of their widest part.
  private static func width(_ character: Character) -> Int {
    character.unicodeScalars.map(width).max() ?? 0
  }

  private static func width(_ scalar: Unicode.Scalar) -> Int {
    switch scalar.properties.generalCategory {
    case .control, .format, .nonspacingMark, .enclosingMark, .lineSeparator, .paragraphSeparator: return 0
    default: return wide.contains { $0.contains(scalar.value) } || scalar.properties.isEmojiPresentation ? 2 : 1
    }
  }

  private static let wide: [ClosedRange<UInt32>] = [
    0x1100...0x115F,  // Hangul leading consonants
    0x2E80...0x303E, 0x3041...0x33FF,  // CJK radicals, punctuation, kana, compatibility
    0x3400...0x4DBF, 0x4E00...0x9FFF,  // CJK ideographs
    0xA000...0xA4CF, 0xA960...0xA97F, 0xAC00...0xD7A3,  // Yi, Hangul
    0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF01...0xFF60, 0xFFE0...0xFFE6,  // compatibility, fullwidth
    0x20000...0x3FFFD,  // CJK extensions
  ]

  /// The text on one line without control characters, each a space instead: names from files must not move the cursor.
  package static func printable(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isControl) else { return text }
    return text.reduce(into: "") { $0 += $1.unicodeScalars.contains(where: isControl) ? " " : String($1) }
  }

  private static func isControl(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.properties.generalCategory {
    case .control, .lineSeparator, .paragraphSeparator: true
    default: false
    }
  }

  /// The text with spaces to `width` cells, on its right or (for numbers) on its left; longer text stays as it is.
  package static func pad(_ text: String, to width: Int, right: Bool = false) -> String {
    let spaces = String(repeating: " ", count: max(0, width - of(text)))
    return right ? spaces + text : text + spaces
  }

  /// The text cut to `width` cells, ending in … when something was cut.
  package static func truncate(_ text: String, to width: Int) -> String {
    guard of(text) > width else { return text }
    guard width > 0 else { return "" }
    var kept = ""
    var used = 0
    for character in text {
      let next = Self.width(character)
      if used + next > width - 1 { break }
      kept.append(character)
      used += next
    }
    return kept + "…"
  }
}
