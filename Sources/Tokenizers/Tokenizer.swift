// SPDX-License-Identifier: Apache-2.0
// Text to token ids and back.

import Synchronization

/// A tokenizer, read from `tokenizer.json`, `vocab.txt` or a GGUF file. Ids are those of the `tokenizers` package.
package final class Tokenizer: Sendable {
  let model: TokenModel
  let normalizer: Normalizer?
  /// The steps of the pre-tokenizer.
  private let steps: [PreTokenizer]
  let postProcessor: PostProcessor?
  let decoder: Decoder?
  let added: AddedTokens
  /// Truncation and padding that the file asks for.
  package let truncation: Truncation?
  package let padding: Padding?
  /// The kind of model, such as `BPE`.
  package let kind: String
  /// Ids of special tokens by role (`bos`, `eos`, `unk`, `pad`, …), as far as the file tells them.
  package let roles: [String: Int]
  /// Whether bytes are mapped to characters as the last step, which is done only for words that are not in the cache.
  private let mapsBytes: Bool
  private let wordMark: [UInt8]?
  private let cache = Mutex(WordCache())

  /// The parts of a tokenizer.
  struct Parts {
    var model: TokenModel
    var kind: String
    var normalizer: Normalizer?
    var preTokenizer: PreTokenizer?
    var postProcessor: PostProcessor?
    var decoder: Decoder?
    var added: AddedTokens
    var truncation: Truncation?
    var padding: Padding?
    var roles: [String: Int] = [:]
  }

  init(_ parts: Parts) {
    model = parts.model
    kind = parts.kind
    normalizer = parts.normalizer
    steps = parts.preTokenizer?.steps ?? []
    postProcessor = parts.postProcessor
    decoder = parts.decoder
    added = parts.added
    truncation = parts.truncation
    padding = parts.padding
    roles = parts.roles
    mapsBytes = if case .byteLevel = steps.last { true } else { false }
    wordMark = if case .bytePair(let model) = parts.model { model.wordMark } else { nil }
  }

  /// The number of ids, added tokens included: one more than the largest.
  package var count: Int { max(model.vocabulary.lastID, added.tokens.keys.max() ?? -1) + 1 }

  /// The id of a token.
  package func id(_ token: String) -> Int? {
    let bytes = Array(token.utf8)
    return added.ids.value(bytes) ?? model.vocabulary.id(bytes)
  }

  /// The text of a token as the vocabulary has it.
  package func token(_ id: Int) -> String? {
    (added.tokens[id]?.content ?? model.vocabulary.token(id)).map { String(decoding: $0, as: UTF8.self) }
  }

  /// Whether a token is special: added as such.
  package func isSpecial(_ id: Int) -> Bool { added.tokens[id]?.isSpecial ?? false }

  /// All tokens with their ids, in ascending order of ids; tokens as the vocabulary has them.
  package var vocabulary: [(token: [UInt8], id: Int)] {
    var out: [Int: [UInt8]] = [:]
    model.vocabulary.forEach { token, id in out[id] = token }
    for (id, token) in added.tokens { out[id] = token.content }
    return out.map { (token: $0.value, id: $0.key) }.sorted { $0.id < $1.id }
  }

  /// Encodes a text. Sequences of bytes that are not valid UTF-8 are read as U+FFFD.
  ///
  /// - Parameters:
  ///   - pair: a second sequence.
  ///   - addsSpecial: whether the template's special tokens are added.
  ///   - findsSpecial: whether special tokens in the text are recognized; otherwise they are text.
  ///   - truncation: the truncation; by default that of the file.
  /// - Throws: `TokenizerError` for text without tokens, and for a truncation that is impossible.
  package func encode(
    _ text: [UInt8], pair: [UInt8]? = nil, addsSpecial: Bool = true, findsSpecial: Bool = true, truncation: Truncation?
  ) throws(TokenizerError) -> Encoding {
    func limit(_ position: Int) -> (count: Int, fromLeft: Bool)? {
      guard let truncation, truncation.strategy != .onlySecond || position > 0 else { return nil }
      return (truncation.maximum, truncation.fromLeft)
    }
    var encodings = [Encoding(ids: try ids(text, findsSpecial: findsSpecial, limit: limit(0)))]
    if let pair { encodings.append(Encoding(ids: try ids(pair, findsSpecial: findsSpecial, limit: limit(1)), typeID: 1)) }
    if let truncation {
      try truncation.apply(&encodings, added: addsSpecial ? postProcessor?.added(isPair: pair != nil) ?? 0 : 0)
    }
    if let postProcessor { encodings = try postProcessor.apply(encodings, addsSpecial: addsSpecial) }
    return encodings.dropFirst().reduce(into: encodings.first ?? Encoding()) { $0.append($1) }
  }

  /// Encodes texts with the truncation and the padding of the file.
  package func encode(all texts: [[UInt8]], addsSpecial: Bool = true) throws(TokenizerError) -> [Encoding] {
    var encodings: [Encoding] = []
    for text in texts { encodings.append(try encode(text, addsSpecial: addsSpecial, truncation: truncation)) }
    padding?.apply(&encodings)
    return encodings
  }

  /// The ids of a text without template.
  ///
  /// - Parameter limit: a number of tokens after which whole words are left out, from which side.
  package func ids(
    _ text: [UInt8], findsSpecial: Bool = true, limit: (count: Int, fromLeft: Bool)? = nil
  ) throws(TokenizerError) -> [UInt32] {
    let text = UTF8Text.repaired(text)
    var ids: [UInt32] = []
    ids.reserveCapacity(text.count / 3 + 8)
    var starts: [Int] = []
    var failure: TokenizerError?
    text.withUnsafeBufferPointer { bytes in
      added.divide(bytes, isNormalized: false, findsSpecial: findsSpecial) { range, id in
        guard failure == nil else { return }
        do throws(TokenizerError) {
          if let id {
            starts.append(ids.count)
            ids.append(UInt32(id))
          } else if !range.isEmpty {
            try encode(part: bytes[range], isStart: range.lowerBound == 0, findsSpecial, &ids, &starts)
          }
        } catch { failure = error }
      }
    }
    if let failure { throw failure }
    guard let limit else { return ids }
    return Self.limited(ids, starts, limit)
  }

  /// Keeps whole words up to the one that reaches a number of tokens.
  private static func limited(_ ids: [UInt32], _ starts: [Int], _ limit: (count: Int, fromLeft: Bool)) -> [UInt32] {
    guard ids.count > limit.count else { return ids }
    if limit.fromLeft {
      let start = starts.last { ids.count - $0 >= limit.count } ?? 0
      return Array(ids[start...])
    }
    // The end of the first word with which the number is reached.
    let end = starts.dropFirst().first { $0 >= limit.count } ?? ids.count
    return Array(ids[..<end])
  }

  private func encode(
    part: Slice<Bytes>, isStart: Bool, _ findsSpecial: Bool, _ ids: inout [UInt32], _ starts: inout [Int]
  ) throws(TokenizerError) {
    var text = NormalizedText(bytes: Array(part), isStart: isStart)
    try normalizer?.apply(&text)
    var failure: TokenizerError?
    text.withBytes { bytes in
      added.divide(bytes, isNormalized: true, findsSpecial: findsSpecial) { range, id in
        guard failure == nil else { return }
        do throws(TokenizerError) {
          if let id {
            starts.append(ids.count)
            ids.append(UInt32(id))
          } else if range.count == text.bytes.count {
            try encode(words: text, &ids, &starts)
          } else if !range.isEmpty {
            let piece = NormalizedText(bytes: Array(bytes[range]), isStart: text.isStart && range.lowerBound == 0)
            try encode(words: piece, &ids, &starts)
          }
        } catch { failure = error }
      }
    }
    if let failure { throw failure }
  }

  private func encode(words text: NormalizedText, _ ids: inout [UInt32], _ starts: inout [Int]) throws(TokenizerError) {
    var pieces = Pieces(text)
    for (position, step) in steps.enumerated() { try step.apply(&pieces, defersBytes: mapsBytes && position == steps.count - 1) }
    let words = pieces
    func encodeAll(_ cache: inout WordCache) -> TokenizerError? {
      words.bytes.withUnsafeBufferPointer { bytes in
        do throws(TokenizerError) {
          for piece in words.pieces where piece.end > piece.start {
            starts.append(ids.count)
            let word = Bytes(rebasing: bytes[piece.start..<piece.end])
            if let wordMark, word.count > 16 {
              try encode(marked: word, wordMark, &cache, &ids)
            } else {
              try encode(word, &cache, &ids)
            }
          }
          return nil
        } catch { return error }
      }
    }
    // Another thread that encodes at the same time works without the common cache.
    let result = cache.withLockIfAvailable { encodeAll(&$0) }
    var failure = result ?? nil
    if result == nil {
      var own = WordCache()
      failure = encodeAll(&own)
    }
    if let failure { throw failure }
  }

  @inline(__always)
  private func encode(_ word: Bytes, _ cache: inout WordCache, _ ids: inout [UInt32]) throws(TokenizerError) {
    if cache.append(word, to: &ids) { return }
    let start = ids.count
    if mapsBytes {
      let mapped = ByteLevel.mapped(word)
      var failure: TokenizerError?
      mapped.withUnsafeBufferPointer { mapped in
        do throws(TokenizerError) { try model.encode(mapped, into: &ids) } catch { failure = error }
      }
      if let failure { throw failure }
    } else {
      try model.encode(word, into: &ids)
    }
    cache.store(word, ids[start...])
  }

  /// Encodes the parts of a text that begin with a mark, which are independent of each other.
  private func encode(
    marked text: Bytes, _ mark: [UInt8], _ cache: inout WordCache, _ ids: inout [UInt32]
  ) throws(TokenizerError) {
    var start = 0
    var at = 0
    var wasMark = false
    while at < text.count {
      let isMark = text[at] == mark[0] && at + mark.count <= text.count && text[at..<(at + mark.count)].elementsEqual(mark)
      if isMark, !wasMark, at > start {
        try encode(Bytes(rebasing: text[start..<at]), &cache, &ids)
        start = at
      }
      wasMark = isMark
      at += isMark ? mark.count : 1
    }
    if start < text.count { try encode(Bytes(rebasing: text[start...]), &cache, &ids) }
  }

  /// The text of ids.
  ///
  /// - Parameter skipsSpecial: whether special tokens are left out.
  /// - Throws: `TokenizerError.unknownID` for an id without a token.
  package func decode(_ ids: [Int], skipsSpecial: Bool = true) throws(TokenizerError) -> [UInt8] {
    var tokens: [[UInt8]] = []
    tokens.reserveCapacity(ids.count)
    for id in ids {
      guard let token = added.text(id) ?? model.vocabulary.token(id) else { throw .unknownID(id, count: count) }
      if !skipsSpecial || !added.isSpecial(token) { tokens.append(token) }
    }
    guard let decoder else { return Array(tokens.joined(separator: [0x20])) }
    return try Array(decoder.apply(tokens).joined())
  }
}
