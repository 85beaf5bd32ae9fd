// SPDX-License-Identifier: Apache-2.0
// Vocabularies of GGUF files that the tests write.

import Testing
import Tokenizers

/// Writes the metadata of a GGUF file.
struct GGUFBuilder {
  private var body: [UInt8] = []
  private var count: UInt64 = 0

  private static func little<N: FixedWidthInteger>(_ value: N) -> [UInt8] { withUnsafeBytes(of: value.littleEndian) { Array($0) } }
  private static func text(_ value: String) -> [UInt8] { little(UInt64(value.utf8.count)) + Array(value.utf8) }

  private mutating func key(_ name: String, _ type: UInt32) {
    body += Self.text(name) + Self.little(type)
    count += 1
  }

  mutating func add(_ name: String, _ value: String) {
    key(name, 8)
    body += Self.text(value)
  }

  mutating func add(_ name: String, _ value: UInt32) {
    key(name, 4)
    body += Self.little(value)
  }

  mutating func add(_ name: String, _ value: Bool) {
    key(name, 7)
    body.append(value ? 1 : 0)
  }

  mutating func add(_ name: String, _ values: [String]) {
    key(name, 9)
    body += Self.little(UInt32(8)) + Self.little(UInt64(values.count)) + values.flatMap(Self.text)
  }

  mutating func add(_ name: String, _ values: [Float]) {
    key(name, 9)
    body += Self.little(UInt32(6)) + Self.little(UInt64(values.count)) + values.flatMap { Self.little($0.bitPattern) }
  }

  mutating func add(_ name: String, _ values: [Int32]) {
    key(name, 9)
    body += Self.little(UInt32(5)) + Self.little(UInt64(values.count)) + values.flatMap { Self.little($0) }
  }

  var bytes: [UInt8] { Array("GGUF".utf8) + Self.little(UInt32(3)) + Self.little(UInt64(0)) + Self.little(count) + body }
}

@Suite struct GGUFTests {
  private func tokenizer(_ bytes: [UInt8]) throws -> Tokenizer { try bytes.withUnsafeBytes { try Tokenizer(gguf: $0) } }

  static let sentencePiece: [UInt8] = {
    var file = GGUFBuilder()
    file.add("general.architecture", "llama")
    file.add("general.numbers", [1, 2, 3] as [Int32])
    file.add("tokenizer.ggml.model", "llama")
    let tokens =
      ["<unk>", "<s>", "</s>", "▁", "a", "b", "c", "ab", "▁ab", "bc"]
      + (0..<256).map { byte in
        let digits = String(byte, radix: 16, uppercase: true)
        return "<0x\(byte < 16 ? "0" : "")\(digits)>"
      }
    file.add("tokenizer.ggml.tokens", tokens)
    file.add("tokenizer.ggml.scores", [0, 0, 0, -9, -9, -9, -9, -2, -3, -1] + [Float](repeating: 0, count: 256))
    file.add("tokenizer.ggml.token_type", [2, 3, 3, 1, 1, 1, 1, 1, 1, 1] + [Int32](repeating: 6, count: 256))
    file.add("tokenizer.ggml.bos_token_id", 1 as UInt32)
    file.add("tokenizer.ggml.eos_token_id", 2 as UInt32)
    file.add("tokenizer.ggml.unknown_token_id", 0 as UInt32)
    return file.bytes
  }()

  @Test func sentencePieceMergesTheBestToken() throws {
    let tokenizer = try tokenizer(Self.sentencePiece)
    // "bc" has a higher score than "ab".
    #expect(try tokenizer.encode(Array("abc ab".utf8), truncation: nil).ids == [1, 3, 4, 9, 8])
    #expect(try tokenizer.encode(Array("é".utf8), truncation: nil).ids == [1, 3, 10 + 0xC3, 10 + 0xA9])
    #expect(try tokenizer.decode([1, 8, 10 + 0xC3, 10 + 0xA9, 3, 4]) == Array("abé a".utf8))
    #expect(tokenizer.roles == ["bos": 1, "eos": 2, "unk": 0])
  }

  private func byteLevel(_ pre: String) -> [UInt8] {
    var file = GGUFBuilder()
    file.add("tokenizer.ggml.model", "gpt2")
    file.add("tokenizer.ggml.pre", pre)
    file.add("tokenizer.ggml.tokens", ["a", "b", "Ġ", "1", "2", "ab", "Ġab", "12", "<|end|>"])
    file.add("tokenizer.ggml.token_type", [1, 1, 1, 1, 1, 1, 1, 1, 3] as [Int32])
    file.add("tokenizer.ggml.merges", ["a b", "Ġ ab", "1 2"])
    return file.bytes
  }

  @Test(arguments: [("gpt-2", [6, 7, 8] as [UInt32]), ("qwen2", [6, 3, 4, 8]), ("llama-bpe", [6, 7, 8]), ("smollm", [6, 3, 4, 8])])
  func byteLevelDividesByName(_ pre: String, _ expected: [UInt32]) throws {
    let tokenizer = try tokenizer(byteLevel(pre))
    #expect(try tokenizer.encode(Array(" ab12<|end|>".utf8), truncation: nil).ids == expected)
    #expect(try tokenizer.decode(expected.map { Int($0) }) == Array(" ab12".utf8))
  }

  @Test func faultsAreErrors() {
    for count in stride(from: 0, to: Self.sentencePiece.count - 1, by: 7) {
      #expect(throws: TokenizerError.self) { try tokenizer(Array(Self.sentencePiece.prefix(count))) }
    }
    #expect(throws: TokenizerError.self) { try tokenizer(byteLevel("nonsense")) }
    #expect(throws: TokenizerError.self) { try tokenizer(GGUFBuilder().bytes) }
  }
}
