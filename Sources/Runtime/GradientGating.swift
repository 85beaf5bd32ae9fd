// SPDX-License-Identifier: Apache-2.0
// Lets a gradient's operator do the relu's part that comes before it.
//
//   h = relu_gradient(y, g); d = batch_norm_gradient(x, h)     becomes   d = batch_norm_gradient(x, g, gated by y)

import Kernels
import MIL
import Operators

extension Graph {
  /// Moves relus' gradients into the operators that read them, where those can take them in.
  mutating func gateGradients() {
    let producer = producers()
    var gone = Set<Int>()
    for index in nodes.indices {
      guard nodes[index].call.operation.type == "training_relu_gradient", nodes[index].post.isEmpty,
        let y = nodes[index].inputs["y"]?.first, let gradient = nodes[index].inputs["gradient"]?.first,
        let gated = nodes[index].outputs.first, values[gradient].constant == nil, !outputs.contains(gated)
      else { continue }
      let readers = nodes.indices.filter { nodes[$0].reads.contains(gated) }
      // Whoever takes it in must come first: the others read what it gives.
      guard let reader = readers.first, case .operator(let op) = nodes[reader].work, let taker = op as? any GatedGradient.Type,
        nodes[reader].inputs["gradient"] == [gated], nodes[reader].reads.filter({ $0 == gated }).count == 1
      else { continue }
      let gate = gate(y, reader, producer)
      let call = taker.gated(
        nodes[reader].call, gradient: operand(gradient, nodes[index].call, "gradient"), by: gate.0, givesGated: readers.count > 1)
      nodes[reader].call = call
      nodes[reader].inputs["gradient"] = [gradient]
      nodes[reader].inputs.merge(gate.1) { $1 }
      if readers.count > 1 { nodes[reader].outputs.append(gated) }
      gone.insert(index)
    }
    nodes = nodes.indices.filter { !gone.contains($0) }.map { nodes[$0] }
  }

  /// The gate that the relu's result is, and the values that it reads: its own norm's where the relu is fused into that alone.
  private func gate(_ y: Int, _ reader: Int, _ producer: [Int?]) -> (GradientGate, [String: [Int]]) {
    if let maker = producer[y], nodes[maker].outputs.first == y, nodes[maker].post.count == 1,
      case .unary(.relu) = nodes[maker].post[0].operation, let mean = nodes[reader].inputs["mean"]?.first,
      nodes[maker].outputs.count > 1, nodes[maker].outputs[1] == mean
    {
      return (.ownResult(of: nodes[maker].call), nodes[maker].inputs.filter { $0.key == "beta" })
    }
    return (.output(Operand(name: values[y].name, type: .tensor(values[y].dtype, values[y].shape))), ["y": [y]])
  }

  private func operand(_ value: Int, _ call: Call, _ parameter: String) -> Operand {
    call.operands[parameter]?.first ?? Operand(name: values[value].name, type: .tensor(values[value].dtype, values[value].shape))
  }
}
