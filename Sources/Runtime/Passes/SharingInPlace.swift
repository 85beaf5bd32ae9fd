// SPDX-License-Identifier: Apache-2.0
// Reuses the memory of inputs for outputs when the inputs are not needed afterwards.

import Kernels
import Operators
import Tensors

extension Graph {
  /// Lets operators overwrite an input, or the operand of a fused addition, with their output if its value is not
  /// needed afterwards.
  mutating func shareMemoryInPlace(weights: WeightPolicy) {
    var lastUse: [Int: Int] = [:]
    for (time, node) in nodes.enumerated() { for v in node.reads { lastUse[values[v].root] = time } }
    for v in outputs { lastUse[values[v].root] = nodes.count }
    for v in pinned { lastUse[values[v].root] = nodes.count }
    for state in states where state.initial == state.final { lastUse[values[state.final].root] = nodes.count }
    let updates = updatesOfStates()
    var sharing: [Int: [Int]] = [:]
    for i in values.indices where values[i].root != i { sharing[values[i].root, default: []].append(i) }
    for (time, node) in nodes.enumerated() {
      guard case .operator(let op) = node.work, let output = node.outputs.first, values[output].root == output
      else { continue }
      let target = values[output]
      let reads = node.reads
      var candidates: [Int] = []
      if op.inPlace { candidates = op.overwrites.map { node.inputs[$0] ?? [] } ?? node.inputs.flatMap(\.value) }
      if case .binary(.add, _) = node.post.first?.operation, let operand = node.post.first?.operand, op.addsInPlace(node.call),
        node.storedParameters(weights).isEmpty, reads.count(where: { values[$0].root == values[operand].root }) == 1
      {
        candidates.append(operand)  // only if no other input of the kernel, read after writing starts, uses the same memory
      }
      let victim = candidates.first { v in
        let value = values[v]
        return value.constant == nil && updates[value.root]?.contains(output) != false && value.shape == target.shape
          && value.order == target.order
          && value.dtype.computed == target.dtype.computed && lastUse[value.root] == time
          && reads.allSatisfy { $0 == v || values[$0].root != value.root }
      }
      guard let victim else { continue }
      let root = values[victim].root
      let moved = [output] + (sharing.removeValue(forKey: output) ?? [])
      for i in moved { values[i].root = root }
      sharing[root, default: []] += moved
      lastUse[root] = lastUse[output] ?? time
    }
  }
}
