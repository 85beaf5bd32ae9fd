// SPDX-License-Identifier: Apache-2.0
// The location of an operation in a function.

/// The location of an operation: its index in the function's block, then, for each level of nesting, the index of the
/// block in that operation and the index of the operation in that block.
package struct Location: Hashable, Sendable, Comparable {
  /// operation, block, operation, block, …, operation
  package let indices: [Int]

  /// An operation of the function's outermost block.
  package init(_ operation: Int) { indices = [operation] }

  private init(indices: [Int]) { self.indices = indices }

  /// The operation at an index of a nested block of this operation.
  package func inner(block: Int, operation: Int) -> Location {
    Location(indices: indices + [block, operation])
  }

  /// Nesting depth: the number of blocks around the operation, not counting the function's outermost block.
  package var depth: Int { indices.count / 2 }

  package static func < (a: Location, b: Location) -> Bool {
    a.indices.lexicographicallyPrecedes(b.indices)
  }
}

extension Block {
  /// The operation at a location relative to this block.
  ///
  /// - Precondition: the location exists.
  package subscript(location: Location) -> Operation {
    var operation = operations[location.indices[0]]
    for i in stride(from: 1, to: location.indices.count, by: 2) {
      operation = operation.blocks[location.indices[i]].operations[location.indices[i + 1]]
    }
    return operation
  }

  /// Visits every operation with its location; nested operations follow directly after the operation that contains them.
  package func forEachOperation(_ body: (Location, Operation) throws -> Void) rethrows {
    try visit(within: nil, body)
  }

  /// Visits this block's operations; `outer` is the location of the operation that contains the block, and the block's index there.
  private func visit(within outer: (Location, Int)?, _ body: (Location, Operation) throws -> Void)
    rethrows
  {
    for (i, operation) in operations.enumerated() {
      let here = outer.map { $0.inner(block: $1, operation: i) } ?? Location(i)
      try body(here, operation)
      for (b, inner) in operation.blocks.enumerated() { try inner.visit(within: (here, b), body) }
    }
  }
}
