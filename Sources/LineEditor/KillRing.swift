// SPDX-License-Identifier: Apache-2.0
// The kill ring: deleted text for Ctrl-Y and Alt-Y, newest last.

/// The most recent kills.
///
/// Consecutive kills are joined in one entry.
package struct KillRing: Equatable, Sendable {
  /// The side of the previous kill at which the new one is joined.
  package enum Side: Sendable { case before, after }

  private var entries: [String] = []
  private var depth = 0
  private static let limit = 60

  package init() {}

  /// Adds killed text.
  ///
  /// - Parameter growing: the side at which it joins the newest entry; `nil` starts a new entry.
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

  /// The newest entry; a following ``older()`` starts there.
  package mutating func newest() -> String? {
    depth = 0
    return entries.last
  }

  /// The entry before the last one returned; wraps around from the oldest to the newest.
  package mutating func older() -> String? {
    guard !entries.isEmpty else { return nil }
    depth = (depth + 1) % entries.count
    return entries[entries.count - 1 - depth]
  }
}
