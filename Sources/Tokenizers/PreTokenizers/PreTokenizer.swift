// SPDX-License-Identifier: Apache-2.0
// Divides a text into the words that the model is given.

/// A pre-tokenizer of `tokenizer.json`.
indirect enum PreTokenizer: Sendable {
  enum PrependScheme: String, Sendable, CaseIterable { case first, never, always }

  case byteLevel(addsSpace: Bool, Pattern?)
  case bert
  case whitespace
  case whitespaceSplit
  case metaspace(replacement: UInt32, PrependScheme, divides: Bool)
  case split(Pattern, SplitBehavior, isInverted: Bool)
  case punctuation(SplitBehavior)
  case digits(individual: Bool)
  case unicodeScripts
  case delimiter(UInt32)
  case fixedLength(Int)
  case sequence([PreTokenizer])

  /// The steps of nested sequences, in order.
  var steps: [PreTokenizer] {
    if case .sequence(let parts) = self { return parts.flatMap(\.steps) }
    return [self]
  }

  /// Divides the pieces of a text further.
  ///
  /// - Parameter defersBytes: leaves bytes as they are in the byte-level step; the caller maps words that are not in its cache.
  func apply(_ pieces: inout Pieces, defersBytes: Bool) throws(TokenizerError) {
    switch self {
    case .byteLevel(let addsSpace, let pattern):
      if addsSpace { Self.addSpaces(&pieces) }
      if let pattern { try Self.split(&pieces, pattern, .isolated, false) }
      if !defersBytes { pieces.rewrite { text, _, out in out += ByteLevel.mapped(text) } }
    case .bert: try Self.bert(&pieces)
    case .whitespace: try Self.whitespace(&pieces)
    case .whitespaceSplit: try Self.split(&pieces, .removed) { UnicodeTables.isWhiteSpace[$0] }
    case .metaspace(let replacement, let scheme, let divides): try Self.metaspace(&pieces, replacement, scheme, divides)
    case .split(let pattern, let behavior, let isInverted): try Self.split(&pieces, pattern, behavior, isInverted)
    case .punctuation(let behavior): try Self.split(&pieces, behavior) { UnicodeTables.isPunctuation[$0] }
    case .digits(let individual): try Self.split(&pieces, individual ? .isolated : .contiguous) { UnicodeTables.isNumeric[$0] }
    case .unicodeScripts: try Self.scripts(&pieces)
    case .delimiter(let delimiter): try Self.split(&pieces, .removed) { $0 == delimiter }
    case .fixedLength(let length): try Self.fixed(&pieces, length)
    case .sequence(let parts): for part in parts { try part.apply(&pieces, defersBytes: false) }
    }
  }

  private static func addSpaces(_ pieces: inout Pieces) {
    guard pieces.pieces.contains(where: { pieces.bytes[$0.start] != 0x20 }) else { return }
    pieces.rewrite { text, _, out in
      if text.first != 0x20 { out.append(0x20) }
      out.append(contentsOf: text)
    }
  }

  private static func split(
    _ pieces: inout Pieces, _ pattern: Pattern, _ behavior: SplitBehavior, _ isInverted: Bool
  ) throws(TokenizerError) {
    var segments: [SplitBehavior.Segment] = []
    try pieces.divide { (text, ranges) throws(TokenizerError) in
      var last = 0
      if behavior == .isolated {
        try pattern.forEachMatch(text) { start, end in
          if last < start { ranges.append(last..<start) }
          ranges.append(start..<end)
          last = end
        }
        if last < text.count { ranges.append(last..<text.count) }
        return
      }
      segments.removeAll(keepingCapacity: true)
      try pattern.forEachMatch(text) { start, end in
        if last < start { segments.append(.init(range: last..<start, isMatch: isInverted)) }
        segments.append(.init(range: start..<end, isMatch: !isInverted))
        last = end
      }
      if last < text.count { segments.append(.init(range: last..<text.count, isMatch: isInverted)) }
      behavior.collect(segments, &ranges)
    }
  }

  /// Splits at every character with a property.
  private static func split(_ pieces: inout Pieces, _ behavior: SplitBehavior, _ isMatch: (UInt32) -> Bool) throws(TokenizerError) {
    var segments: [SplitBehavior.Segment] = []
    try pieces.divide { (text, ranges) throws(TokenizerError) in
      segments.removeAll(keepingCapacity: true)
      var (at, last) = (0, 0)
      while at < text.count {
        let (point, length) = UTF8Text.decode(text, at: at)
        if isMatch(point) {
          if last < at { segments.append(.init(range: last..<at, isMatch: false)) }
          segments.append(.init(range: at..<(at + length), isMatch: true))
          last = at + length
        }
        at += length
      }
      if last < text.count { segments.append(.init(range: last..<text.count, isMatch: false)) }
      behavior.collect(segments, &ranges)
    }
  }

  private static func bert(_ pieces: inout Pieces) throws(TokenizerError) {
    try pieces.divide { (text, ranges) throws(TokenizerError) in
      var (at, last) = (0, 0)
      while at < text.count {
        let (point, length) = UTF8Text.decode(text, at: at)
        let isSpace = UnicodeTables.isWhiteSpace[point]
        if isSpace || UnicodeTables.isPunctuation[point] {
          ranges.append(last..<at)
          if !isSpace { ranges.append(at..<(at + length)) }
          last = at + length
        }
        at += length
      }
      ranges.append(last..<text.count)
    }
  }

  /// Runs of word characters, and runs of others that are no whitespace.
  private static func whitespace(_ pieces: inout Pieces) throws(TokenizerError) {
    try pieces.divide { (text, ranges) throws(TokenizerError) in
      var (at, last) = (0, 0)
      var kind = 0
      while at < text.count {
        let (point, length) = UTF8Text.decode(text, at: at)
        let next = UnicodeTables.isWord[point] ? 1 : UnicodeTables.isWhiteSpace[point] ? 0 : 2
        if next != kind {
          if kind != 0 { ranges.append(last..<at) }
          last = at
          kind = next
        }
        at += length
      }
      if kind != 0 { ranges.append(last..<text.count) }
    }
  }

  private static func metaspace(
    _ pieces: inout Pieces, _ replacement: UInt32, _ scheme: PrependScheme, _ divides: Bool
  ) throws(TokenizerError) {
    var mark: [UInt8] = []
    UTF8Text.append(replacement, to: &mark)
    pieces.rewrite { text, isStart, out in
      let begins = text.first == 0x20 || text.starts(with: mark)
      if !begins, scheme == .always || scheme == .first && isStart { out += mark }
      for byte in text {
        if byte == 0x20 { out += mark } else { out.append(byte) }
      }
    }
    guard divides else { return }
    try pieces.divide { (text, ranges) throws(TokenizerError) in
      var last = 0
      var at = 0
      while at + mark.count <= text.count {
        if text[at] == mark[0], text[at..<(at + mark.count)].elementsEqual(mark) {
          ranges.append(last..<at)
          last = at
          at += mark.count
        } else {
          at += 1
        }
      }
      ranges.append(last..<text.count)
    }
  }

  /// Characters before the first one with a script belong to no word.
  private static func scripts(_ pieces: inout Pieces) throws(TokenizerError) {
    try pieces.divide { (text, ranges) throws(TokenizerError) in
      var start = -1
      var (at, last) = (0, UInt8(0))
      while at < text.count {
        let (point, length) = UTF8Text.decode(text, at: at)
        let script = UnicodeTables.scriptClasses[point]
        if script != 0 {
          if script != last {
            if start >= 0 { ranges.append(start..<at) }
            start = at
          }
          last = script
        }
        at += length
      }
      if start >= 0 { ranges.append(start..<text.count) }
    }
  }

  private static func fixed(_ pieces: inout Pieces, _ length: Int) throws(TokenizerError) {
    try pieces.divide { (text, ranges) throws(TokenizerError) in
      var (at, last, count) = (0, 0, 0)
      while at < text.count {
        if count == length {
          ranges.append(last..<at)
          (last, count) = (at, 0)
        }
        at += UTF8Text.length(text[at])
        count += 1
      }
      ranges.append(last..<text.count)
    }
  }
}
