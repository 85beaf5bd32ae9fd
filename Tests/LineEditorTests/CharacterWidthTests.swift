// SPDX-License-Identifier: Apache-2.0
// Columns of characters.

import LineEditor
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
}
