// SPDX-License-Identifier: Apache-2.0
// Whether two sets of shapes are equal but for the names of their extents, so to speak.

import Tensors

/// A one-to-one correspondence between the extents of some shapes and those of others.
///
/// What is decided by comparing extents with each other and with one is decided alike for shapes that correspond.
struct ExtentCorrespondence {
  /// Extents that differ, before and after.
  private var pairs: [(before: Int, after: Int)] = []

  /// Adds two shapes; false if there is no correspondence.
  mutating func add(_ before: Shape, _ after: Shape) -> Bool {
    guard before.count == after.count else { return false }
    for (from, to) in zip(before, after) where from != to {
      // Axes of one element are repeated, and have no place in memory; those of none have no elements at all.
      guard min(from, to) > 1 else { return false }
      guard let known = pairs.first(where: { $0.before == from || $0.after == to }) else {
        pairs.append((from, to))
        continue
      }
      guard known == (from, to) else { return false }
    }
    return true
  }

  /// Whether the equal extents of all shapes added so far, and of this one, correspond to themselves.
  func fixes(_ shape: Shape) -> Bool { shape.allSatisfy { extent in !pairs.contains { $0.before == extent || $0.after == extent } } }
}
