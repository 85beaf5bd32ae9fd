// SPDX-License-Identifier: Apache-2.0
// The visible characters for bytes of GPT-2.

/// The mapping from bytes to visible characters of GPT-2: printable bytes of Latin-1 stand for themselves, the others for the
/// characters from U+0100 on.
enum ByteLevel {
  /// The character of each byte.
  static let characters: [UInt32] = {
    var out: [UInt32] = []
    var next: UInt32 = 0x100
    for byte in UInt32(0)..<256 {
      let isPrintable = (0x21...0x7E).contains(byte) || (0xA1...0xAC).contains(byte) || (0xAE...0xFF).contains(byte)
      out.append(isPrintable ? byte : next)
      if !isPrintable { next += 1 }
    }
    return out
  }()

  private static let bytes: [UInt32: UInt8] = Dictionary(uniqueKeysWithValues: characters.enumerated().map { ($1, UInt8($0)) })
  private static let encoded: [[UInt8]] = characters.map { Array(String(Unicode.Scalar($0) ?? " ").utf8) }

  /// The words of GPT-2.
  static let pattern = #"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"#

  /// Bytes as visible characters.
  static func mapped(_ text: Bytes) -> [UInt8] {
    var out: [UInt8] = []
    out.reserveCapacity(text.count * 2)
    for byte in text {
      if byte > 0x20, byte < 0x7F { out.append(byte) } else { out += encoded[Int(byte)] }
    }
    return out
  }

  /// The bytes for which a token's characters stand; `nil` if one of them stands for none.
  static func unmapped(_ token: [UInt8]) -> [UInt8]? {
    var out: [UInt8] = []
    out.reserveCapacity(token.count)
    let isMapped = token.withUnsafeBufferPointer { token in
      var at = 0
      while at < token.count {
        let (point, length) = UTF8Text.decode(token, at: at)
        guard let byte = bytes[point] else { return false }
        out.append(byte)
        at += length
      }
      return true
    }
    return isMapped ? out : nil
  }
}
