// SPDX-License-Identifier: Apache-2.0
// Moves element-wise operations into the operator that computes their input.
//
//   c = conv(x, w); a = add(c, r); y = relu(a)   becomes   y = conv(x, w) then + r then relu

import MIL
import Operators
import Tensors

extension Graph {
  /// Fuses post-ops into the operators that compute their inputs where both support it.
  mutating func fusePostOperations() {
    var index = UseDefIndex(self)
    var gone = Set<Int>()
    for at in nodes.indices {
      guard case .operator(let consumer) = nodes[at].work, nodes[at].outputs.count == 1 else { continue }
      let output = nodes[at].outputs[0]
      let call = nodes[at].call
      // The post-op is fused into the latest producer of its inputs, since the other operand is then already
      // available.
      let candidates = nodes[at].inputs.flatMap { parameter, values in
        values.map { (parameter: parameter, value: $0, node: index.producer[$0] ?? -1) }
      }.filter { $0.node >= 0 }
      guard let best = candidates.max(by: { $0.node < $1.node || $0.node == $1.node && $0.value > $1.value }),
        index.uses[best.value] == 1, !gone.contains(best.node),
        case .operator(let op) = nodes[best.node].work, nodes[best.node].outputs.first == best.value,
        values[best.value].shape == values[output].shape,
        values[best.value].dtype == values[output].dtype,
        let fused = consumer.postOperation(call, on: best.parameter)
      else { continue }
      var operand: Int?
      if case .binary(_, let other) = fused {
        guard let value = nodes[at].inputs[other]?.first else { continue }
        operand = value
      }
      guard op.accepts(fused, operand: operand.map { values[$0].shape }, nodes[best.node].call),
        op.accepts(fused, after: nodes[best.node].post.map(\.operation))
      else { continue }
      nodes[best.node].post.append(FusedNode(operation: fused, operand: operand))
      nodes[best.node].outputs[0] = output
      index.setProducer(of: output, to: best.node)
      index.forget(best.value)
      gone.insert(at)
    }
    removeNodes(gone)
  }
}
