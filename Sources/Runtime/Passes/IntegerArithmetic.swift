// SPDX-License-Identifier: Apache-2.0
// Computes on integer codes in programs with quantized activations.
//
//   quantize(relu(conv(dequantize(q), w)))   becomes   conv over codes, giving codes
//   quantize(max_pool(dequantize(q)))        becomes   max_pool of the codes, where both scales agree

import MIL
import Operators
import Tensors

extension Graph {
  /// Lets operators that follow a dequantize read its codes.
  mutating func readCodes() {
    let index = UseDefIndex(self)
    for here in nodes.indices {
      guard case .operator(let op) = nodes[here].work, let x = nodes[here].inputs["x"]?.first,
        let source = index.producer[x], let codes = codes(of: nodes[source]), let form = op as? any IntegerForm.Type,
        let (lowered, call) = form.integerForm(nodes[here].call, after: nodes[source].call),
        let weight = call.tensor("weight")
      else { continue }
      nodes[here].work = .operator(lowered)
      nodes[here].call = call
      nodes[here].inputs["x"] = [codes]
      nodes[here].inputs["weight"] = [
        add(call.operands["weight"]?.first?.name ?? "weight", weight.dtype, weight.shape, constant: weight)
      ]
    }
  }

  /// Lets operators on codes produce codes, and pooling operate on them, if a quantize follows. Runs after fusion.
  mutating func writeCodes() {
    let index = UseDefIndex(self)
    var gone = Set<Int>()
    for here in nodes.indices {
      guard nodes[here].codes == .makes, let x = nodes[here].inputs["input"]?.first,
        index.uses[x] == 1, let source = index.producer[x], case .operator(let op) = nodes[source].work, nodes[source].outputs == [x]
      else { continue }
      if let integer = op as? any IntegerOperator.Type,
        let call = integer.quantizing(nodes[source].call, by: nodes[here].call)
      {
        nodes[source].call = call
      } else if nodes[source].codes == .selects,
        let pooled = nodes[source].inputs["x"]?.first, let first = index.producer[pooled], let codes = codes(of: nodes[first]),
        nodes[first].call.hasSameScale(as: nodes[here].call), values[codes].dtype == values[nodes[here].outputs[0]].dtype
      {
        nodes[source].inputs["x"] = [codes]
      } else {
        continue
      }
      nodes[source].outputs = nodes[here].outputs
      gone.insert(here)
    }
    removeNodes(gone)
  }

  /// The codes that a dequantize turns into floats.
  private func codes(of node: GraphNode) -> Int? {
    node.codes == .reads ? node.inputs["input"]?.first : nil
  }
}

extension Call {
  /// Whether both have the same single scale and zero point, so that larger codes represent larger numbers.
  fileprivate func hasSameScale(as other: Call) -> Bool {
    guard let a = tensor("scale"), let b = other.tensor("scale"), a.count == 1, a.floats() == b.floats(), a.floats()[0] > 0
    else { return false }
    return (tensor("zero_point")?.floats() ?? [0]) == (other.tensor("zero_point")?.floats() ?? [0])
  }
}
