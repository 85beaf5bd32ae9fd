// SPDX-License-Identifier: Apache-2.0
// WordPiece and whole words.

/// WordPiece as in BERT: the longest token first, from left to right.
struct WordPieceModel: Sendable {
  let vocabulary: Vocabulary
  let continuingPrefix: [UInt8]
  private let unknownToken: [UInt8]
  private let longestWord: Int
  private let trie: ByteTrie
  /// The node of the trie after the prefix of continuing tokens.
  private let continuing: Int?
  private let unknownID: UInt32?

  /// - Parameter longestWord: words of more characters are unknown.
  init(vocabulary: Vocabulary, unknownToken: [UInt8], continuingPrefix: [UInt8], longestWord: Int) {
    self.vocabulary = vocabulary
    self.unknownToken = unknownToken
    self.continuingPrefix = continuingPrefix
    self.longestWord = longestWord
    var trie = ByteTrie()
    vocabulary.forEach { token, id in trie.insert(token, id) }
    self.trie = trie
    continuing = trie.node(continuingPrefix)
    unknownID = vocabulary.id(unknownToken).map { UInt32($0) }
  }

  func encode(_ word: Bytes, into ids: inout [UInt32]) throws(TokenizerError) {
    let start = ids.count
    var isKnown = word.count <= longestWord || word.count(where: { $0 & 0xC0 != 0x80 }) <= longestWord
    var at = 0
    while isKnown, at < word.count {
      let node = at == 0 ? ByteTrie.start : continuing
      if let node, let (id, end) = trie.longest(word, at: at, from: node) {
        ids.append(UInt32(id))
        at = end
      } else {
        isKnown = false
      }
    }
    guard !isKnown else { return }
    ids.removeLast(ids.count - start)
    guard let unknownID else { throw .noUnknownToken(text: String(decoding: word, as: UTF8.self)) }
    ids.append(unknownID)
  }
}

/// A token for each word.
struct WordLevelModel: Sendable {
  let vocabulary: Vocabulary
  private let unknownID: UInt32?

  init(vocabulary: Vocabulary, unknownToken: [UInt8]) {
    self.vocabulary = vocabulary
    unknownID = vocabulary.id(unknownToken).map { UInt32($0) }
  }

  func encode(_ word: Bytes, into ids: inout [UInt32]) throws(TokenizerError) {
    if let id = vocabulary.id(word) {
      ids.append(UInt32(id))
    } else if let unknownID {
      ids.append(unknownID)
    } else {
      throw .noUnknownToken(text: String(decoding: word, as: UTF8.self))
    }
  }
}
