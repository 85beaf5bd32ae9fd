// SPDX-License-Identifier: Apache-2.0
// Files of the fixtures, which scripts/tokenizers_check.py made with the `tokenizers` package.

import Foundation
import TextFormats
import Tokenizers

let fixtures = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures")

func fixture(_ name: String) throws -> [UInt8] { [UInt8](try Data(contentsOf: fixtures.appendingPathComponent(name))) }

func tokenizer(_ name: String) throws -> Tokenizer { try Tokenizer(json: fixture(name + ".json")) }

/// A tokenizer of whole words and characters with other parts, as JSON.
func small(_ parts: String = "", model: String? = nil, added: String = "[]") throws -> Tokenizer {
  let words = #"{"[U]": 0, "a": 1, "b": 2, "ab": 3, "c": 4, "é": 5, "e\u0301": 6, "▁a": 7, "▁": 8}"#
  let model = model ?? #"{"type": "WordLevel", "unk_token": "[U]", "vocab": \#(words)}"#
  return try Tokenizer(
    json: Array("{\"version\": \"1.0\", \"added_tokens\": \(added), \"model\": \(model)\(parts.isEmpty ? "" : ", " + parts)}".utf8))
}

func bytes(hexadecimal text: String) -> [UInt8] {
  var out: [UInt8] = []
  var rest = Substring(text)
  while rest.count >= 2 {
    out.append(UInt8(rest.prefix(2), radix: 16) ?? 0)
    rest = rest.dropFirst(2)
  }
  return out
}

extension JSONValue {
  func member(_ name: String) -> JSONValue { self[name] ?? .null }

  var items: [JSONValue] { if case .array(let items) = self { items } else { [] } }
  var integers: [Int] { items.compactMap { if case .integer(let value) = $0 { value } else { nil } } }
  var text: String { if case .string(let text) = self { text } else { "" } }
}

/// Random numbers with a seed.
struct Random {
  private var state: UInt64

  init(_ seed: UInt64) { state = seed }

  mutating func below(_ limit: Int) -> Int {
    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
    return Int((state >> 33) % UInt64(limit))
  }
}
