// SPDX-License-Identifier: Apache-2.0
// Comparisons element by element that cannot compare nothing.

/// Two sequences of a comparison that are empty or of different lengths.
package struct UncomparedElements: Error, CustomStringConvertible {
  package let description: String
}

/// The elements side by side, like `zip`.
///
/// - Throws: `UncomparedElements` when there are none, or more on one side than on the other.
package func pairs<A: Collection, B: Collection>(_ a: A, _ b: B) throws -> Zip2Sequence<A, B> {
  guard a.count == b.count, !a.isEmpty else {
    throw UncomparedElements(description: "\(a.count) elements beside \(b.count)")
  }
  return zip(a, b)
}
