// SPDX-License-Identifier: Apache-2.0
// Damaged and hostile files are errors or work; nothing crashes or hangs.

import TextFormats
import Testing
import Tokenizers

@Suite struct HostileFilesTests {
  /// Loads a file; if that succeeds, encodes and decodes.
  private func exercise(_ bytes: [UInt8]) {
    guard let tokenizer = try? Tokenizer(json: bytes) else { return }
    for text in ["a b  é the foxes 12 </s>", "\u{FFFD}\u{1F600}\u{301}\r\n▁", ""] {
      guard let encodings = try? tokenizer.encode(all: [Array(text.utf8)]) else { continue }
      _ = try? tokenizer.decode(encodings[0].ids.prefix(100).map { Int($0) })
      _ = try? tokenizer.encode(Array(text.utf8), pair: Array("b".utf8), truncation: Truncation(maximum: 3))
    }
  }

  @Test(arguments: ReferenceTests.names)
  func damagedFilesAreErrorsOrWork(_ name: String) throws {
    let original = try fixture(name + ".json")
    var random = Random(UInt64(name.utf8.count) + 1)
    for round in 0..<60 {
      var bytes = original
      switch round % 4 {
      case 0: bytes.removeLast(random.below(bytes.count))
      case 1: for _ in 0..<3 { bytes[random.below(bytes.count)] = UInt8(random.below(256)) }
      case 2:
        // Digits, names and signs among the parts, which are at the beginning.
        for _ in 0..<3 { bytes[random.below(min(bytes.count, 4000))] = Array("0123456789{}[]\",:-".utf8)[random.below(18)] }
      default:
        let start = random.below(bytes.count)
        bytes.removeSubrange(start..<min(bytes.count, start + random.below(60)))
      }
      exercise(bytes)
    }
  }

  /// Replaces each value in turn by values of other types.
  @Test(arguments: ["llama2", "bert-True-None", "t5", "words", "llama3", "xlnet"])
  func wrongTypesAreErrorsOrWork(_ name: String) throws {
    let root = try JSONValue(text: fixture(name + ".json"))
    for replacement in [
      JSONValue.null, .integer(-1), .integer(1 << 40), .number(0.5), .string(""), .string("é▁"), .array([]), .object([]), .boolean(true),
    ] {
      for variant in variants(root, replacement, depth: 0) { exercise(Array(variant.text().utf8)) }
    }
  }

  private func variants(_ value: JSONValue, _ replacement: JSONValue, depth: Int) -> [JSONValue] {
    var out = [replacement]
    switch value {
    case .object(let members) where members.count < 30:
      for (position, member) in members.enumerated() {
        for variant in variants(member.value, replacement, depth: depth + 1) {
          var copy = members
          copy[position] = .init(member.name, variant)
          out.append(.object(copy))
        }
      }
    case .array(let items) where items.count < 6:
      for position in items.indices {
        for variant in variants(items[position], replacement, depth: depth + 1) {
          var copy = items
          copy[position] = variant
          out.append(.array(copy))
        }
      }
    default: break
    }
    return out
  }

  @Test(arguments: [
    (#"{"model": 1}"#, "tokenizer.json.model: expected an object, found a number"), ("{}", "no member \"model\""),
    ("[]", "expected an object, found an array"),
    (#"{"version": "2.0", "model": {}}"#, "expected \"1.0\""), (#"{"model": {"type": "Magic"}}"#, "the model \"Magic\" is not supported"),
    (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": ["a b"]}}"#, "the token \"b\" is not in the vocabulary"),
    (#"{"model": {"type": "BPE", "vocab": {"a": -1}, "merges": []}}"#, "no integer from 0 on"),
    (#"{"model": {"type": "BPE", "vocab": {"a": 0}, "merges": [], "dropout": 0.1}}"#, "dropout makes ids random"),
    (#"{"model": {"type": "Unigram", "vocab": [["a", 0]], "unk_id": 1}}"#, "not below the number of tokens"),
    (
      #"{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}, "normalizer": {"type": "Magic"}}"#,
      "the normalizer \"Magic\" is not supported"
    ),
    (
      #"{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}, "normalizer": {"type": "Precompiled", "precompiled_charsmap": "!"}}"#,
      "not base64"
    ),
    (
      #"{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}, "normalizer": {"type": "Precompiled", "precompiled_charsmap": "//////8="}}"#,
      "the trie of the character map"
    ),
    (
      #"{"model": {"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "a"}, "pre_tokenizer": {"type": "Split", "pattern": {"Regex": "(a"}, "behavior": "Isolated"}}"#,
      "a group without an end"
    ),
  ])
  func faultsNameTheirPlace(_ text: String, _ part: String) {
    do {
      _ = try Tokenizer(json: Array(text.utf8))
      Issue.record("read: \(text)")
    } catch { #expect("\(error)".contains(part), "\(error)") }
  }

  @Test(arguments: [#"{"strategy": {"Fixed": 2000000000}}"#, #"{"strategy": "BatchLongest", "pad_to_multiple_of": 2000000000}"#])
  func hugePaddingIsAnError(_ padding: String) {
    #expect(throws: TokenizerError.self) { try small("\"padding\": \(padding)") }
  }

  @Test func textWithoutTokensIsAnError() throws {
    let tokenizer = try small(model: #"{"type": "WordLevel", "vocab": {"a": 0}, "unk_token": "none"}"#)
    #expect(throws: TokenizerError.noUnknownToken(text: "b")) { try tokenizer.encode(Array("b".utf8), truncation: nil) }
  }

  @Test func hugeIDsTakeNoMemory() throws {
    let tokenizer = try small(model: #"{"type": "WordLevel", "vocab": {"a": 2147483000}, "unk_token": "a"}"#)
    #expect(try tokenizer.encode(Array("b".utf8), truncation: nil).ids == [2_147_483_000])
  }
}
