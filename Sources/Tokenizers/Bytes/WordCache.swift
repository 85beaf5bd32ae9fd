// SPDX-License-Identifier: Apache-2.0
// The ids of words that were encoded before.

/// A cache from words to their ids. It is emptied when it is full.
struct WordCache {
  /// Longer words are not stored: they rarely occur again.
  static let longestWord = 256
  private static let limit = 1 << 16
  private static let arenaLimit = 4 << 20

  private var table = ByteTable(capacity: 4096)
  private var ids: [UInt32] = []

  /// Appends the ids of a word; `false` if it is not known.
  @inline(__always)
  func append(_ word: Bytes, to out: inout [UInt32]) -> Bool {
    guard let position = table.value(word) else { return false }
    let count = Int(ids[position])
    if count == 1 {
      out.append(ids[position + 1])
    } else {
      out.append(contentsOf: ids[(position + 1)..<(position + 1 + count)])
    }
    return true
  }

  mutating func store(_ word: Bytes, _ tokens: ArraySlice<UInt32>) {
    guard word.count <= Self.longestWord else { return }
    if table.count >= Self.limit || ids.count + table.arenaCount > Self.arenaLimit {
      table.removeAll()
      ids.removeAll(keepingCapacity: true)
    }
    table.set(word, ids.count)
    ids.append(UInt32(tokens.count))
    ids.append(contentsOf: tokens)
  }
}
