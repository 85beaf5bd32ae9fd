// SPDX-License-Identifier: Apache-2.0
// Inline tensors that are arguments of operators become named constants.

import MIL
import Tensors

extension Program {
  /// The same program in which every inline floating-point tensor of two or more axes is a named constant.
  ///
  /// coremltools names all weights; other writers may not, and only named weights can be identified and compressed.
  package func namingInlineTensors() -> Program {
    var program = self
    for index in functions.indices {
      var block = functions[index].block
      if Self.nameInlineTensors(&block) { program.functions[index].block = block }
    }
    return program
  }

  /// Returns whether anything changed.
  private static func nameInlineTensors(_ block: inout Block) -> Bool {
    var changed = false
    var operations: [Operation] = []
    for var operation in block.operations {
      for number in operation.blocks.indices where nameInlineTensors(&operation.blocks[number]) {
        changed = true
      }
      if !operation.isStored {
        for (a, argument) in operation.inputs.enumerated() {
          for (b, binding) in argument.bindings.enumerated() {
            guard case .constant(let constant) = binding, let tensor = constant.tensor,
              tensor.dtype.isFloat, tensor.rank > 1, tensor.count >= Constant.leastWeightCount
            else { continue }
            let name = "\(operation.name)_\(argument.parameter)_\(b)"
            operations.append(.const(name, constant))
            operation.inputs[a].bindings[b] = .name(name)
            changed = true
          }
        }
      }
      operations.append(operation)
    }
    if changed { block.operations = operations }
    return changed
  }
}
