// SPDX-License-Identifier: Apache-2.0
// Finds stop words in a text that grows, and holds back what may be the beginning of one.

/// Divides a growing text into what can be shown and what may still become a stop word. Works on bytes, since a token may end within a
/// character.
package struct StopWords: Sendable {
  private let words: [[UInt8]]
  /// Bytes that were not released yet.
  private var held: [UInt8] = []
  /// Whether a stop word was found. It and what follows are not released.
  package private(set) var isFound = false

  package init(_ words: [String]) { self.words = words.map { Array($0.utf8) }.filter { !$0.isEmpty } }

  /// Adds bytes to the text.
  ///
  /// - Returns: the bytes that are now known to be no part of a stop word, whole characters only.
  package mutating func add(_ bytes: [UInt8]) -> [UInt8] {
    guard !isFound else { return [] }
    held += bytes
    if let start = words.compactMap({ Self.start(of: $0, in: held) }).min() {
      isFound = true
      let released = Array(held[..<start])
      held = []
      return released
    }
    let kept = words.map { Self.overlap(held, $0) }.max() ?? 0
    return release(held.count - kept)
  }

  /// The rest of the text, when no more follows.
  package mutating func finish() -> [UInt8] {
    defer { held = [] }
    return isFound ? [] : held
  }

  private mutating func release(_ count: Int) -> [UInt8] {
    let whole = Self.wholeCharacters(held[..<count])
    defer { held.removeFirst(whole) }
    return Array(held[..<whole])
  }

  private static func start(of word: [UInt8], in text: [UInt8]) -> Int? {
    guard text.count >= word.count else { return nil }
    return (0...(text.count - word.count)).first { text[$0..<($0 + word.count)].elementsEqual(word) }
  }

  /// The length of the longest end of the text that begins the word.
  private static func overlap(_ text: [UInt8], _ word: [UInt8]) -> Int {
    (1..<max(word.count, 1)).reversed().first { $0 <= text.count && text.suffix($0).elementsEqual(word.prefix($0)) } ?? 0
  }

  /// The number of bytes up to the last character that is complete.
  private static func wholeCharacters(_ bytes: ArraySlice<UInt8>) -> Int {
    for back in 1...4 where back <= bytes.count {
      let byte = bytes[bytes.endIndex - back]
      if byte & 0xC0 == 0x80 { continue }
      let needed = byte < 0x80 ? 1 : byte >= 0xF0 ? 4 : byte >= 0xE0 ? 3 : 2
      return needed > back ? bytes.count - back : bytes.count
    }
    return bytes.count
  }
}
