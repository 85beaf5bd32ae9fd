// SPDX-License-Identifier: Apache-2.0
// Decoding of text that arrives in chunks of bytes.

/// Bytes of a text that arrives in chunks, which may split a character.
package struct PendingText {
  private var rest: [UInt8] = []

  package init() {}

  /// The text so far, without an incomplete character at its end.
  package mutating func add(_ bytes: [UInt8]) -> String {
    let all = rest + bytes
    let cut = Self.incompleteTail(all)
    rest = Array(all.suffix(cut))
    return String(decoding: all.dropLast(cut), as: UTF8.self)
  }

  /// The remaining bytes, with invalid UTF-8 repaired.
  package mutating func end() -> String {
    defer { rest = [] }
    return String(decoding: rest, as: UTF8.self)
  }

  /// Number of bytes at the end that start an incomplete character.
  private static func incompleteTail(_ bytes: [UInt8]) -> Int {
    for (back, byte) in bytes.suffix(3).reversed().enumerated() where byte & 0xC0 != 0x80 {
      let length = byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : byte >= 0xC0 ? 2 : 1
      return length > back + 1 ? back + 1 : 0
    }
    return 0
  }
}
