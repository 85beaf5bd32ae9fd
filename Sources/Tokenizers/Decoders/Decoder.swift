// SPDX-License-Identifier: Apache-2.0
// Text from tokens.

/// A decoder of `tokenizer.json`: changes the texts of tokens, which are joined at the end.
indirect enum Decoder: Sendable {
  case byteLevel
  case wordPiece(prefix: [UInt8], cleans: Bool)
  case metaspace(replacement: UInt32, dropsFirst: Bool)
  case bytePair(suffix: [UInt8])
  case ctc(pad: [UInt8], delimiter: [UInt8], cleans: Bool)
  case fuse
  case strip(UInt32, start: Int, stop: Int)
  case replace(Pattern, content: [UInt8])
  case byteFallback
  case sequence([Decoder])

  func apply(_ tokens: [[UInt8]]) throws(TokenizerError) -> [[UInt8]] {
    switch self {
    case .byteLevel:
      let bytes = tokens.flatMap { ByteLevel.unmapped($0) ?? $0 }
      return [UTF8Text.repaired(bytes)]
    case .wordPiece(let prefix, let cleans):
      return tokens.enumerated().map { position, token in
        var token = token
        if position > 0 { token = token.starts(with: prefix) ? Array(token[prefix.count...]) : [0x20] + token }
        return cleans ? Self.cleaned(token) : token
      }
    case .metaspace(let replacement, let dropsFirst):
      return tokens.enumerated().map { position, token in
        var out: [UInt8] = []
        for point in UTF8Text.points(token) {
          if point != replacement { UTF8Text.append(point, to: &out) } else if position > 0 || !dropsFirst { out.append(0x20) }
        }
        return out
      }
    case .bytePair(let suffix):
      return tokens.enumerated().map { position, token in
        Self.replacing(token, suffix, with: position == tokens.count - 1 ? [] : [0x20])
      }
    case .ctc(let pad, let delimiter, let cleans):
      var out: [[UInt8]] = []
      for (position, token) in tokens.enumerated() where position == 0 || tokens[position - 1] != token {
        var token = Self.replacing(token, pad, with: [])
        if cleans { token = Self.replacing(Self.cleaned(token), delimiter, with: [0x20]) }
        if !token.isEmpty { out.append(token) }
      }
      return out
    case .fuse: return [Array(tokens.joined())]
    case .strip(let content, let start, let stop): return tokens.map { Self.stripped($0, content, start, stop) }
    case .replace(let pattern, let content):
      var out: [[UInt8]] = []
      for token in tokens { out.append(try Self.replacing(token, pattern, content)) }
      return out
    case .byteFallback: return Self.withBytes(tokens)
    case .sequence(let parts):
      var tokens = tokens
      for part in parts { tokens = try part.apply(tokens) }
      return tokens
    }
  }

  /// Removes spaces before punctuation, and writes abbreviations of English together.
  private static func cleaned(_ token: [UInt8]) -> [UInt8] {
    guard token.contains(0x20) else { return token }
    var token = token
    for (from, to) in [
      (" .", "."), (" ?", "?"), (" !", "!"), (" ,", ","), (" ' ", "'"), (" n't", "n't"), (" 'm", "'m"), (" do not", " don't"),
      (" 's", "'s"),
      (" 've", "'ve"), (" 're", "'re"),
    ] { token = replacing(token, Array(from.utf8), with: Array(to.utf8)) }
    return token
  }

  private static func replacing(_ token: [UInt8], _ part: [UInt8], with content: [UInt8]) -> [UInt8] {
    guard !part.isEmpty else {
      // The empty text is found before every character and at the end.
      var out: [UInt8] = content
      for point in UTF8Text.points(token) {
        UTF8Text.append(point, to: &out)
        out += content
      }
      return out
    }
    var out: [UInt8] = []
    var at = 0
    while at < token.count {
      if token[at] == part[0], token[at...].starts(with: part) {
        out += content
        at += part.count
      } else {
        out.append(token[at])
        at += 1
      }
    }
    return out
  }

  private static func replacing(_ token: [UInt8], _ pattern: Pattern, _ content: [UInt8]) throws(TokenizerError) -> [UInt8] {
    var out: [UInt8] = []
    var last = 0
    guard !token.isEmpty else { return [] }
    var failure: TokenizerError?
    token.withUnsafeBufferPointer { bytes in
      do throws(TokenizerError) {
        try pattern.forEachMatch(bytes) { start, end in
          out.append(contentsOf: bytes[last..<start])
          out += content
          last = end
        }
      } catch { failure = error }
    }
    if let failure { throw failure }
    return out + token[last...]
  }

  private static func stripped(_ token: [UInt8], _ content: UInt32, _ start: Int, _ stop: Int) -> [UInt8] {
    let points = UTF8Text.points(token)
    var first = 0
    while first < min(start, points.count), points[first] == content { first += 1 }
    var last = points.count
    while last > first, points.count - last < stop, points[last - 1] == content { last -= 1 }
    var out: [UInt8] = []
    for point in points[first..<last] { UTF8Text.append(point, to: &out) }
    return out
  }

  /// Runs of tokens such as `<0x41>` become the text of their bytes, or one U+FFFD for each if they are not valid UTF-8.
  private static func withBytes(_ tokens: [[UInt8]]) -> [[UInt8]] {
    var out: [[UInt8]] = []
    var bytes: [UInt8] = []
    func flush() {
      guard !bytes.isEmpty else { return }
      if String(validating: bytes, as: UTF8.self) != nil {
        out.append(bytes)
      } else {
        out += [[UInt8]](repeating: [0xEF, 0xBF, 0xBD], count: bytes.count)
      }
      bytes = []
    }
    for token in tokens {
      if let byte = byte(token) {
        bytes.append(byte)
      } else {
        flush()
        out.append(token)
      }
    }
    flush()
    return out
  }

  private static func byte(_ token: [UInt8]) -> UInt8? {
    guard token.count == 6, token.starts(with: "<0x".utf8), token[5] == UInt8(ascii: ">") else { return nil }
    return UInt8(String(decoding: token[3..<5], as: UTF8.self), radix: 16)
  }
}
