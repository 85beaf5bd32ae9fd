// SPDX-License-Identifier: Apache-2.0
// Shortens names by removing their common parts.

/// Shortens names, since the names of layers often differ in a few letters only and labels of charts have limited
/// space.
package enum DistinctNames {
  /// The names without the common prefix and suffix, cut at `_`, `.` or `/`.
  package static func shortened(_ names: [String]) -> [String] {
    guard names.count > 1, let first = names.first, names.contains(where: { $0 != first }) else { return names }
    let parts = names.map(pieces)
    let shortest = parts.map(\.count).min() ?? 0
    var head = 0
    while head < shortest - 1, parts.allSatisfy({ $0[head] == parts[0][head] }) { head += 1 }
    var tail = 0
    while tail < shortest - 1 - head, parts.allSatisfy({ $0[$0.count - 1 - tail] == parts[0][parts[0].count - 1 - tail] }) { tail += 1 }
    return parts.map { piece in
      var name = piece[head..<(piece.count - tail)].joined()
      while let last = name.last, separators.contains(last) { name.removeLast() }
      return name
    }
  }

  private static let separators: Set<Character> = ["_", ".", "/"]

  /// The parts of a name including their separators: `encoder_`, `layer_`, `11`.
  private static func pieces(_ name: String) -> [String] {
    var result: [String] = []
    var current = ""
    for character in name {
      current.append(character)
      if separators.contains(character) {
        result.append(current)
        current = ""
      }
    }
    return current.isEmpty ? result : result + [current]
  }
}
