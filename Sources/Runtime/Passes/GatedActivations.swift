// SPDX-License-Identifier: Apache-2.0
// Recognizes activations that are written as a value times a sigmoid of itself.
//
//   g = sigmoid(x); y = mul(x, g)          becomes   y = silu(x)
//   g = sigmoid_hard(x); y = mul(x, g)     becomes   y = hard-swish(x)

import Kernels
import MIL
import Operators

extension Graph {
  /// Replaces such products with a single node, which may then be fused into the preceding node.
  mutating func recognizeGatedActivations() {
    let index = UseDefIndex(self)
    for here in nodes.indices {
      guard case .operator(let product) = nodes[here].work, nodes[here].post.isEmpty,
        let x = nodes[here].inputs["x"]?.first, let y = nodes[here].inputs["y"]?.first, x != y,
        case .binary(.multiply, _) = product.postOperation(nodes[here].call, on: "x")
      else { continue }
      for (gate, value) in [(x, y), (y, x)] {
        guard index.uses[gate] == 1, let at = index.producer[gate], nodes[at].post.isEmpty, nodes[at].inputs["x"] == [value],
          let activation = gatedActivation(at)
        else { continue }
        nodes[here].work = .operator(activation)
        nodes[here].call = nodes[at].call
        nodes[here].inputs = ["x": [value]]
        skipCut(before: here, index)
        break
      }
    }
    removeDeadNodes()
  }

  /// The activation that equals a value times this node's function of the value.
  private func gatedActivation(_ node: Int) -> (any Operator.Type)? {
    switch function(node) {
    case .sigmoid: Catalog.silu
    case .hardSigmoid: Catalog.hardSwish
    default: nil
    }
  }

  /// Skips a `thresholded_relu` that only sets values to zero for which hard-swish is zero. This is the form in which
  /// hard-swish is converted from PyTorch.
  private mutating func skipCut(before here: Int, _ index: UseDefIndex) {
    guard let x = nodes[here].inputs["x"]?.first, index.uses[x] == 2, let at = index.producer[x], nodes[at].post.isEmpty,
      case .hardSwish(let alpha, let beta) = function(here), case .thresholdedRelu(let cut) = function(at), alpha > 0,
      // The constants 1/6 and -3 leave a rounding error instead of zero.
      alpha * cut + beta <= 1e-6, let source = nodes[at].inputs["x"]
    else { return }
    nodes[here].inputs["x"] = source
  }

  private func function(_ node: Int) -> UnaryFunction? {
    guard case .operator(let op) = nodes[node].work,
      case .unary(let function) = op.postOperation(nodes[node].call, on: "x")
    else { return nil }
    return function
  }
}
