// SPDX-License-Identifier: Apache-2.0
// Folds batch norms into the weights of the convolutions before them.

import MIL
import Tensors

enum FoldedBatchNorm {
  static func run(_ function: inout Function) -> Bool {
    let m = Matcher(function)
    var names = FreshNames(function)
    var removed: Set<Int> = []
    var inserted: [Int: [Operation]] = [:]
    for (i, convolution) in m.operations.enumerated() {
      guard convolution.type == "conv" || convolution.type == "conv_transpose", let weight = m.constant(convolution, "weight"),
        weight.dtype.isFloat, let (last, norm) = m.onlyReader(convolution.outputs[0].name), norm.type == "batch_norm",
        norm.operand("x") == convolution.outputs[0].name, let mean = m.constant(norm, "mean")?.floats(),
        let variance = m.constant(norm, "variance")?.floats(), convolution.bindings("bias") == nil || m.constant(convolution, "bias") != nil
      else { continue }
      let channels = mean.count
      let gamma = m.constant(norm, "gamma")?.floats() ?? Array(repeating: 1, count: channels)
      let beta = m.constant(norm, "beta")?.floats() ?? Array(repeating: 0, count: channels)
      let epsilon = m.number(norm, "epsilon").map { Float($0) } ?? 1e-5
      let old = m.constant(convolution, "bias")?.floats() ?? Array(repeating: 0, count: channels)
      guard variance.count == channels, gamma.count == channels, beta.count == channels, old.count == channels else { continue }
      let scale = (0..<channels).map { gamma[$0] / (variance[$0] + epsilon).squareRoot() }
      guard let scaled = scaled(weight, scale, convolution, m) else { continue }
      let bias = Tensor((0..<channels).map { (old[$0] - mean[$0]) * scale[$0] + beta[$0] }).cast(to: weight.dtype)
      let opset = Opset(name: function.opset) ?? .iOS15
      let base = convolution.operand("weight") ?? convolution.outputs[0].name
      let (weightName, biasName) = (names.take(base + "_folded"), names.take(base + "_bias"))
      var changed = convolution
      changed.inputs.removeAll { $0.parameter == "weight" || $0.parameter == "bias" }
      changed.inputs += [Argument("weight", weightName), Argument("bias", biasName)]
      changed.inputs.sort { $0.parameter < $1.parameter }
      changed.outputs = norm.outputs
      changed.attributes = norm.attributes
      inserted[last] = [.const(weightName, Constant(scaled, opset: opset)), .const(biasName, Constant(bias, opset: opset)), changed]
      removed.insert(i)
    }
    guard !inserted.isEmpty else { return false }
    function.block.operations = m.operations.enumerated().flatMap { i, operation in removed.contains(i) ? [] : inserted[i] ?? [operation] }
    return true
  }

  /// The weight with every output channel scaled; `nil` if another operation shares it.
  private static func scaled(_ weight: Tensor, _ scale: [Float], _ convolution: Operation, _ m: Matcher) -> Tensor? {
    if let name = convolution.operand("weight"), m.readers(of: name).count > 1 || m.isPinned(name) { return nil }
    var values = weight.floats()
    if convolution.type == "conv" {
      guard weight.shape[0] == scale.count else { return nil }
      let row = values.count / scale.count
      for i in values.indices { values[i] *= scale[i / row] }
    } else {
      // [C_in, C_out / groups, …]: the output channels of group g follow those of group g − 1.
      let groups = Int(m.number(convolution, "groups") ?? 1)
      let (inputs, outputs) = (weight.shape[0], weight.shape[1])
      guard groups > 0, inputs % groups == 0, outputs * groups == scale.count else { return nil }
      let inner = values.count / (inputs * outputs)
      for i in values.indices {
        let (input, output) = (i / inner / outputs, i / inner % outputs)
        values[i] *= scale[input / (inputs / groups) * outputs + output]
      }
    }
    return Tensor(values, shape: weight.shape).cast(to: weight.dtype)
  }
}
