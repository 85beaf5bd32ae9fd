// SPDX-License-Identifier: Apache-2.0
// History navigation and incremental search.

extension EditorState {
  /// Shows the entry at `position`, or the draft if it is one past the last.
  mutating func showHistory(at position: Int) {
    let entries = history.entries
    guard position != historyPosition, (0...entries.count).contains(position) else { return }
    if historyPosition == entries.count { draft = buffer }
    historyPosition = position
    buffer = position == entries.count ? draft : EditBuffer(entries[position])
  }
}

/// An incremental search through the history.
package struct HistorySearch: Equatable, Sendable {
  /// The query typed so far.
  package internal(set) var query = ""
  /// Whether no entry in the search direction contains the query.
  package internal(set) var hasFailed = false

  let originalBuffer: EditBuffer
  let originalPosition: Int
}

extension EditorState {
  mutating func startSearch() {
    search = HistorySearch(originalBuffer: buffer, originalPosition: historyPosition)
  }

  /// Applies a key to the current search.
  ///
  /// Text extends the query, Ctrl-R and Ctrl-S go to the next older and newer match, Ctrl-G and
  /// Escape restore the previous text; any other key ends the search with the match and is then
  /// handled as usual.
  ///
  /// - Returns: `nil` if the key is not handled by the search.
  mutating func handleSearching(_ key: Key) -> Outcome? {
    guard let search else { return nil }
    switch key {
    case .character(let character): look(for: search.query + String(character))
    case .paste(let text): look(for: search.query + text)
    case .backspace:
      // A shorter query restarts at the newest entry.
      historyPosition = history.entries.count
      look(for: String(search.query.dropLast()))
    case .control("r"): find(in: (0..<min(historyPosition, history.entries.count)).reversed())
    case .control("s"):
      find(in: min(historyPosition + 1, history.entries.count)..<history.entries.count)
    case .control("g"), .escape:
      buffer = search.originalBuffer
      historyPosition = search.originalPosition
      self.search = nil
    default:
      if historyPosition != search.originalPosition,
        search.originalPosition == history.entries.count
      {
        draft = search.originalBuffer
      }
      self.search = nil
      // Enter submits the match, even if the cursor is in the middle of it.
      if key == .enter { buffer.move(to: buffer.characters.count) }
      return nil
    }
    return .editing
  }

  /// Sets a changed query and searches backward from the current entry.
  private mutating func look(for query: String) {
    search?.query = query
    guard !query.isEmpty else {
      search?.hasFailed = false
      return
    }
    find(in: (0..<min(historyPosition + 1, history.entries.count)).reversed())
  }

  private mutating func find(in positions: some Sequence<Int>) {
    guard let query = search?.query, !query.isEmpty else { return }
    for position in positions {
      guard let match = history.entries[position].firstRange(of: query) else { continue }
      historyPosition = position
      buffer = EditBuffer(history.entries[position])
      buffer.move(to: history.entries[position][..<match.lowerBound].count)
      search?.hasFailed = false
      return
    }
    search?.hasFailed = true
  }
}
