// SPDX-License-Identifier: Apache-2.0
// Removes operations whose results nobody reads.

import MIL
import Operators

extension Block {
  /// The block without operations whose outputs are not read, in this block and in nested ones.
  ///
  /// Operations with an effect (states, random numbers) stay.
  ///
  /// - Parameter kept: names of values whose operations stay even if they are not read.
  package func removingDeadCode(keeping kept: Set<String> = []) -> Block {
    var block = self
    var read = Set(outputs).union(kept)
    var live: [Operation] = []
    for operation in operations.reversed() {
      let isLive = operation.outputs.contains { read.contains($0.name) } || operation.hasEffect
      guard isLive else { continue }
      var operation = operation
      for index in operation.blocks.indices { operation.blocks[index] = operation.blocks[index].removingDeadCode(keeping: kept) }
      operation.collectReads(&read)
      live.append(operation)
    }
    block.operations = live.reversed()
    return block
  }

  /// The names of values of this block and of nested ones that no operation and no block output reads.
  package var unreadValues: Set<String> {
    var read = Set(outputs)
    var defined: Set<String> = []
    forEachOperation { _, operation in
      for argument in operation.inputs { read.formUnion(argument.bindings.compactMap(\.name)) }
      for block in operation.blocks { read.formUnion(block.outputs) }
      defined.formUnion(operation.outputs.map(\.name))
    }
    return defined.subtracting(read)
  }
}

extension Operation {
  /// Whether the operation, or one in its blocks, does something besides computing its outputs.
  package var hasEffect: Bool {
    if let op = Catalog.known(self) {
      if op.hasEffect { return true }
      if case .writesState = op.execution { return true }
    } else if !isStored {
      return true
    }
    return blocks.contains { $0.operations.contains { $0.hasEffect } }
  }

  /// Adds the names that the operation and its blocks read to a set.
  package func collectReads(_ read: inout Set<String>) {
    for argument in inputs { read.formUnion(argument.bindings.compactMap(\.name)) }
    for block in blocks {
      read.formUnion(block.outputs)
      for operation in block.operations { operation.collectReads(&read) }
    }
  }
}
