// SPDX-License-Identifier: Apache-2.0
// The precompiled character map of SentencePiece.

/// A double-array trie from characters to their normalized texts (SentencePiece's `precompiled_charsmap`): the size of the trie, the
/// trie, and the texts, each with a zero at its end.
struct PrecompiledMap: Sendable {
  private let units: [UInt32]
  private let texts: [UInt8]
  /// Whether the map changes single ASCII characters.
  private let changesASCII: [Bool]

  /// - Throws: `TokenizerError.field` for bytes that are no map.
  init(_ bytes: [UInt8], path: String) throws(TokenizerError) {
    if bytes.isEmpty {
      units = []
      texts = []
      changesASCII = []
      return
    }
    func word(_ at: Int) -> UInt32 {
      UInt32(bytes[at]) | UInt32(bytes[at + 1]) << 8 | UInt32(bytes[at + 2]) << 16 | UInt32(bytes[at + 3]) << 24
    }
    guard bytes.count >= 4 else { throw .field(path: path, problem: "the character map has fewer than 4 bytes") }
    let size = Int(word(0))
    guard size % 4 == 0, size > 0, size <= bytes.count - 4 else {
      throw .field(path: path, problem: "the trie of the character map has \(size) bytes, but the map only \(bytes.count)")
    }
    units = stride(from: 4, to: 4 + size, by: 4).map(word)
    texts = Array(bytes[(4 + size)...])
    guard String(validating: texts, as: UTF8.self) != nil else {
      throw .field(path: path, problem: "the texts of the character map are not valid UTF-8")
    }
    let (units, texts) = (units, texts)
    changesASCII = (0..<128).map { Self.text([UInt8($0)][...], units, texts) != nil }
  }

  /// The text for the shortest key with which bytes begin.
  private static func text(_ key: ArraySlice<UInt8>, _ units: [UInt32], _ texts: [UInt8]) -> ArraySlice<UInt8>? {
    guard let first = units.first else { return nil }
    func offset(_ unit: UInt32) -> Int { Int((unit >> 10) << ((unit & (1 << 9)) >> 6)) }
    var node = offset(first)
    for byte in key {
      if byte == 0 { return nil }
      node ^= Int(byte)
      guard node < units.count else { return nil }
      let unit = units[node]
      guard unit & (1 << 31 | 0xFF) == UInt32(byte) else { return nil }
      node ^= offset(unit)
      if unit >> 8 & 1 == 1 {
        guard node < units.count else { return nil }
        let start = Int(units[node] & 0x7FFF_FFFF)
        guard start <= texts.count else { return nil }
        let end = texts[start...].firstIndex(of: 0) ?? texts.count
        return texts[start..<end]
      }
    }
    return nil
  }

  func apply(_ text: inout NormalizedText) {
    guard !units.isEmpty else { return }
    let bytes = text.bytes
    if bytes.allSatisfy({ $0 < 0x80 && !changesASCII[Int($0)] }), !bytes.contains(13) { return }
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var at = 0
    while at < bytes.count {
      // Two neighboring ASCII characters are never one grapheme, except for CR LF.
      if bytes[at] < 0x80, bytes[at] != 13, at + 1 == bytes.count || bytes[at + 1] < 0x80 {
        append(bytes[at..<(at + 1)], to: &out)
        at += 1
        continue
      }
      var end = at + 1
      while end < bytes.count, !(bytes[end] < 0x80 && bytes[end] != 13 && (end + 1 == bytes.count || bytes[end + 1] < 0x80)) { end += 1 }
      for grapheme in String(decoding: bytes[at..<end], as: UTF8.self) { append(Array(grapheme.utf8)[...], to: &out) }
      at = end
    }
    text.bytes = out
  }

  /// Graphemes of fewer than six bytes are looked up whole, then every character by itself.
  private func append(_ grapheme: ArraySlice<UInt8>, to out: inout [UInt8]) {
    if grapheme.count == 1, let byte = grapheme.first, byte < 0x80, !changesASCII[Int(byte)] {
      out.append(byte)
      return
    }
    if grapheme.count < 6, let text = Self.text(grapheme, units, texts) {
      out += text
      return
    }
    var at = grapheme.startIndex
    while at < grapheme.endIndex {
      let end = min(at + UTF8Text.length(grapheme[at]), grapheme.endIndex)
      out += Self.text(grapheme[at..<end], units, texts) ?? grapheme[at..<end]
      at = end
    }
  }
}
