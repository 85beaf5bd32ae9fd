// SPDX-License-Identifier: Apache-2.0
// Tokens that are found in a text before the model sees it.

/// A token of the list `added_tokens`.
struct AddedToken: Equatable, Sendable {
  var content: [UInt8]
  var matchesSingleWords = false
  var stripsLeft = false
  var stripsRight = false
  var isNormalized = true
  var isSpecial = false
}

/// The added tokens of a tokenizer.
struct AddedTokens: Sendable {
  private(set) var ids = ByteTable()
  private(set) var tokens: [Int: AddedToken] = [:]
  private var special: Set<[UInt8]> = []
  /// The normalized forms of tokens that are changed by normalization.
  private var normalized: [Int: [UInt8]] = [:]
  private var rawTrie: ByteTrie?
  private var normalizedTrie: ByteTrie?
  private var rawFirst = ByteSet()
  private var normalizedFirst = ByteSet()

  /// Numbers the tokens: those that the model has keep their ids, others are counted from the size of its vocabulary on.
  init(_ list: [AddedToken], vocabulary: Vocabulary, size: Int, normalizer: Normalizer?) throws(TokenizerError) {
    var next = size
    for token in list where !token.content.isEmpty {
      if let id = ids.value(token.content), tokens[id] == token { continue }
      let id: Int
      if let known = ids.value(token.content) ?? vocabulary.id(token.content) {
        id = known
      } else {
        id = next
        next += 1
      }
      if token.isNormalized, let normalizer {
        var text = NormalizedText(bytes: token.content, isStart: true)
        try normalizer.apply(&text)
        if text.bytes != token.content { normalized[id] = text.bytes }
      }
      ids.set(token.content, id)
      if token.isSpecial { special.insert(token.content) }
      tokens[id] = token
    }
    for (id, token) in tokens.sorted(by: { $0.key < $1.key }) {
      let form = token.isNormalized ? normalized[id] ?? token.content : token.content
      guard let first = form.first else { continue }
      if token.isNormalized {
        var trie = normalizedTrie ?? ByteTrie()
        trie.insert(form, id)
        normalizedTrie = trie
        normalizedFirst.insert(first)
      } else {
        var trie = rawTrie ?? ByteTrie()
        trie.insert(form, id)
        rawTrie = trie
        rawFirst.insert(first)
      }
    }
  }

  /// The text of a token for decoding.
  func text(_ id: Int) -> [UInt8]? { tokens[id].map { normalized[id] ?? $0.content } }

  func isSpecial(_ text: [UInt8]) -> Bool { special.contains(text) }

  /// Calls a function with the parts of a text: an added token, or text between two of them.
  ///
  /// - Parameter findsSpecial: whether special tokens are recognized; otherwise they are text.
  func divide(_ bytes: Bytes, isNormalized: Bool, findsSpecial: Bool, _ body: (Range<Int>, Int?) -> Void) {
    guard let trie = isNormalized ? normalizedTrie : rawTrie else { return body(0..<bytes.count, nil) }
    let first = isNormalized ? normalizedFirst : rawFirst
    var last = 0
    var at = 0
    while at < bytes.count {
      guard first.contains(bytes[at]), let match = trie.longest(bytes, at: at) else {
        at += 1
        continue
      }
      var (start, end) = (at, match.end)
      at = match.end
      guard let token = tokens[match.value] else { continue }
      if !findsSpecial, special.contains(token.content) { continue }
      if token.matchesSingleWords {
        if start > 0, UnicodeTables.isWord[UTF8Text.decode(bytes, before: start).point] { continue }
        if end < bytes.count, UnicodeTables.isWord[UTF8Text.decode(bytes, at: end).point] { continue }
      }
      if token.stripsLeft {
        while start > last {
          let (point, length) = UTF8Text.decode(bytes, before: start)
          guard UnicodeTables.isWhiteSpace[point] else { break }
          start -= length
        }
        start = max(start, last)
      }
      if token.stripsRight {
        while end < bytes.count {
          let (point, length) = UTF8Text.decode(bytes, at: end)
          guard UnicodeTables.isWhiteSpace[point] else { break }
          end += length
        }
      }
      if last < start { body(last..<start, nil) }
      body(min(start, end)..<end, match.value)
      // A token within the spaces that another one has taken moves back, as in the `tokenizers` package.
      last = end
    }
    if last < bytes.count { body(last..<bytes.count, nil) }
  }
}
