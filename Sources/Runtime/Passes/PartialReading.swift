// SPDX-License-Identifier: Apache-2.0
// Lets attention read keys and values where they lie, instead of copies of the used part that are repeated for groups of heads.

import Kernels
import MIL
import Operators
import Tensors

extension Graph {
  /// Replaces the keys and values of attention that slices, repetitions and reshapes select from a larger value by that value, with the
  /// strides of the selected elements.
  mutating func readPartsOfCaches() {
    let index = UseDefIndex(self)
    for at in nodes.indices {
      guard case .operator(let op) = nodes[at].work, op.signature.name == "scaled_dot_product_attention" else { continue }
      for parameter in ["key", "value"] {
        guard let v = nodes[at].inputs[parameter]?.first, let (source, chain, window) = selection(of: v, index) else { continue }
        nodes[at].inputs[parameter] = [source]
        nodes[at].windows[parameter] = window
        nodes[at].selections[parameter] = chain
      }
    }
  }

  /// The part of a value that these nodes select, one after the other; `nil` if strides cannot express it.
  func window(of source: Int, selectedBy nodes: [GraphNode]) -> InputWindow? {
    nodes.reduce(InputWindow(values[source].shape)) { window, node in
      window?.applying(node.call, output: values[node.outputs[0]].shape)
    }
  }

  /// The value from which an operand is selected, by which nodes, and the selected part; `nil` if nothing is saved by reading it there.
  private func selection(of operand: Int, _ index: UseDefIndex) -> (source: Int, chain: [GraphNode], window: InputWindow)? {
    var chain: [GraphNode] = []
    var first = operand
    while let producer = index.producer[first] {
      let node = nodes[producer]
      guard case .operator = node.work, node.post.isEmpty, node.outputs.count == 1,
        InputWindow.operations.contains(node.call.operation.type),
        let x = node.inputs["x"]?.first, values[x].constant == nil
      else { break }
      chain.append(node)
      first = x
    }
    // The longest part of the chain that strides can express.
    while !chain.isEmpty {
      guard chain.contains(where: { InputWindow.copies.contains($0.call.operation.type) }), let last = chain.last,
        let source = last.inputs["x"]?.first
      else { return nil }
      if let window = window(of: source, selectedBy: chain.reversed()) { return (source, chain.reversed(), window) }
      chain.removeLast()
    }
    return nil
  }
}
