// SPDX-License-Identifier: Apache-2.0
// Puts batch norms back behind the layers that they were folded into.

import MIL
import Operators
import Tensors

/// A function with batch norms behind its layers.
package struct NormRestoration: Sendable {
  package let function: Function
  package let norms: [RestoredNorm]
  /// Convolutions and linear layers without a restored norm, with the reason.
  package let skipped: [(layer: String, reason: String)]

  /// - Parameter trained: the names of the constants that are trained. Only layers whose weight is among them get a norm.
  init(_ function: Function, trained: Set<String>) {
    let sites = NormSites(function)
    var rewriter = Rewriter(function)
    var norms: [RestoredNorm] = []
    var skipped: [(layer: String, reason: String)] = []
    let opset = Opset(name: function.opset) ?? .iOS15
    for (number, operation) in function.block.operations.enumerated() {
      guard let layer = sites.layer(operation) else { continue }
      let reason = trained.contains(layer.weight) ? sites.obstacle(layer, number) : "its weight is not trained"
      if let reason {
        skipped.append((operation.name, reason))
        continue
      }
      func name(_ suffix: String) -> String { rewriter.freshName("\(operation.name)_norm\(suffix)") }
      let made = layer.type.rank == 2 ? [name("_input"), name("_output")] : []
      let norm = RestoredNorm(
        layer: operation.name, layerType: operation.type, weight: layer.weight, bias: layer.bias, value: layer.output.name,
        raw: rewriter.freshName("\(layer.output.name)_before_norm"), gamma: name("_gamma"), beta: name("_beta"), mean: name("_mean"),
        variance: name("_variance"), channels: layer.channels, axis: layer.axis, groups: layer.groups,
        made: made + [layer.output.name], dtype: layer.type.dtype)
      var moved = operation
      moved.outputs[0].name = norm.raw
      rewriter.replace(Location(number), with: [moved] + norm.operations(layer.type, opset: opset, name: name("")))
      norms.append(norm)
    }
    self.function = rewriter.rewritten()
    self.norms = norms
    self.skipped = skipped
  }
}

extension Function {
  /// The function without a restored norm: the layer makes the norm's result.
  func removing(_ norm: RestoredNorm) -> Function {
    var function = self
    let dropped = Set(norm.made + [norm.gamma, norm.beta, norm.mean, norm.variance])
    function.block.operations.removeAll { operation in operation.outputs.contains { dropped.contains($0.name) } }
    for i in function.block.operations.indices where function.block.operations[i].outputs.first?.name == norm.raw {
      function.block.operations[i].outputs[0].name = norm.value
    }
    return function
  }
}
