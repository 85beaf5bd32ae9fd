// SPDX-License-Identifier: Apache-2.0
// Which values depend on the output of a layer.

import MIL
import Operators
import Runtime
import Tensors

/// The values of a block and its nested blocks that depend on the output of an operation with learned weights.
struct LayerReach {
  private var reached: Set<String> = []
  private let readers: ConstantReaders

  init(_ block: Block, _ readers: ConstantReaders) {
    self.readers = readers
    // A nested block may read a value that a later iteration of a loop makes, so this is repeated until nothing changes.
    var count = -1
    while count != reached.count {
      count = reached.count
      visit(block)
    }
  }

  /// Whether the operation reads a value that depends on a layer.
  func isReached(_ operation: Operation) -> Bool { operation.namesRead.contains(where: reached.contains) }

  private mutating func visit(_ block: Block) {
    for operation in block.operations where !operation.isStored {
      let isReached = isReached(operation)
      for inner in operation.blocks {
        if isReached { reached.formUnion(inner.inputs.map(\.name)) }
        visit(inner)
        // The results of a loop's body are its arguments in the next iteration.
        if inner.outputs.contains(where: reached.contains) { reached.formUnion(inner.inputs.map(\.name)) }
      }
      let isInside = operation.blocks.contains { $0.outputs.contains(where: reached.contains) }
      if isReached || isInside || isLayer(operation) { reached.formUnion(operation.outputs.map(\.name)) }
    }
  }

  /// Whether a learned weight is bound to the operation.
  private func isLayer(_ operation: Operation) -> Bool {
    let traits = Catalog.weightTable[operation.type]
    guard !readers.isAffine(operation) else { return false }
    return traits.parameters.contains { parameter in
      let isWeight =
        switch parameter.training {
        case .learned: true
        case .learnedUnlessScalar: traits.layer != nil
        case .statistic: false
        }
      return isWeight && operation.bindings(parameter.name)?.contains(where: readers.isConstant) == true
    }
  }
}
