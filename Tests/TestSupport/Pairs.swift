// SPDX-License-Identifier: Apache-2.0
// Elementwise comparisons that fail if there is nothing to compare.

/// The two sequences are empty or have different lengths.
package struct UncomparedElements: Error, CustomStringConvertible {
  package let description: String
}

/// Pairs of elements, like `zip`.
///
/// - Throws: `UncomparedElements` if the sequences are empty or have different lengths.
package func pairs<A: Collection, B: Collection>(_ a: A, _ b: B) throws -> Zip2Sequence<A, B> {
  guard a.count == b.count, !a.isEmpty else {
    throw UncomparedElements(description: "\(a.count) elements beside \(b.count)")
  }
  return zip(a, b)
}
