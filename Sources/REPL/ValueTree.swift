// SPDX-License-Identifier: Apache-2.0
// A Lua value as far as it is shown, and its text for a given width.

import TextLayout

/// What is shown of a value; holds nothing of Lua any more.
indirect enum ValueTree: Equatable {
  /// A value on one line, or a text of its own layout at the top.
  case leaf(String)
  /// A table: list elements without a key, then fields.
  case table([Entry])

  struct Entry: Equatable {
    /// `name`, `["two words"]`, `[10]`, or `nil` for an element of the list.
    let key: String?
    let value: ValueTree
    /// Stands for entries left out; no comma follows.
    var isNote = false
  }

  /// The text: a table on one line where it fits into `width` columns, else an entry a line.
  func text(width: Int) -> String {
    text(width: width, indentation: 0, used: 0)
  }

  private func text(width: Int, indentation: Int, used: Int) -> String {
    guard case .table(let entries) = self else { return oneLine }
    if entries.isEmpty { return "{}" }
    let line = oneLine
    if used + DisplayWidth.of(line) <= width { return line }
    let inner = indentation + 2
    let blanks = String(repeating: " ", count: inner)
    let lines = entries.enumerated().map { index, entry in
      let key = entry.key.map { $0 + " = " } ?? ""
      let comma = entry.isNote || index == entries.count - 1 ? "" : ","
      let value = entry.value.text(
        width: width, indentation: inner, used: inner + DisplayWidth.of(key) + comma.count)
      return blanks + key + value + comma
    }
    return "{\n" + lines.joined(separator: "\n") + "\n" + String(repeating: " ", count: indentation)
      + "}"
  }

  private var oneLine: String {
    switch self {
    case .leaf(let text): text
    case .table(let entries):
      "{"
        + entries.map { ($0.key.map { $0 + " = " } ?? "") + $0.value.oneLine }
        .joined(separator: ", ") + "}"
    }
  }
}

/// How much of a value is shown.
package struct DisplayLimits: Equatable, Sendable {
  /// Tables within tables; deeper ones are `{…}`.
  package var depth = 3
  /// Entries of one table.
  package var items = 40
  /// Entries of all tables together.
  package var total = 2000
  /// Characters of a string within a table.
  package var stringLength = 200
  /// The maximum number of characters of a top-level string if there is no screen.
  package var aloneLength = Int.max

  package init() {}
}
