// SPDX-License-Identifier: Apache-2.0
// What was cut, newest last, for Ctrl-Y and Alt-Y.

/// The last cut texts.
///
/// Cuts that follow each other directly grow one entry.
package struct KillRing: Equatable, Sendable {
  /// On which side of the previous cut the new one lay.
  package enum Side: Sendable { case before, after }

  private var entries: [String] = []
  private var depth = 0
  private static let limit = 60

  package init() {}

  /// Adds a cut text.
  ///
  /// - Parameter growing: where to join it to the newest entry; `nil` starts an entry.
  package mutating func add(_ text: String, growing side: Side? = nil) {
    depth = 0
    guard !text.isEmpty else { return }
    switch (side, entries.popLast()) {
    case (.before, let newest?): entries.append(text + newest)
    case (.after, let newest?): entries.append(newest + text)
    case (nil, let newest?): entries += [newest, text]
    case (_, nil): entries.append(text)
    }
    if entries.count > Self.limit { entries.removeFirst() }
  }

  /// The newest cut, where a following ``older()`` starts.
  package mutating func newest() -> String? {
    depth = 0
    return entries.last
  }

  /// The cut before the one given last, turning round to the newest after the oldest.
  package mutating func older() -> String? {
    guard !entries.isEmpty else { return nil }
    depth = (depth + 1) % entries.count
    return entries[entries.count - 1 - depth]
  }
}
