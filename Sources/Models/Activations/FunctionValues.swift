// SPDX-License-Identifier: Apache-2.0
// The constants of a function, and how often each value is read.

import MIL
import Tensors

/// What an edit of weights must know of a function's outer block.
struct FunctionValues {
  /// Plain constants by the name of their value.
  private(set) var constants: [String: (position: Int, tensor: Tensor)] = [:]
  /// The position of the operation that computes each value.
  private(set) var makers: [String: Int] = [:]
  /// The positions of the operations of the outer block that read each value.
  private(set) var readers: [String: [Int]] = [:]
  /// How often each value is read, in inner blocks and as an output of the function too.
  private(set) var uses: [String: Int] = [:]

  init(_ function: Function) {
    for name in function.block.outputs { uses[name, default: 0] += 1 }
    for (position, operation) in function.block.operations.enumerated() {
      for output in operation.outputs { makers[output.name] = position }
      if let tensor = operation.constantValue?.tensor, let name = operation.outputs.first?.name { constants[name] = (position, tensor) }
      for argument in operation.inputs {
        for case .name(let name) in argument.bindings {
          uses[name, default: 0] += 1
          if readers[name]?.last != position { readers[name, default: []].append(position) }
        }
      }
      for inner in operation.blocks {
        inner.forEachOperation { _, operation in
          for argument in operation.inputs { for case .name(let name) in argument.bindings { uses[name, default: 0] += 1 } }
        }
      }
    }
  }

  /// The constant of a name that only one operation reads.
  func own(_ name: String?) -> (name: String, tensor: Tensor)? {
    guard let name, let found = constants[name], uses[name] == 1, found.tensor.dtype.isFloat else { return nil }
    return (name, found.tensor)
  }
}
