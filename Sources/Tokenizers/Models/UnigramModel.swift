// SPDX-License-Identifier: Apache-2.0
// The unigram language model of SentencePiece.

/// The unigram language model (Kudo, 2018): the division of a word whose tokens have the largest sum of log probabilities.
struct UnigramModel: Sendable {
  let vocabulary: Vocabulary
  private let trie: ByteTrie
  private let scores: [Double]
  private let unknownID: Int?
  private let unknownScore: Double
  /// The tokens `<0x00>` to `<0xFF>`; empty without byte fallback.
  private let byteTokens: [UInt32?]

  /// The difference between the score of unknown characters and the lowest score.
  private static let unknownPenalty = 10.0

  /// - Parameter scores: log probabilities by id.
  init(vocabulary: Vocabulary, scores: [Double], unknownID: Int?, hasByteFallback: Bool) {
    self.vocabulary = vocabulary
    self.scores = scores
    self.unknownID = unknownID
    unknownScore = (scores.min() ?? .infinity) - Self.unknownPenalty
    var trie = ByteTrie()
    vocabulary.forEach { token, id in trie.insert(token, id) }
    self.trie = trie
    byteTokens =
      hasByteFallback
      ? (0..<256).map { byte in
        let digits = String(byte, radix: 16, uppercase: true)
        return vocabulary.id(Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)).map { UInt32($0) }
      } : []
  }

  private struct Node {
    var score = 0.0
    var start: Int32 = -1
    var id: Int32 = 0
  }

  func encode(_ word: Bytes, into ids: inout [UInt32]) throws(TokenizerError) {
    var nodes = [Node](repeating: Node(), count: word.count + 1)
    var start = 0
    while start < word.count {
      let score = nodes[start].score
      let length = UTF8Text.length(word[start])
      var hasCharacter = false
      var node = ByteTrie.start
      var at = start
      while at < word.count, let next = trie.next(node, word[at]) {
        node = next
        at += 1
        guard let id = trie.value(node) else { continue }
        let candidate = scores[id] + score
        if nodes[at].start < 0 || candidate > nodes[at].score { nodes[at] = Node(score: candidate, start: Int32(start), id: Int32(id)) }
        if at - start == length { hasCharacter = true }
      }
      let end = min(start + length, word.count)
      if !hasCharacter {
        let candidate = unknownScore + score
        if nodes[end].start < 0 || candidate > nodes[end].score {
          guard let unknownID else { throw .noUnknownToken(text: String(decoding: word[start..<end], as: UTF8.self)) }
          nodes[end] = Node(score: candidate, start: Int32(start), id: Int32(unknownID))
        }
      }
      start = end
    }
    try collect(nodes, word, into: &ids)
  }

  /// Follows the best path backward; neighboring unknown characters are one token, or their bytes.
  private func collect(_ nodes: [Node], _ word: Bytes, into ids: inout [UInt32]) throws(TokenizerError) {
    var reversed: [UInt32] = []
    var end = word.count
    var unknownEnd = -1
    func flush(_ start: Int) {
      guard unknownEnd >= 0 else { return }
      let text = Bytes(rebasing: word[start..<unknownEnd])
      unknownEnd = -1
      // The text of several unknown characters together may be a token.
      if let id = vocabulary.id(text) {
        reversed.append(UInt32(id))
      } else if !byteTokens.isEmpty, text.allSatisfy({ byteTokens[Int($0)] != nil }) {
        reversed += text.reversed().compactMap { byteTokens[Int($0)] }
      } else if let unknownID {
        reversed.append(UInt32(unknownID))
      }
    }
    while end > 0 {
      let node = nodes[end]
      guard node.start >= 0 else { throw .noUnknownToken(text: String(decoding: word, as: UTF8.self)) }
      if Int(node.id) == unknownID {
        if unknownEnd < 0 { unknownEnd = end }
      } else {
        flush(end)
        reversed.append(UInt32(node.id))
      }
      end = Int(node.start)
    }
    flush(0)
    ids.append(contentsOf: reversed.reversed())
  }
}
