// SPDX-License-Identifier: Apache-2.0
// The normalization of BERT.

/// Cleans a text, separates Chinese characters, strips accents and lowercases, as BERT's basic tokenizer.
struct BertNormalizer: Sendable {
  var cleansText = true
  var separatesChinese = true
  /// `nil` for the value of `lowercases`.
  var stripsAccents: Bool?
  var lowercases = true

  func apply(_ text: inout NormalizedText) {
    let isASCII = text.bytes.allSatisfy { $0 < 0x80 }
    if cleansText { clean(&text) }
    if separatesChinese, !isASCII { separateChinese(&text) }
    if stripsAccents ?? lowercases, !isASCII {
      if let changed = text.withBytes({ NormalizationForm.nfd.normalized($0) }) { text.bytes = changed }
      text.filter { !UnicodeTables.isNonspacingMark[$0] }
    }
    if lowercases { Normalizer.lowercase(&text) }
  }

  private func clean(_ text: inout NormalizedText) {
    let isClean = text.bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7F }
    if isClean { return }
    text.filter { point in
      if point == 0 || point == 0xFFFD { return false }
      return point == 9 || point == 10 || point == 13 || !UnicodeTables.isControl[point]
    }
    text.map { point in UnicodeTables.isWhiteSpace[point] ? 0x20 : point }
  }

  private func separateChinese(_ text: inout NormalizedText) {
    var out: [UInt8] = []
    out.reserveCapacity(text.bytes.count)
    var hasChinese = false
    text.withBytes { bytes in
      var at = 0
      while at < bytes.count {
        let (point, length) = UTF8Text.decode(bytes, at: at)
        let isChinese = Self.isChinese(point)
        hasChinese = hasChinese || isChinese
        if isChinese { out.append(0x20) }
        out.append(contentsOf: bytes[at..<(at + length)])
        if isChinese { out.append(0x20) }
        at += length
      }
    }
    if hasChinese { text.bytes = out }
  }

  /// The blocks that BERT's basic tokenizer lists. The last but two begins at U+2B920 as in the `tokenizers` package.
  private static func isChinese(_ point: UInt32) -> Bool {
    switch point {
    case 0x4E00...0x9FFF, 0x3400...0x4DBF, 0x20000...0x2A6DF, 0x2A700...0x2B73F, 0x2B740...0x2B81F, 0x2B920...0x2CEAF, 0xF900...0xFAFF,
      0x2F800...0x2FA1F:
      true
    default: false
    }
  }
}
