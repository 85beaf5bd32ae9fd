// SPDX-License-Identifier: Apache-2.0
// Where an operation stands in a function.

/// The place of an operation: its index in the function's block, then, for each level of nesting, the index of the
/// block within that operation and of the operation within that block.
package struct Location: Hashable, Sendable, Comparable {
  /// operation, block, operation, block, …, operation
  package let indices: [Int]

  /// An operation of the function's own block.
  package init(_ operation: Int) { indices = [operation] }

  private init(indices: [Int]) { self.indices = indices }

  /// The operation at an index of a block of this one.
  package func inner(block: Int, operation: Int) -> Location {
    Location(indices: indices + [block, operation])
  }

  /// How many blocks lie around the operation, besides the function's own.
  package var depth: Int { indices.count / 2 }

  package static func < (a: Location, b: Location) -> Bool {
    a.indices.lexicographicallyPrecedes(b.indices)
  }
}

extension Block {
  /// The operation at a location counted from this block.
  ///
  /// - Precondition: there is one.
  package subscript(location: Location) -> Operation {
    var operation = operations[location.indices[0]]
    for i in stride(from: 1, to: location.indices.count, by: 2) {
      operation = operation.blocks[location.indices[i]].operations[location.indices[i + 1]]
    }
    return operation
  }

  /// Visits every operation, nested ones right after the one that holds them, with its location.
  package func forEachOperation(_ body: (Location, Operation) throws -> Void) rethrows {
    try visit(within: nil, body)
  }

  /// Visits this block's operations; `outer` is the operation that holds the block, and the block's index there.
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
