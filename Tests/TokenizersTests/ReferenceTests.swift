// SPDX-License-Identifier: Apache-2.0
// Compares tokenizers of every kind with the `tokenizers` package (Fixtures, made by scripts/tokenizers_check.py --fixtures).

import TextFormats
import Testing
import Tokenizers

@Suite struct ReferenceTests {
  static let names = [
    "gpt2", "llama3", "gpt4o", "cl100k", "llama2", "affixes-False", "bert-True-None", "bert-False-None", "words", "t5", "xlnet", "never",
    "replace",
    "ctc",
  ]

  @Test(arguments: names)
  func idsAndTextsAreEqual(_ name: String) throws {
    let cases = try JSONValue(text: fixture("cases.json"))
    let lines = cases.member("lines").items.map { bytes(hexadecimal: $0.text) }
    let expected = cases.member("cases").member(name)
    let tokenizer = try tokenizer(name)
    #expect(lines.count == 90)
    #expect(expected.member("ids").items.count == lines.count)
    for (line, (ids, text)) in zip(lines, zip(expected.member("ids").items, expected.member("text").items)) {
      let found = try tokenizer.encode(all: [line])
      #expect(found[0].ids.map { Int($0) } == ids.integers, "\(String(decoding: line, as: UTF8.self))")
      #expect(try tokenizer.decode(ids.integers, skipsSpecial: false) == bytes(hexadecimal: text.text) || ids.integers.isEmpty)
    }
    // A second time, from the cache.
    for (line, ids) in zip(lines, expected.member("ids").items) {
      #expect(try tokenizer.encode(all: [line])[0].ids.map { Int($0) } == ids.integers)
    }
  }

  @Test(arguments: names)
  func pairsAreEqual(_ name: String) throws {
    let expected = try JSONValue(text: fixture("cases.json")).member("cases").member(name)
    let tokenizer = try tokenizer(name)
    var found = [try tokenizer.encode(Array("a b".utf8), pair: Array("The fox".utf8), truncation: tokenizer.truncation)]
    tokenizer.padding?.apply(&found)
    #expect(found[0].ids.map { Int($0) } == expected.member("pair").integers)
    #expect(found[0].typeIDs.map { Int($0) } == expected.member("type_ids").integers)
  }

  @Test func encodingsHaveMasks() throws {
    let found = try tokenizer("bert-True-None").encode(all: [Array("the fox".utf8)])[0]
    #expect(found.specialMask.first == 1)
    #expect(found.specialMask.last == 1)
    #expect(found.attentionMask.allSatisfy { $0 == 1 })
    #expect(found.ids.count == found.specialMask.count)
  }
}
