// SPDX-License-Identifier: Apache-2.0
// Names without what they have in common.

/// Names of a hundred layers differ in a few letters; a picture has room for those.
package enum DistinctNames {
  /// The names without the parts, ended by `_`, `.` or `/`, that all of them begin and end with.
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

  /// `encoder_`, `layer_`, `11`.
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
