// SPDX-License-Identifier: Apache-2.0
// The width of a character in terminal columns.

extension Character {
  /// The number of terminal columns of this grapheme cluster.
  ///
  /// East Asian wide and fullwidth characters and emoji take two columns, isolated combining marks none. Terminals give each
  /// letter of a multi-letter cluster, as in Indic scripts, its own width. They disagree about rare emoji; this follows
  /// Unicode's UAX #11 and UTS #51.
  package var terminalWidth: Int {
    if isASCII { return 1 }
    let scalars = unicodeScalars
    guard let first = scalars.first else { return 0 }
    if first.properties.isEmojiPresentation { return 2 }
    // VARIATION SELECTOR-16 selects the emoji form of a character that also has a text form.
    if first.properties.isEmoji, scalars.contains("\u{FE0F}") { return 2 }
    return scalars.reduce(0) { $0 + Self.width(of: $1) }
  }

  private static func width(of scalar: Unicode.Scalar) -> Int {
    if isWide(scalar.value) { return 2 }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark, .format: return 0
    // Vowels and final consonants of Hangul are drawn within the block of the first consonant.
    default: return (0x1160...0x11FF).contains(scalar.value) || (0xD7B0...0xD7FB).contains(scalar.value) ? 0 : 1
    }
  }

  private static func isWide(_ scalar: UInt32) -> Bool {
    var low = 0
    var high = wideRanges.count
    while low < high {
      let middle = (low + high) / 2
      if wideRanges[middle].upperBound < scalar { low = middle + 1 } else { high = middle }
    }
    return low < wideRanges.count && wideRanges[low].contains(scalar)
  }

  /// Scalars of East_Asian_Width W or F that lack emoji presentation, ascending.
  private static let wideRanges: [ClosedRange<UInt32>] = [
    0x1100...0x115F,  // Hangul Jamo, leading consonants
    0x2329...0x232A,  // angle brackets
    0x2E80...0x303E,  // CJK radicals, ideographic description, CJK punctuation
    0x3041...0x33FF,  // kana, bopomofo, enclosed and squared CJK
    0x3400...0x4DBF,  // CJK extension A
    0x4E00...0x9FFF,  // CJK unified ideographs
    0xA000...0xA4CF,  // Yi
    0xA960...0xA97F,  // Hangul Jamo extended A
    0xAC00...0xD7A3,  // Hangul syllables
    0xF900...0xFAFF,  // CJK compatibility ideographs
    0xFE10...0xFE19,  // vertical forms
    0xFE30...0xFE6F,  // CJK compatibility forms, small forms
    0xFF01...0xFF60,  // fullwidth forms
    0xFFE0...0xFFE6,  // fullwidth signs
    0x16FE0...0x18CFF,  // Tangut, Khitan
    0x1AFF0...0x1B2FF,  // kana supplements, Nushu
    0x1F200...0x1F265,  // enclosed ideographs
    0x20000...0x3FFFD,  // CJK extensions B and later
  ]
}
