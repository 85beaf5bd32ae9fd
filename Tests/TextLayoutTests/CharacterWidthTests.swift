// SPDX-License-Identifier: Apache-2.0
// The width of characters in columns.

import TextLayout
import Testing

struct CharacterWidthTests {
  @Test(
    arguments: [
      ("a", 1), ("é", 1), ("e\u{301}", 1), ("漢", 2), ("ｱ", 1), ("Ａ", 2), ("한", 2), ("😀", 2),
      ("👩‍🔬", 2), ("🇩🇪", 2), ("❤", 1), ("❤\u{FE0F}", 2), ("→", 1), ("█", 1), ("⣿", 1), ("\u{301}", 0),
      ("\u{200B}", 0),
    ] as [(Character, Int)])
  func countsColumns(character: Character, width: Int) {
    #expect(character.terminalWidth == width)
  }

  /// The widths in tmux and xterm, regardless of the Unicode version's grapheme clusters.
  @Test(arguments: [("नमस्ते", 4), ("कि", 2), ("ก็", 1), ("\u{1112}\u{1161}\u{11AB}", 2)])
  func lettersOfAClusterHaveTheirOwnColumns(text: String, width: Int) {
    #expect(text.reduce(0) { $0 + $1.terminalWidth } == width)
  }
}
