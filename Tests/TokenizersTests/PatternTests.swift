// SPDX-License-Identifier: Apache-2.0

import Testing
import Tokenizers

@Suite struct PatternTests {
  private func matches(_ pattern: String, _ text: String) throws -> [String] {
    let pattern = try Pattern(pattern)
    var out: [String] = []
    let utf8 = Array(text.utf8)
    try utf8.withUnsafeBufferPointer { bytes in
      try pattern.forEachMatch(bytes) { out.append(String(decoding: utf8[$0..<$1], as: UTF8.self)) }
    }
    return out
  }

  private func fault(_ pattern: String) -> String {
    do {
      _ = try Pattern(pattern)
      return "compiled"
    } catch { return error.description }
  }

  /// Patterns with their matches, by hand.
  @Test(arguments: [
    ("a|ab", "abab", ["a", "a"]), ("(?:a|ab)(?:c|bcd)", "abcd", ["abcd"]), ("a+?", "aaa", ["a", "a", "a"]), ("a++b|a", "aab", ["aab"]),
    ("a++a", "aaa", []), ("(?>a|ab)c", "abc", []), ("a{2,3}", "aaaaa", ["aaa", "aa"]), ("a{,2}b", "aaab", ["aab"]),
    ("a{2}?", "aaa", ["aa", ""]),
    ("\\p{N}{1,2}+", "12345", ["12345"]), ("x{", "x{", ["x{"]), ("x{a}", "x{a}", ["x{a}"]), ("[a-c&&[^b]]+", "abcab", ["a", "ca"]),
    ("[^\\s\\p{L}]+", "a1 b!?", ["1", "!?"]), ("[]a]+", "a]b", ["a]"]), ("[a-]+", "a-b", ["a-"]), ("\\s+(?!\\S)", "a   b ", ["  ", " "]),
    ("(?<=a)b", "bab", ["b"]), ("(?<!a)b", "bab", ["b"]), ("(?<=é)x", "éxx", ["x"]), ("(?i:straße)", "STRAßE", ["STRAßE"]),
    ("(?i)s", "sSſ", ["s", "S", "ſ"]),
    ("(?i:[^a])", "aAb", ["b"]), ("^.", "a\nb\n", ["a", "b"]), (".$", "a\nb", ["a", "b"]), ("\\A.|.\\z", "abc", ["a", "c"]),
    ("c\\Z", "c\n", ["c"]),
    ("\\bé", "é aé", ["é"]), ("\\h+", "0aFg", ["0aF"]), ("\\R", "\r\n\n", ["\r\n", "\n"]), (".", "\n", []), ("(?m:.)", "\n", ["\n"]),
    ("x*", "axb", ["", "x", ""]), ("(?:a*)*b", "aab", ["aab"]), ("(?:a|b*)*c", "abbac", ["abbac"]), ("(?x) a + # one\n b", "aab", ["aab"]),
    ("\\x41\\x{1F600}\\u0042\\t", "A😀B\t", ["A😀B\t"]), ("[[:alpha:]]+", "aé1", ["aé"]), ("\\p{Han}+", "a漢字か", ["漢字"]),
    ("\\p{^L}", "a1", ["1"]),
    ("(?<name>a)(?#comment)b", "ab", ["ab"]), ("", "é", ["", ""]),
  ])
  func matchesAreFound(_ pattern: String, _ text: String, _ expected: [String]) throws {
    #expect(try matches(pattern, text) == expected, "\(pattern)")
  }

  @Test(arguments: [
    ("(a", "a group without an end"), ("a)", "without an opening one"), ("[a", "a bracket without an end"),
    ("*a", "a repetition of nothing"),
    ("a\\", "ends with a backslash"), ("\\p{Nonsense}", "\"Nonsense\" is not known"), ("(a)\\1", "not supported"),
    ("a{3,2}", "at least 3 and at most 2"),
    ("[b-a]", "whose end is before its start"), ("(?<=a*)b", "look-behind of variable length"), ("a{1,5000}", "more than 1000 times"),
    ("(?:(?:(?:a{900}b){900}c){900}d){900}", "too large"), ("\\q", "\\q is not supported"), ("(?@a)", "unknown kind of group"),
    ("[[:nonsense:]]", "is not known"), ("\\x{110000}", "invalid hexadecimal"),
  ])
  func faultsAreExplained(_ pattern: String, _ part: String) {
    #expect(fault(pattern).contains(part), "\(fault(pattern))")
  }

  @Test func nestingIsLimited() {
    #expect(fault(String(repeating: "(", count: 100_000)).contains("more than 100 groups"))
    #expect(fault(String(repeating: "[", count: 100_000)).contains("more than 100 brackets"))
  }

  @Test func endlessBacktrackingIsAnError() {
    #expect(throws: TokenizerError.self) { try matches("(?:a+)+b", String(repeating: "a", count: 40)) }
    #expect(throws: TokenizerError.self) { try matches("(?:a|a?)+$", String(repeating: "a", count: 60) + "b") }
  }

  @Test func longTextsNeedNoStack() throws {
    #expect(try matches("(?:a|b)+", String(repeating: "ab", count: 200_000)).map(\.count) == [400_000])
  }
}
