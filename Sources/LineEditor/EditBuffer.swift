// SPDX-License-Identifier: Apache-2.0
// The edited text and its cursor: motions and edits, independent of keys and screen.

/// Text as grapheme clusters with a cursor between two of them; `"\n"` separates lines.
///
/// Invariants: `0 <= cursor <= characters.count`, and `characters` is exactly how Swift splits `text`,
/// so an accent typed after its letter forms one character with it.
package struct EditBuffer: Equatable, Sendable {
  package private(set) var characters: [Character] = []
  package private(set) var cursor = 0

  package init() {}

  /// Creates a buffer with `text` and the cursor at its end.
  package init(_ text: String) {
    characters = Array(text.withUnixLineEnds)
    cursor = characters.count
  }

  package var text: String { String(characters) }
  package var textBeforeCursor: String { String(characters[..<cursor]) }
  package var isEmpty: Bool { characters.isEmpty }
}

// Where lines and words begin and end.
extension EditBuffer {
  package var lineStart: Int { lineStart(of: cursor) }
  package var lineEnd: Int { lineEnd(of: cursor) }
  package var isOnFirstLine: Bool { lineStart == 0 }
  package var isOnLastLine: Bool { lineEnd == characters.count }

  private func lineStart(of position: Int) -> Int {
    characters[..<position].lastIndex(of: "\n").map { $0 + 1 } ?? 0
  }

  private func lineEnd(of position: Int) -> Int {
    characters[position...].firstIndex(of: "\n") ?? characters.count
  }

  /// Start of the word (letters, digits, `_`) at or before the cursor.
  package var wordStart: Int {
    var position = cursor
    while position > 0, !characters[position - 1].isWordCharacter { position -= 1 }
    while position > 0, characters[position - 1].isWordCharacter { position -= 1 }
    return position
  }

  /// End of the word (letters, digits, `_`) at or after the cursor.
  package var wordEnd: Int {
    var position = cursor
    while position < characters.count, !characters[position].isWordCharacter { position += 1 }
    while position < characters.count, characters[position].isWordCharacter { position += 1 }
    return position
  }

  /// Start of the run of non-blanks at or before the cursor, which Ctrl-W deletes.
  package var blankDelimitedWordStart: Int {
    var position = cursor
    while position > 0, characters[position - 1].isWhitespace { position -= 1 }
    while position > 0, !characters[position - 1].isWhitespace { position -= 1 }
    return position
  }
}

// Motions.
extension EditBuffer {
  /// Moves to `position`, clamped to the text.
  package mutating func move(to position: Int) {
    cursor = min(max(position, 0), characters.count)
  }

  /// Moves to the same column of the line above; `false` on the first line.
  package mutating func moveUp() -> Bool {
    guard !isOnFirstLine else { return false }
    let above = lineStart(of: lineStart - 1)
    cursor = min(above + cursor - lineStart, lineStart - 1)
    return true
  }

  /// Moves to the same column of the line below; `false` on the last line.
  package mutating func moveDown() -> Bool {
    guard !isOnLastLine else { return false }
    let below = lineEnd + 1
    cursor = min(below + cursor - lineStart, lineEnd(of: below))
    return true
  }
}

// Edits.
extension EditBuffer {
  /// Inserts at the cursor and moves the cursor after the inserted text.
  package mutating func insert(_ text: String) {
    let added = Array(text.withUnixLineEnds)
    characters.insert(contentsOf: added, at: cursor)
    cursor += added.count
    regroup()
  }

  /// Removes `range` (clamped to the text); a cursor inside the range moves to its start.
  ///
  /// - Returns: the removed text.
  @discardableResult
  package mutating func remove(_ range: Range<Int>) -> String {
    let range = range.clamped(to: 0..<characters.count)
    let removed = String(characters[range])
    characters.removeSubrange(range)
    if cursor > range.lowerBound { cursor = max(range.lowerBound, cursor - range.count) }
    regroup()
    return removed
  }

  /// Replaces the `count` characters before the cursor by `text`.
  package mutating func replaceBeforeCursor(_ count: Int, with text: String) {
    remove(max(0, cursor - count)..<cursor)
    insert(text)
  }

  /// Swaps the two characters around the cursor, or the last two of the line, and advances.
  package mutating func transpose() {
    var right = cursor == lineEnd ? cursor - 1 : cursor
    right = min(right, characters.count - 1)
    guard right > lineStart else { return }
    characters.swapAt(right - 1, right)
    cursor = right + 1
    regroup()
  }

  /// Splits the text into clusters again: an edit may have joined a combining mark with its base.
  private mutating func regroup() {
    // Between ASCII characters other than "\r" (never present) there is always a boundary.
    guard characters.contains(where: { !$0.isASCII }) else { return }
    let before = characters[..<cursor].reduce(0) { $0 + $1.unicodeScalars.count }
    characters = Array(text)
    var scalars = 0
    cursor = 0
    while scalars < before, cursor < characters.count {
      scalars += characters[cursor].unicodeScalars.count
      cursor += 1
    }
  }
}

extension Character {
  fileprivate var isWordCharacter: Bool { isLetter || isNumber || self == "_" }
}
