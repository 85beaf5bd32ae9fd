// SPDX-License-Identifier: Apache-2.0
// The named sets of characters of regular expressions.

/// Properties of `\p{…}`, `[[:…:]]` and of escapes, as Oniguruma defines them.
enum PatternProperties {
  static let space = UnicodeTables.whiteSpace
  static let word = UnicodeTables.set(UnicodeTables.patternWord)
  static let digit = categories(["Nd"])
  static let hexadecimal = CodePointSet(ranges: [0x30...0x39, 0x41...0x46, 0x61...0x66])
  static let newline = CodePointSet(ranges: [0x0A...0x0A])

  private static let longNames = [
    "letter": "L", "uppercaseletter": "Lu", "lowercaseletter": "Ll", "titlecaseletter": "Lt", "modifierletter": "Lm", "otherletter": "Lo",
    "mark": "M", "nonspacingmark": "Mn", "spacingmark": "Mc", "enclosingmark": "Me", "combiningmark": "M", "number": "N",
    "decimalnumber": "Nd", "letternumber": "Nl", "othernumber": "No", "punctuation": "P", "connectorpunctuation": "Pc",
    "dashpunctuation": "Pd", "openpunctuation": "Ps", "closepunctuation": "Pe", "initialpunctuation": "Pi", "finalpunctuation": "Pf",
    "otherpunctuation": "Po", "punct": "P", "symbol": "S", "mathsymbol": "Sm", "currencysymbol": "Sc", "modifiersymbol": "Sk",
    "othersymbol": "So", "separator": "Z", "spaceseparator": "Zs", "lineseparator": "Zl", "paragraphseparator": "Zp", "other": "C",
    "control": "Cc", "format": "Cf", "privateuse": "Co", "unassigned": "Cn", "casedletter": "LC",
  ]

  /// Scripts whose four-letter names of ISO 15924 are used in patterns.
  private static let shortScripts = [
    "hani": "han", "hira": "hiragana", "kana": "katakana", "hang": "hangul", "latn": "latin", "cyrl": "cyrillic", "arab": "arabic",
    "grek": "greek", "hebr": "hebrew", "deva": "devanagari", "beng": "bengali", "taml": "tamil", "telu": "telugu", "armn": "armenian",
    "geor": "georgian", "ethi": "ethiopic", "khmr": "khmer", "laoo": "lao", "mymr": "myanmar", "tibt": "tibetan", "zyyy": "common",
    "zinh": "inherited",
  ]

  /// The code points of general categories.
  static func categories(_ names: [String]) -> CodePointSet {
    CodePointSet(
      ranges: UnicodeTables.categoryRuns.filter { names.contains(UnicodeTables.categories[$0.value]) }.map { $0.first...$0.last })
  }

  /// The set with the name of a property: a general category, a script, or a class of POSIX.
  static func named(_ name: String) -> CodePointSet? {
    let key = name.lowercased().filter { $0 != " " && $0 != "_" && $0 != "-" }
    switch key {
    case "any": return .all
    case "ascii": return CodePointSet(ranges: [0...0x7F])
    case "assigned": return categories(["Cn"]).inverted
    default: break
    }
    if let long = longNames[key] { return named(long) }
    if key == "lc" { return categories(["Lu", "Ll", "Lt"]) }
    let matching = UnicodeTables.categories.filter { $0.lowercased() == key || key.count == 1 && $0.lowercased().hasPrefix(key) }
    if !matching.isEmpty { return categories(matching) }
    let script = shortScripts[key] ?? key
    if let position = UnicodeTables.scripts.firstIndex(where: { $0.lowercased().filter { $0 != "_" } == script }) {
      return CodePointSet(ranges: UnicodeTables.scriptRuns.filter { $0.value == position + 1 }.map { $0.first...$0.last })
    }
    return posix(key)
  }

  /// The set of a bracket of POSIX.
  static func posix(_ name: String) -> CodePointSet? {
    let alphabetic = { UnicodeTables.set(UnicodeTables.alphabetic) }
    switch name {
    case "alpha", "alphabetic": return alphabetic()
    case "alnum": return alphabetic().union(digit)
    case "digit": return digit
    case "space", "whitespace": return space
    case "blank": return categories(["Zs"]).union(CodePointSet(ranges: [9...9]))
    case "cntrl": return categories(["Cc"])
    case "punct": return categories(["Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po", "Sm", "Sc", "Sk", "So"])
    case "xdigit": return hexadecimal
    case "word": return word
    default: return nil
    }
  }
}
