// SPDX-License-Identifier: Apache-2.0
// The input history, oldest first.

/// A bounded list of distinct inputs; a repeated input moves to the end.
package struct History: Equatable, Sendable {
  package private(set) var entries: [String] = []
  package let limit: Int

  /// - Parameters:
  ///   - entries: oldest first; the last of equal entries is kept.
  ///   - limit: largest number of entries.
  package init(_ entries: [String] = [], limit: Int = 10_000) {
    self.limit = limit
    var seen: Set<String> = []
    self.entries = entries.reversed().filter { seen.insert($0).inserted }.prefix(limit).reversed()
  }

  /// Adds an input at the end.
  ///
  /// A blank input, or one equal to the last, is not added.
  ///
  /// - Returns: whether it was added.
  @discardableResult
  package mutating func add(_ entry: String) -> Bool {
    guard !entry.allSatisfy(\.isWhitespace), entry != entries.last else { return false }
    entries.removeAll { $0 == entry }
    entries.append(entry)
    if entries.count > limit { entries.removeFirst(entries.count - limit) }
    return true
  }
}
