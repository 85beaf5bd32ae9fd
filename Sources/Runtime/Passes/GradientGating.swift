// SPDX-License-Identifier: Apache-2.0
// Fuses the gradient of a relu into the following gradient operator.
//
//   h = relu_gradient(y, g); d = batch_norm_gradient(x, h)     becomes   d = batch_norm_gradient(x, g, gated by y)

import Kernels
import MIL
import Operators

extension Graph {
  /// Fuses gradients of relus into the operators that read them, where those support it.
  mutating func gateGradients() {
    let index = UseDefIndex(self)
    var gone = Set<Int>()
    for here in nodes.indices {
      guard case .operator(let relu) = nodes[here].work, relu is any GateGradient.Type, nodes[here].post.isEmpty,
        let y = nodes[here].inputs["y"]?.first, let gradient = nodes[here].inputs["gradient"]?.first,
        let gated = nodes[here].outputs.first, values[gradient].constant == nil, !outputs.contains(gated)
      else { continue }
      let readers = index.readers(of: gated)
      // The operator that fuses it must come first, since the other readers use its result.
      guard let reader = readers.first, case .operator(let op) = nodes[reader].work, let taker = op as? any GatedGradient.Type,
        nodes[reader].inputs["gradient"] == [gated], nodes[reader].reads.filter({ $0 == gated }).count == 1
      else { continue }
      let gate = gate(y, reader, index)
      let call = taker.gated(
        nodes[reader].call, gradient: operand(gradient, nodes[here].call, "gradient"), by: gate.0, givesGated: readers.count > 1)
      nodes[reader].call = call
      nodes[reader].inputs["gradient"] = [gradient]
      nodes[reader].inputs.merge(gate.1)
      if readers.count > 1 { nodes[reader].outputs.append(gated) }
      gone.insert(here)
    }
    removeNodes(gone)
  }

  /// The gate of the relu's result, and the values that the gate reads: those of the norm if the relu is fused into
  /// it.
  private func gate(_ y: Int, _ reader: Int, _ index: UseDefIndex) -> (GradientGate, ByParameter<[Int]>) {
    if let maker = index.producer[y], nodes[maker].outputs.first == y, nodes[maker].post.count == 1,
      case .unary(.relu) = nodes[maker].post[0].operation, let mean = nodes[reader].inputs["mean"]?.first,
      nodes[maker].outputs.count > 1, nodes[maker].outputs[1] == mean
    {
      return (.ownResult(of: nodes[maker].call), ByParameter(nodes[maker].inputs.filter { $0.key == "beta" }))
    }
    return (.output(Operand(name: values[y].name, type: .tensor(values[y].dtype, values[y].shape))), ["y": [y]])
  }

  private func operand(_ value: Int, _ call: Call, _ parameter: String) -> Operand {
    call.operands[parameter]?.first ?? Operand(name: values[value].name, type: .tensor(values[value].dtype, values[value].shape))
  }
}
