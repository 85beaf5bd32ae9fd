// SPDX-License-Identifier: Apache-2.0
// Makes a constant that is added to a linear layer or a convolution its bias.

import MIL
import Tensors

enum LinearBias {
  static func run(_ function: inout Function) -> Bool {
    let m = Matcher(function)
    var names = FreshNames(function)
    var removed: Set<Int> = []
    var inserted: [Int: [Operation]] = [:]
    for (i, operation) in m.operations.enumerated() {
      guard ["linear", "conv", "conv_transpose"].contains(operation.type), operation.bindings("bias") == nil,
        let (last, addition) = m.onlyReader(operation.outputs[0].name), addition.type == "add", last > i,
        let binding = m.other(addition, than: operation.outputs[0].name), let constant = m.constant(binding), constant.dtype.isFloat,
        let type = operation.outputs[0].type.tensorType, addition.outputs[0].type == operation.outputs[0].type,
        let bias = bias(constant, operation, type)
      else { continue }
      var changed = operation
      let value = Constant(bias, opset: Opset(name: function.opset) ?? .iOS15)
      let name = names.take((binding.name ?? operation.outputs[0].name) + "_bias")
      changed.inputs.append(Argument("bias", name))
      changed.inputs.sort { $0.parameter < $1.parameter }
      changed.outputs = addition.outputs
      changed.attributes = addition.attributes
      inserted[last] = [.const(name, value), changed]
      removed.insert(i)
    }
    guard !inserted.isEmpty else { return false }
    function.block.operations = m.operations.enumerated().flatMap { i, operation in removed.contains(i) ? [] : inserted[i] ?? [operation] }
    return true
  }

  /// The constant with one element for each output channel; `nil` if it differs within a channel.
  private static func bias(_ constant: Tensor, _ operation: Operation, _ type: TensorType) -> Tensor? {
    let axis = operation.type == "linear" ? type.rank - 1 : 1
    guard axis < type.rank, let channels = type.dimensions[axis].size, constant.rank <= type.rank else { return nil }
    let shape = Array(repeating: 1, count: type.rank - constant.rank) + constant.shape
    guard shape.enumerated().allSatisfy({ $0.offset == axis ? $0.element == channels : $0.element == 1 }) else { return nil }
    return constant.reshaped([channels])
  }
}
