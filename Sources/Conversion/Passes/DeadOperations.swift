// SPDX-License-Identifier: Apache-2.0
// Removes operations whose results nothing reads.

import MIL
import Operators

enum DeadOperations {
  static func run(_ function: inout Function) -> Bool {
    let before = function.block.operations.count
    var needed = Set(function.block.outputs)
    function.block = pruned(function.block, &needed)
    return function.block.operations.count != before
  }

  private static func pruned(_ block: Block, _ needed: inout Set<String>) -> Block {
    var block = block
    needed.formUnion(block.outputs)
    var kept: [Operation] = []
    for var operation in block.operations.reversed() {
      let hasEffect = Catalog.known(operation)?.hasEffect ?? true
      let isRandom = operation.type.hasPrefix("random_")
      guard operation.outputs.contains(where: { needed.contains($0.name) }) || (hasEffect && !isRandom) else { continue }
      for i in operation.blocks.indices { operation.blocks[i] = pruned(operation.blocks[i], &needed) }
      for argument in operation.inputs { for case .name(let name) in argument.bindings { needed.insert(name) } }
      kept.append(operation)
    }
    block.operations = kept.reversed()
    return block
  }
}
