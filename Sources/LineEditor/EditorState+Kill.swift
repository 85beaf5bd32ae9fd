// SPDX-License-Identifier: Apache-2.0
// Killing and yanking of text.

extension EditorState {
  mutating func kill(from start: Int, after previous: Action) {
    kill(start..<buffer.cursor, side: .before, after: previous)
  }

  mutating func kill(to end: Int, after previous: Action) {
    kill(buffer.cursor..<end, side: .after, after: previous)
  }

  private mutating func kill(_ range: Range<Int>, side: KillRing.Side, after previous: Action) {
    let removed = buffer.remove(range)
    kills.add(removed, growing: previous == .kill ? side : nil)
    if !removed.isEmpty || previous == .kill { lastAction = .kill }
  }

  mutating func yank() {
    guard let text = kills.newest() else { return }
    insertYank(text)
  }

  /// Replaces the text just yanked by the previous kill; does nothing after any other key.
  mutating func yankOlder(after previous: Action) {
    guard case .yank(let count) = previous, let text = kills.older() else { return }
    buffer.remove(buffer.cursor - count..<buffer.cursor)
    insertYank(text)
  }

  private mutating func insertYank(_ text: String) {
    let before = buffer.cursor
    buffer.insert(text)
    lastAction = .yank(count: max(0, buffer.cursor - before))
  }
}
