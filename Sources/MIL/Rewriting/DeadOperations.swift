// SPDX-License-Identifier: Apache-2.0
// Leaving out what nobody looks at.

extension Function {
  /// The function without operations whose outputs nobody uses.
  ///
  /// - Parameter hasEffect: whether an operation must stay for what it does besides giving values (`write_state`).
  package func removingDeadOperations(_ hasEffect: (Operation) -> Bool) -> Function {
    var result = self
    var live: Set<String> = []
    result.block = Function.sweep(block, &live, hasEffect)
    return result
  }

  /// The block without dead operations; `live` gains the names that it uses.
  private static func sweep(
    _ block: Block, _ live: inout Set<String>, _ hasEffect: (Operation) -> Bool
  ) -> Block {
    var result = block
    live.formUnion(block.outputs)
    var kept: [Operation] = []
    for operation in block.operations.reversed()
    where operation.outputs.contains(where: { live.contains($0.name) })
      || acts(operation, hasEffect)
    {
      var operation = operation
      for argument in operation.inputs {
        for case .name(let name) in argument.bindings { live.insert(name) }
      }
      for b in operation.blocks.indices {
        operation.blocks[b] = sweep(operation.blocks[b], &live, hasEffect)
      }
      kept.append(operation)
    }
    result.operations = kept.reversed()
    return result
  }

  private static func acts(_ operation: Operation, _ hasEffect: (Operation) -> Bool) -> Bool {
    hasEffect(operation)
      || operation.blocks.contains { $0.operations.contains { acts($0, hasEffect) } }
  }
}
