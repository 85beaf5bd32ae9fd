// SPDX-License-Identifier: Apache-2.0
// Suggestions of similar names for error messages.

/// Finds similar names.
package enum Suggestion {
  /// The candidate that `name` begins or that begins `name`, or the one within two edits
  /// (insertion, deletion, substitution, transposition of adjacent characters). The nearest candidate wins.
  package static func nearest(to name: String, among candidates: [String]) -> String? {
    let ranked = candidates.compactMap { candidate -> (candidate: String, distance: Int)? in
      let prefix =
        min(name.count, candidate.count) >= 3
        && (candidate.hasPrefix(name) || name.hasPrefix(candidate))
      // Models have thousands of names. Comparing lengths first avoids most edit distance computations.
      guard prefix || abs(name.count - candidate.count) <= 2 else { return nil }
      let edits = distance(name, candidate)
      // Two edits can turn any short word into any other, so short names allow fewer.
      guard edits <= min(2, max(name.count, candidate.count) / 3) || prefix else { return nil }
      return (candidate, edits)
    }
    return ranked.min { ($0.distance, $0.candidate) < ($1.distance, $1.candidate) }?.candidate
  }

  /// Damerau–Levenshtein distance in its restricted form (optimal string alignment).
  package static func distance(_ a: String, _ b: String) -> Int {
    let a = Array(a.lowercased().unicodeScalars), b = Array(b.lowercased().unicodeScalars)
    var beforePrevious: [Int] = []
    var previous = Array(0...b.count)
    for (i, x) in a.enumerated() {
      var row = [i + 1]
      for (j, y) in b.enumerated() {
        var best = min(previous[j + 1] + 1, row[j] + 1, previous[j] + (x == y ? 0 : 1))
        if i > 0, j > 0, x == b[j - 1], a[i - 1] == y {
          best = min(best, beforePrevious[j - 1] + 1)
        }
        row.append(best)
      }
      (beforePrevious, previous) = (previous, row)
    }
    return previous[b.count]
  }

  /// The number of names above which a list is too long for an error message.
  private static let longList = 16

  /// The hint `did you mean 'x'? (options: a, b)`, or `options: a, b` if no candidate is similar. A long list is
  /// omitted if there is a similar candidate.
  package static func hint(for name: String, among candidates: [String], called plural: String) -> String {
    let list = "\(plural): \(candidates.joined(separator: ", "))"
    guard let nearest = nearest(to: name, among: candidates) else { return list }
    return "did you mean '\(nearest)'?" + (candidates.count > longList ? "" : " (\(list))")
  }
}
