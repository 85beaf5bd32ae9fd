// SPDX-License-Identifier: Apache-2.0
// The operations that read each constant of a block and of its nested blocks.

import MIL
import Operators
import Tensors

/// The readers of constants, and constants by name.
struct ConstantReaders {
  struct Read {
    let operation: Operation
    let parameter: String
  }

  private var readsByName: [String: [Read]] = [:]
  private var constants: [String: Tensor] = [:]

  init(_ block: Block) {
    block.forEachOperation { _, operation in
      if let tensor = operation.constantValue?.tensor, let name = operation.outputs.first?.name { constants[name] = tensor }
      for argument in operation.inputs {
        for case .name(let name) in argument.bindings {
          readsByName[name, default: []].append(Read(operation: operation, parameter: argument.parameter))
        }
      }
    }
  }

  func reads(of name: String) -> [Read] { readsByName[name] ?? [] }

  /// The constant bound to a parameter, inline or by name.
  func constant(_ operation: Operation, _ parameter: String) -> Tensor? {
    switch operation.bindings(parameter)?.first {
    case .constant(let constant): constant.tensor
    case .name(let name): constants[name]
    case nil: nil
    }
  }

  func isConstant(_ binding: Binding) -> Bool {
    guard let name = binding.name else { return true }
    return constants[name] != nil
  }

  /// Whether a batch norm only scales and shifts: means of 0 and variances of 1 that no training has collected.
  ///
  /// coremltools writes the product with a scale and the sum with a shift as such an operation. A new norm has these statistics,
  /// too, but one value for all scales, and no shift.
  func isAffine(_ operation: Operation) -> Bool {
    guard Catalog.known(operation) is any RunningStatistics.Type, let mean = constant(operation, "mean")?.floats(),
      let variance = constant(operation, "variance")?.floats(), mean.allSatisfy({ $0 == 0 }), variance.allSatisfy({ $0 == 1 })
    else { return false }
    let gamma = constant(operation, "gamma")?.floats() ?? []
    let beta = constant(operation, "beta")?.floats() ?? []
    return beta.contains { $0 != 0 } || gamma.contains { $0 != gamma[0] }
  }
}
