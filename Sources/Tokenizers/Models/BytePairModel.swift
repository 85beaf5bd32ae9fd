// SPDX-License-Identifier: Apache-2.0
// Byte-pair encoding.

/// Byte-pair encoding (Sennrich et al., 2016): the characters of a word are merged pair by pair, in the order of the merges.
struct BytePairModel: Sendable {
  struct Options: Sendable {
    var unknownToken: [UInt8]?
    var continuingPrefix: [UInt8] = []
    var wordSuffix: [UInt8] = []
    var fusesUnknown = false
    var hasByteFallback = false
    var ignoresMerges = false
  }

  let vocabulary: Vocabulary
  private let merges: PairTable
  private let options: Options
  private let unknownID: UInt32?
  /// The tokens `<0x00>` to `<0xFF>`.
  private let byteTokens: [UInt32?]
  /// The tokens of ASCII characters in the middle of a word without a prefix.
  private let asciiTokens: [UInt32?]

  /// A character before which words can be divided, as no merge joins it with a different one on its left; `nil` for none.
  let wordMark: [UInt8]?

  /// - Parameter wordMark: a character that no merge joins with a different one on its left.
  init(vocabulary: Vocabulary, merges: PairTable, options: Options, wordMark: [UInt8]? = nil) {
    self.vocabulary = vocabulary
    self.wordMark = options.ignoresMerges || !options.continuingPrefix.isEmpty || !options.wordSuffix.isEmpty ? nil : wordMark
    self.merges = merges
    self.options = options
    unknownID = options.unknownToken.flatMap { vocabulary.id($0) }.map { UInt32($0) }
    byteTokens = (0..<256).map { byte in
      let digits = String(byte, radix: 16, uppercase: true)
      return vocabulary.id(Array("<0x\(byte < 16 ? "0" : "")\(digits)>".utf8)).map { UInt32($0) }
    }
    asciiTokens = (0..<128).map { vocabulary.id([UInt8($0)]).map { UInt32($0) } }
  }

  func encode(_ word: Bytes, into ids: inout [UInt32]) throws(TokenizerError) {
    if options.ignoresMerges, let id = vocabulary.id(word) {
      ids.append(UInt32(id))
      return
    }
    var symbols: [UInt32] = []
    symbols.reserveCapacity(word.count)
    try divide(word, into: &symbols)
    if symbols.count > 1 {
      if symbols.count <= 40 { mergeShort(&symbols) } else { mergeLong(&symbols) }
    }
    ids += symbols
  }

  /// The tokens of the characters.
  private func divide(_ word: Bytes, into symbols: inout [UInt32]) throws(TokenizerError) {
    let isPlain = options.continuingPrefix.isEmpty && options.wordSuffix.isEmpty
    var hasUnknown = false
    var at = 0
    while at < word.count {
      let end = min(at + UTF8Text.length(word[at]), word.count)
      var id: UInt32?
      var affixed: [UInt8] = []
      if isPlain {
        id =
          end == at + 1 && word[at] < 0x80 ? asciiTokens[Int(word[at])] : vocabulary.id(Bytes(rebasing: word[at..<end])).map { UInt32($0) }
      } else {
        if at > 0 { affixed = options.continuingPrefix }
        affixed += word[at..<end]
        if end == word.count { affixed += options.wordSuffix }
        id = vocabulary.id(affixed).map { UInt32($0) }
      }
      if let id {
        hasUnknown = false
        symbols.append(id)
      } else if options.hasByteFallback, let bytes = fallback(isPlain ? Array(word[at..<end]) : affixed) {
        // A run of unknown characters is kept open over characters that are written as bytes.
        if hasUnknown, let unknown = symbols.popLast() {
          symbols += bytes
          symbols.append(unknown)
        } else {
          symbols += bytes
        }
      } else if options.unknownToken != nil {
        guard let unknownID else { throw .noUnknownToken(text: String(decoding: word[at..<end], as: UTF8.self)) }
        if !hasUnknown || !options.fusesUnknown { symbols.append(unknownID) }
        hasUnknown = true
      }
      at = end
    }
  }

  private func fallback(_ bytes: [UInt8]) -> [UInt32]? {
    var out: [UInt32] = []
    for byte in bytes {
      guard let id = byteTokens[Int(byte)] else { return nil }
      out.append(id)
    }
    return out
  }

  /// Looks for the best merge again after each one, which is fastest for short words.
  private func mergeShort(_ symbols: inout [UInt32]) {
    var count = symbols.count
    withUnsafeTemporaryAllocation(of: (rank: UInt32, token: UInt32).self, capacity: count) { ranks in
      for at in 0..<(count - 1) { ranks.initializeElement(at: at, to: merges.merge(symbols[at], symbols[at + 1])) }
      symbols.withUnsafeMutableBufferPointer { symbols in
        while count > 1 {
          var (best, position) = (UInt32.max, 0)
          for at in 0..<(count - 1) where ranks[at].rank < best { (best, position) = (ranks[at].rank, at) }
          if best == .max { break }
          symbols[position] = ranks[position].token
          count -= 1
          var at = position + 1
          while at < count {
            symbols[at] = symbols[at + 1]
            ranks[at - 1] = ranks[at]
            at += 1
          }
          if position > 0 { ranks[position - 1] = merges.merge(symbols[position - 1], symbols[position]) }
          if position < count - 1 { ranks[position] = merges.merge(symbols[position], symbols[position + 1]) }
        }
      }
    }
    symbols.removeLast(symbols.count - count)
  }

  /// Keeps the merges in a heap, by rank and position.
  private func mergeLong(_ symbols: inout [UInt32]) {
    let count = symbols.count
    var next = (1...count).map { Int32($0) }
    var previous = (0..<count).map { Int32($0) - 1 }
    var isRemoved = [Bool](repeating: false, count: count)
    var heap = MergeHeap()
    for at in 0..<(count - 1) {
      let merge = merges.merge(symbols[at], symbols[at + 1])
      if merge.rank != .max { heap.push(MergeHeap.Item(rank: merge.rank, position: UInt32(at), token: merge.token)) }
    }
    while let top = heap.pop() {
      let at = Int(top.position)
      if isRemoved[at] { continue }
      let right = Int(next[at])
      guard right < count else { continue }
      let current = merges.merge(symbols[at], symbols[right])
      guard current.rank != .max, current.token == top.token else { continue }
      symbols[at] = top.token
      isRemoved[right] = true
      let after = Int(next[right])
      next[at] = Int32(after)
      if after < count { previous[after] = Int32(at) }
      let before = Int(previous[at])
      if before >= 0 {
        let merge = merges.merge(symbols[before], symbols[at])
        if merge.rank != .max { heap.push(MergeHeap.Item(rank: merge.rank, position: UInt32(before), token: merge.token)) }
      }
      if after < count {
        let merge = merges.merge(symbols[at], symbols[after])
        if merge.rank != .max { heap.push(MergeHeap.Item(rank: merge.rank, position: top.position, token: merge.token)) }
      }
    }
    var kept = 0
    for at in 0..<count where !isRemoved[at] {
      symbols[kept] = symbols[at]
      kept += 1
    }
    symbols.removeLast(count - kept)
  }
}

/// A heap of possible merges: lowest rank first, then leftmost.
private struct MergeHeap {
  struct Item {
    let rank: UInt32
    let position: UInt32
    let token: UInt32

    var key: UInt64 { UInt64(rank) << 32 | UInt64(position) }
  }

  private var items: [Item] = []

  mutating func push(_ item: Item) {
    items.append(item)
    var child = items.count - 1
    while child > 0 {
      let parent = (child - 1) / 2
      if items[parent].key <= item.key { break }
      items[child] = items[parent]
      child = parent
    }
    items[child] = item
  }

  mutating func pop() -> Item? {
    guard let top = items.first, let last = items.popLast() else { return nil }
    if items.isEmpty { return top }
    var parent = 0
    while true {
      var child = parent * 2 + 1
      if child >= items.count { break }
      if child + 1 < items.count, items[child + 1].key < items[child].key { child += 1 }
      if items[child].key >= last.key { break }
      items[parent] = items[child]
      parent = child
    }
    items[parent] = last
    return top
  }
}
