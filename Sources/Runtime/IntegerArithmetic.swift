// SPDX-License-Identifier: Apache-2.0
// Programs with quantized activations compute on the codes.
//
//   quantize(relu(conv(dequantize(q), w)))   becomes   conv over codes, giving codes
//   quantize(max_pool(dequantize(q)))        becomes   max_pool of the codes, where both scales agree

import MIL
import Operators
import Tensors

extension Graph {
  /// Lets operators that follow a dequantize take its codes.
  mutating func takeCodes() {
    let producer = producers()
    for index in nodes.indices {
      guard case .operator(let op) = nodes[index].work, let x = nodes[index].inputs["x"]?.first,
        let source = producer[x], let codes = codes(of: nodes[source]), let form = op as? any IntegerForm.Type,
        let (lowered, call) = form.integerForm(nodes[index].call, after: nodes[source].call),
        let weight = call.tensor("weight")
      else { continue }
      nodes[index].work = .operator(lowered)
      nodes[index].call = call
      nodes[index].inputs["x"] = [codes]
      nodes[index].inputs["weight"] = [
        add(call.operands["weight"]?.first?.name ?? "weight", weight.dtype, weight.shape, constant: weight)
      ]
    }
  }

  /// Lets operators over codes give codes, and pools work on them, where a quantize follows. To be run after fusion.
  mutating func giveCodes() {
    let producer = producers()
    let uses = useCounts()
    var gone = Set<Int>()
    for index in nodes.indices {
      guard nodes[index].isOperator("quantize"), nodes[index].post.isEmpty, let x = nodes[index].inputs["input"]?.first,
        uses[x] == 1, let source = producer[x], case .operator(let op) = nodes[source].work, nodes[source].outputs == [x]
      else { continue }
      if let integer = op as? any IntegerOperator.Type,
        let call = integer.quantizing(nodes[source].call, by: nodes[index].call)
      {
        nodes[source].call = call
      } else if nodes[source].isOperator("max_pool"), nodes[source].post.isEmpty,
        let pooled = nodes[source].inputs["x"]?.first, let first = producer[pooled], let codes = codes(of: nodes[first]),
        nodes[first].call.hasSameScale(as: nodes[index].call), values[codes].dtype == values[nodes[index].outputs[0]].dtype
      {
        nodes[source].inputs["x"] = [codes]
      } else {
        continue
      }
      nodes[source].outputs = nodes[index].outputs
      gone.insert(index)
    }
    nodes = nodes.indices.filter { !gone.contains($0) }.map { nodes[$0] }
  }

  /// The codes that a dequantize turns into floats.
  private func codes(of node: GraphNode) -> Int? {
    node.isOperator("dequantize") && node.post.isEmpty ? node.inputs["input"]?.first : nil
  }
}

extension GraphNode {
  fileprivate func isOperator(_ type: String) -> Bool {
    guard case .operator = work else { return false }
    return call.operation.type == type
  }
}

extension Call {
  /// Whether both have one scale and one zero point, the same; greater codes then stand for greater numbers.
  fileprivate func hasSameScale(as other: Call) -> Bool {
    guard let a = tensor("scale"), let b = other.tensor("scale"), a.count == 1, a.floats() == b.floats(), a.floats()[0] > 0
    else { return false }
    return (tensor("zero_point")?.floats() ?? [0]) == (other.tensor("zero_point")?.floats() ?? [0])
  }
}
