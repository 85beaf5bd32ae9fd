// SPDX-License-Identifier: Apache-2.0
// Changes of a text before it is divided.

/// A normalizer of `tokenizer.json`.
indirect enum Normalizer: Sendable {
  case form(NormalizationForm)
  case lowercase
  case stripAccents
  case bert(BertNormalizer)
  case strip(left: Bool, right: Bool)
  case replace(Pattern, content: [UInt8])
  case prepend([UInt8])
  case precompiled(PrecompiledMap)
  case nmt
  case byteLevel
  case sequence([Normalizer])

  /// Normalizes a text in place.
  func apply(_ text: inout NormalizedText) throws(TokenizerError) {
    switch self {
    case .form(let form):
      if let changed = text.withBytes({ form.normalized($0) }) { text.bytes = changed }
    case .lowercase: Self.lowercase(&text)
    case .stripAccents: text.filter { !UnicodeTables.isCombiningMark[$0] }
    case .bert(let normalizer): normalizer.apply(&text)
    case .strip(let left, let right): Self.strip(&text, left, right)
    case .replace(let pattern, let content): try Self.replace(pattern, content, &text)
    case .prepend(let prefix): if !text.bytes.isEmpty { text.bytes = prefix + text.bytes }
    case .precompiled(let map): map.apply(&text)
    case .nmt: Self.nmt(&text)
    case .byteLevel: text.bytes = text.withBytes { ByteLevel.mapped($0) }
    case .sequence(let parts): for part in parts { try part.apply(&text) }
    }
  }

  static func lowercase(_ text: inout NormalizedText) {
    if text.bytes.allSatisfy({ $0 < 0x80 }) {
      for at in text.bytes.indices where text.bytes[at] >= 0x41 && text.bytes[at] <= 0x5A { text.bytes[at] |= 0x20 }
      return
    }
    var out: [UInt8] = []
    out.reserveCapacity(text.bytes.count)
    text.withBytes { bytes in
      var at = 0
      while at < bytes.count {
        let byte = bytes[at]
        if byte < 0x80 {
          out.append(byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte)
          at += 1
          continue
        }
        let (point, length) = UTF8Text.decode(bytes, at: at)
        if let lower = UnicodeTables.lowercaseForms[point] {
          for point in lower { UTF8Text.append(point, to: &out) }
        } else {
          out.append(contentsOf: bytes[at..<(at + length)])
        }
        at += length
      }
    }
    text.bytes = out
  }

  private static func strip(_ text: inout NormalizedText, _ left: Bool, _ right: Bool) {
    let (start, end) = text.withBytes { bytes in
      var (start, end) = (0, bytes.count)
      while left, start < end {
        let (point, length) = UTF8Text.decode(bytes, at: start)
        guard UnicodeTables.isWhiteSpace[point] else { break }
        start += length
      }
      while right, end > start {
        let (point, length) = UTF8Text.decode(bytes, before: end)
        guard UnicodeTables.isWhiteSpace[point] else { break }
        end -= length
      }
      return (start, end)
    }
    if start > 0 { text.isStart = false }
    if start > 0 || end < text.bytes.count { text.bytes = Array(text.bytes[start..<end]) }
  }

  private static func replace(_ pattern: Pattern, _ content: [UInt8], _ text: inout NormalizedText) throws(TokenizerError) {
    var out: [UInt8] = []
    var last = 0
    var hasMatch = false
    var movesStart = false
    let source = text.bytes
    guard !source.isEmpty else { return }
    var failure: TokenizerError?
    source.withUnsafeBufferPointer { bytes in
      do throws(TokenizerError) {
        try pattern.forEachMatch(bytes) { start, end in
          if !hasMatch { out.reserveCapacity(bytes.count + bytes.count / 2) }
          hasMatch = true
          // The new text belongs to the last character that it replaces.
          if start == 0, end > 0, content.isEmpty || end > UTF8Text.length(bytes[0]) { movesStart = true }
          out.append(contentsOf: bytes[last..<start])
          out.append(contentsOf: content)
          last = end
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
    guard hasMatch else { return }
    out += source[last...]
    text.bytes = out
    if movesStart { text.isStart = false }
  }

  /// The rules of SentencePiece's `nmt` normalization.
  private static func nmt(_ text: inout NormalizedText) {
    text.filter { point in
      switch point {
      case 0x01...0x08, 0x0B, 0x0E...0x1F, 0x7F, 0x8F, 0x9F: false
      default: true
      }
    }
    text.map { point in
      switch point {
      case 0x09, 0x0A, 0x0C, 0x0D, 0x1680, 0x200B...0x200F, 0x2028, 0x2029, 0x2581, 0xFEFF, 0xFFFD: 0x20
      default: point
      }
    }
  }
}

/// A text during normalization.
struct NormalizedText {
  var bytes: [UInt8]
  /// Whether the text begins with the first character of the input.
  var isStart: Bool

  func withBytes<R>(_ body: (Bytes) -> R) -> R { bytes.withUnsafeBufferPointer(body) }

  /// Removes the characters for which a condition does not hold.
  mutating func filter(_ keeps: (UInt32) -> Bool) {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    var keepsFirst = true
    withBytes { bytes in
      var at = 0
      while at < bytes.count {
        let (point, length) = UTF8Text.decode(bytes, at: at)
        if keeps(point) {
          out.append(contentsOf: bytes[at..<(at + length)])
        } else if at == 0 {
          keepsFirst = false
        }
        at += length
      }
    }
    bytes = out
    if !keepsFirst { isStart = false }
  }

  /// Replaces each character by one.
  mutating func map(_ change: (UInt32) -> UInt32) {
    var out: [UInt8] = []
    out.reserveCapacity(bytes.count)
    withBytes { bytes in
      var at = 0
      while at < bytes.count {
        let (point, length) = UTF8Text.decode(bytes, at: at)
        UTF8Text.append(change(point), to: &out)
        at += length
      }
    }
    bytes = out
  }
}
