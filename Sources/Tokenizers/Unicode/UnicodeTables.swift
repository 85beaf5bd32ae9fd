// SPDX-License-Identifier: Apache-2.0
// Character properties with a fixed version of Unicode, so that ids do not depend on the toolchain.

/// Tables of character properties. The generated files of `Tables` contain them as text: integers in groups of five bits, lowest
/// first, each group a character of a 64-letter alphabet whose sixth bit says that another group follows.
package enum UnicodeTables {
  /// The general categories, in the order of the table.
  static let categories = [
    "Lu", "Ll", "Lt", "Lm", "Lo", "Mn", "Mc", "Me", "Nd", "Nl", "No", "Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So",
    "Zs", "Zl", "Zp", "Cc", "Cf", "Cs", "Co", "Cn",
  ]

  /// The scripts of the table, from 1.
  static let scripts = [
    "Adlam", "Ahom", "Anatolian_Hieroglyphs", "Arabic", "Armenian", "Avestan", "Balinese", "Bamum", "Bassa_Vah", "Batak", "Bengali",
    "Bhaiksuki", "Bopomofo", "Brahmi", "Braille", "Buginese", "Buhid", "Canadian_Aboriginal", "Carian", "Caucasian_Albanian", "Chakma",
    "Cham", "Cherokee", "Chorasmian", "Common", "Coptic", "Cuneiform", "Cypriot", "Cypro_Minoan", "Cyrillic", "Deseret", "Devanagari",
    "Dives_Akuru", "Dogra", "Duployan", "Egyptian_Hieroglyphs", "Elbasan", "Elymaic", "Ethiopic", "Garay", "Georgian", "Glagolitic",
    "Gothic", "Grantha", "Greek", "Gujarati", "Gunjala_Gondi", "Gurmukhi", "Gurung_Khema", "Han", "Hangul", "Hanifi_Rohingya", "Hanunoo",
    "Hatran", "Hebrew", "Hiragana", "Imperial_Aramaic", "Inherited", "Inscriptional_Pahlavi", "Inscriptional_Parthian", "Javanese",
    "Kaithi", "Kannada", "Katakana", "Kawi", "Kayah_Li", "Kharoshthi", "Khitan_Small_Script", "Khmer", "Khojki", "Khudawadi", "Kirat_Rai",
    "Lao", "Latin", "Lepcha", "Limbu", "Linear_A", "Linear_B", "Lisu", "Lycian", "Lydian", "Mahajani", "Makasar", "Malayalam", "Mandaic",
    "Manichaean", "Marchen", "Masaram_Gondi", "Medefaidrin", "Meetei_Mayek", "Mende_Kikakui", "Meroitic_Cursive", "Meroitic_Hieroglyphs",
    "Miao", "Modi", "Mongolian", "Mro", "Multani", "Myanmar", "Nabataean", "Nag_Mundari", "Nandinagari", "New_Tai_Lue", "Newa", "Nko",
    "Nushu", "Nyiakeng_Puachue_Hmong", "Ogham", "Ol_Chiki", "Ol_Onal", "Old_Hungarian", "Old_Italic", "Old_North_Arabian", "Old_Permic",
    "Old_Persian", "Old_Sogdian", "Old_South_Arabian", "Old_Turkic", "Old_Uyghur", "Oriya", "Osage", "Osmanya", "Pahawh_Hmong",
    "Palmyrene", "Pau_Cin_Hau", "Phags_Pa", "Phoenician", "Psalter_Pahlavi", "Rejang", "Runic", "Samaritan", "Saurashtra", "Sharada",
    "Shavian", "Siddham", "SignWriting", "Sinhala", "Sogdian", "Sora_Sompeng", "Soyombo", "Sundanese", "Sunuwar", "Syloti_Nagri",
    "Syriac", "Tagalog", "Tagbanwa", "Tai_Le", "Tai_Tham", "Tai_Viet", "Takri", "Tamil", "Tangsa", "Tangut", "Telugu", "Thaana", "Thai",
    "Tibetan", "Tifinagh", "Tirhuta", "Todhri", "Toto", "Tulu_Tigalari", "Ugaritic", "Vai", "Vithkuqi", "Wancho", "Warang_Citi", "Yezidi",
    "Yi", "Zanabazar_Square",
  ]

  /// Decodes a table.
  static func numbers(_ table: StaticString) -> [Int] {
    let bytes = UnsafeBufferPointer(start: table.utf8Start, count: table.utf8CodeUnitCount)
    var numbers: [Int] = []
    var (value, shift) = (0, 0)
    for byte in bytes {
      let digit =
        switch byte {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): Int(byte) - 65
        case UInt8(ascii: "a")...UInt8(ascii: "z"): Int(byte) - 97 + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte) - 48 + 52
        case UInt8(ascii: "+"): 62
        default: 63
        }
      value |= (digit & 31) << shift
      if digit & 32 != 0 {
        shift += 5
      } else {
        numbers.append(value)
        (value, shift) = (0, 0)
      }
    }
    return numbers
  }

  /// The runs of a table of runs: first code point, last code point, value.
  static func runs(_ table: StaticString) -> [(first: UInt32, last: UInt32, value: Int)] {
    let numbers = numbers(table)
    var runs: [(first: UInt32, last: UInt32, value: Int)] = []
    var at: UInt32 = 0
    for position in stride(from: 0, to: numbers.count - 1, by: 2) {
      let count = UInt32(numbers[position])
      runs.append((at, at + count - 1, numbers[position + 1]))
      at += count
    }
    return runs
  }

  /// The code points with a property that a table of runs gives as 1.
  static func set(_ table: StaticString) -> CodePointSet {
    CodePointSet(ranges: runs(table).filter { $0.value == 1 }.map { $0.first...$0.last })
  }

  static let categoryRuns = runs(generalCategory)
  static let scriptRuns = runs(script)

  /// `White_Space`.
  static let whiteSpace = CodePointSet(ranges: [
    0x09...0x0D, 0x20...0x20, 0x85...0x85, 0xA0...0xA0, 0x1680...0x1680, 0x2000...0x200A, 0x2028...0x2029, 0x202F...0x202F, 0x205F...0x205F,
    0x3000...0x3000,
  ])

  static let isWhiteSpace = CodePointFlags(whiteSpace)
  static let isWord = CodePointFlags(set(word))
  static let isNumeric = CodePointFlags(set(numeric))
  static let isPunctuation = CodePointFlags(set(punctuation))
  static let isControl = CodePointFlags(set(control))
  static let isNonspacingMark = CodePointFlags(set(nonspacingMark))
  static let isCombiningMark = CodePointFlags(set(combiningMark))
  static let scriptClasses = CodePointValues(runs: runs(scriptClass))

  /// Lowercase forms of the code points that have one.
  static let lowercaseForms: [UInt32: [UInt32]] = mapping(lowercase)

  /// A table of: distance to the code point before, length, code points.
  static func mapping(_ table: StaticString) -> [UInt32: [UInt32]] {
    let numbers = numbers(table)
    var out: [UInt32: [UInt32]] = [:]
    var (at, point) = (0, 0)
    while at + 1 < numbers.count {
      point += numbers[at]
      let count = numbers[at + 1]
      out[UInt32(point)] = numbers[(at + 2)..<(at + 2 + count)].map { UInt32($0) }
      at += 2 + count
    }
    return out
  }
}
