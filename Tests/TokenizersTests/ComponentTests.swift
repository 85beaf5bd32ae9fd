// SPDX-License-Identifier: Apache-2.0
// Components with literal texts; ids of the vocabulary in Support.swift.

import Testing
import Tokenizers

@Suite struct ComponentTests {
  private func ids(_ tokenizer: Tokenizer, _ text: String, addsSpecial: Bool = true) throws -> [UInt32] {
    try tokenizer.encode(Array(text.utf8), addsSpecial: addsSpecial, truncation: tokenizer.truncation).ids
  }

  @Test func tokensAreComparedByBytes() throws {
    let tokenizer = try small()
    #expect(try ids(tokenizer, "é") == [5])
    #expect(try ids(tokenizer, "e\u{301}") == [6])
    #expect(tokenizer.id("é") == 5)
    #expect(tokenizer.id("e\u{301}") == 6)
  }

  @Test func normalizationFormsCompose() throws {
    #expect(try ids(small(#""normalizer": {"type": "NFC"}"#), "e\u{301}") == [5])
    #expect(try ids(small(#""normalizer": {"type": "NFD"}"#), "é") == [6])
  }

  @Test func addedTokensAreNumberedAfterTheVocabulary() throws {
    let added = #"[{"id": 99, "content": "<x>", "special": true, "normalized": false}, {"id": 1, "content": "a", "single_word": true}]"#
    let tokenizer = try small(#""pre_tokenizer": {"type": "WhitespaceSplit"}"#, added: added)
    #expect(tokenizer.id("<x>") == 9)
    #expect(tokenizer.count == 10)
    #expect(try ids(tokenizer, "a<x>b ab") == [1, 9, 2, 3])
    #expect(try tokenizer.encode(Array("<x>".utf8), findsSpecial: false, truncation: nil).ids == [0])
    #expect(tokenizer.isSpecial(9))
    #expect(try tokenizer.decode([1, 9]) == Array("a".utf8))
    #expect(try tokenizer.decode([1, 9], skipsSpecial: false) == Array("a <x>".utf8))
  }

  @Test func prependingOnlyTheFirstWordDependsOnThePlace() throws {
    let metaspace = #""pre_tokenizer": {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first"}"#
    let added = #"[{"id": 9, "content": "<x>", "normalized": false}]"#
    #expect(try ids(small(metaspace, added: added), "a<x>a a") == [7, 9, 1, 7])
    let strip = #""normalizer": {"type": "Strip", "strip_left": true, "strip_right": false}, "# + metaspace
    #expect(try ids(small(strip), "a") == [7])
    #expect(try ids(small(strip), "  a") == [1])
  }

  @Test func invalidBytesAreReplaced() throws {
    let replacement = try ids(small(), "\u{FFFD}")
    #expect(try small().encode([0xFF], truncation: nil).ids == replacement)
  }

  @Test func truncationKeepsTheTemplate() throws {
    let template =
      #""pre_tokenizer": {"type": "WhitespaceSplit"}, "post_processor": {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "c", "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 1}}], "pair": [], "special_tokens": {"c": {"id": "c", "ids": [4], "tokens": ["c"]}}}"#
    let tokenizer = try small(template)
    let text = Array("a b a b".utf8)
    #expect(try tokenizer.encode(text, truncation: Truncation(maximum: 3)).ids == [4, 1, 2])
    #expect(try tokenizer.encode(text, truncation: Truncation(maximum: 3, fromLeft: true)).ids == [4, 1, 2])
    #expect(try tokenizer.encode(text, truncation: Truncation(maximum: 1)).ids == [4])
    #expect(throws: TokenizerError.self) { try tokenizer.encode(text, truncation: Truncation(maximum: 0)) }
    #expect(try tokenizer.encode(text, truncation: nil).typeIDs == [0, 1, 1, 1, 1])
    #expect(try tokenizer.encode(text, addsSpecial: false, truncation: Truncation(maximum: 3)).ids == [1, 2, 1])
  }

  @Test func longWordsAreMergedLikeShortOnes() throws {
    let model = #"{"type": "BPE", "vocab": {"a": 0, "b": 1, "ab": 2, "abab": 3}, "merges": ["a b", "ab ab"]}"#
    let tokenizer = try small(model: model)
    #expect(try ids(tokenizer, String(repeating: "ab", count: 20)) == [UInt32](repeating: 3, count: 10))
    #expect(try ids(tokenizer, String(repeating: "ab", count: 101)) == [UInt32](repeating: 3, count: 50) + [2])
    #expect(try ids(tokenizer, "b" + String(repeating: "ab", count: 100_000)).count == 50_001)
  }

  @Test func unknownIDsAreErrors() throws {
    #expect(throws: TokenizerError.unknownID(77, count: 9)) { try small().decode([1, 77]) }
    #expect(throws: TokenizerError.unknownID(-1, count: 9)) { try small().decode([-1]) }
  }

  @Test func vocabularyTextIsBERT() throws {
    let tokens = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", "the", "fox", "##es", "un", "##e", "!"]
    let tokenizer = try Tokenizer(vocabularyText: Array((tokens.joined(separator: "\n") + "\n").utf8))
    #expect(try ids(tokenizer, "The foxes, Une! [MASK]") == [2, 5, 6, 7, 1, 8, 9, 10, 4, 3])
    #expect(try tokenizer.decode([2, 5, 6, 7, 10, 3]) == Array("the foxes!".utf8))
    #expect(tokenizer.roles["pad"] == 0)
    #expect(throws: TokenizerError.self) { try Tokenizer(vocabularyText: Array("a\nb".utf8)) }
    #expect(throws: TokenizerError.self) { try Tokenizer(vocabularyText: [0xFF, 0xFE, 0]) }
    let cased = try Tokenizer(vocabularyText: Array("[UNK]\nThe\nthe\n".utf8))
    #expect(try ids(cased, "The the") == [1, 2])
  }
}
