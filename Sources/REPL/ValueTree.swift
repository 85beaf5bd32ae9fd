// SPDX-License-Identifier: Apache-2.0
// The displayed part of a Lua value, and its text for a given width.

import TextLayout

/// The displayed part of a value, without references to Lua.
indirect enum ValueTree: Equatable {
  /// A single-line value, or a top-level text with its own layout.
  case leaf(String)
  /// A table: list elements without a key, then fields.
  case table([Entry])

  struct Entry: Equatable {
    /// `name`, `["two words"]`, `[10]`, or `nil` for a list element.
    let key: String?
    let value: ValueTree
    /// A note about omitted entries, which is not followed by a comma.
    var isNote = false
  }

  /// The text: a table on one line if it fits `width` columns, else with one entry per line.
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

/// Limits on the displayed part of a value.
package struct DisplayLimits: Equatable, Sendable {
  /// The maximum depth of nested tables; deeper ones are displayed as `{…}`.
  package var depth = 3
  /// The maximum number of entries of a table.
  package var items = 40
  /// The maximum number of entries of all tables.
  package var total = 2000
  /// The maximum number of characters of a string within a table.
  package var stringLength = 200
  /// The maximum number of characters of a top-level string if there is no screen.
  package var aloneLength = Int.max

  package init() {}
}
