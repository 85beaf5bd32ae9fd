// SPDX-License-Identifier: Apache-2.0
// The reason why a node has no form in an ML Program.

import Tensors

/// A node, or a case of an operator, that cannot be expressed.
struct Refusal: Error {
  let reason: String

  init(_ reason: String) { self.reason = reason }

  /// The most elements of a table that a conversion computes.
  static let largestTable = 1 << 26

  /// Checks the number of elements of a table before it is made.
  static func checkTable(_ extents: Int...) throws { try checkTable(extents) }

  static func checkTable(_ extents: [Int]) throws {
    guard let count = extents.checkedElementCount, count <= largestTable else {
      throw Refusal("a table of \(extents.map(String.init).joined(separator: " × ")) elements, more than 2^26")
    }
  }
}
