// SPDX-License-Identifier: Apache-2.0
// Converts constants of a function to inputs, so that they can change between steps.

import MIL
import Operators
import Tensors

/// A constant that is an input of a lifted function.
package struct LiftedConstant: Sendable {
  /// The name of the constant and of the input.
  package let name: String
  /// The initial elements as 32-bit floats.
  package let start: Tensor
  /// The dtype in which the program stores it.
  package let storedType: DType
  package let uses: [Use]

  /// An operation that reads the constant.
  package struct Use: Hashable, Sendable {
    package let operatorType: String
    package let operationName: String
    package let parameter: String
  }
}

/// A function in which some float constants are inputs.
///
/// The lifted function is in single precision. Lifted constants keep their names as inputs, after the inputs of the
/// original function.
package struct ParameterLifting: Sendable {
  package let original: Function
  package let function: Function
  /// The parameters to train.
  package let parameters: [LiftedConstant]
  /// Values that training updates without gradients: the running statistics of batch norms.
  package let buffers: [LiftedConstant]

  /// Lifts the selected constants of a function.
  ///
  /// - Parameters:
  ///   - chosen: selects the trainable constants that become parameters, including those in nested blocks.
  ///   - liftsStatistics: whether mean and variance of batch norms become buffers.
  package init(
    _ function: Function, liftingStatistics liftsStatistics: Bool = true, choosing chosen: (LiftedConstant) -> Bool = { _ in true }
  ) {
    original = function
    let single = function.inSinglePrecision()
    let uses = Self.uses(single.block)
    let stored = Self.storedTypes(function.block)
    var parameters: [LiftedConstant] = []
    var buffers: [LiftedConstant] = []
    single.block.forEachOperation { _, operation in
      guard let tensor = operation.constantValue?.tensor, tensor.dtype == .float32, let name = operation.outputs.first?.name,
        let read = uses[name]
      else { return }
      let candidate = LiftedConstant(name: name, start: tensor, storedType: stored[name] ?? .float32, uses: read)
      if read.contains(where: \.isStatistic) {
        if liftsStatistics { buffers.append(candidate) }
      } else if read.contains(where: { $0.isTrainable(count: tensor.count) }), chosen(candidate) {
        parameters.append(candidate)
      }
    }
    self.parameters = parameters
    self.buffers = buffers
    var lifted = single
    let names = Set((parameters + buffers).map(\.name))
    lifted.block = Self.removing(names, from: single.block)
    lifted.inputs += (parameters + buffers).map { NamedType($0.name, .tensor(.float32, $0.start.shape)) }
    self.function = lifted
  }

  /// The original function with new elements in the named constants, each in its stored dtype.
  package func storing(_ values: [String: Tensor]) -> Function {
    var function = original
    function.block = Self.replacing(values, in: original.block)
    return function
  }

  private static func uses(_ block: Block) -> [String: [LiftedConstant.Use]] {
    var uses: [String: [LiftedConstant.Use]] = [:]
    block.forEachOperation { _, operation in
      for argument in operation.inputs {
        for case .name(let name) in argument.bindings {
          uses[name, default: []].append(
            LiftedConstant.Use(operatorType: operation.type, operationName: operation.name, parameter: argument.parameter))
        }
      }
    }
    return uses
  }

  private static func storedTypes(_ block: Block) -> [String: DType] {
    var types: [String: DType] = [:]
    block.forEachOperation { _, operation in
      if let tensor = operation.constantValue?.tensor, let name = operation.outputs.first?.name { types[name] = tensor.dtype }
    }
    return types
  }

  private static func removing(_ names: Set<String>, from block: Block) -> Block {
    var block = block
    block.operations.removeAll { $0.constantValue != nil && names.contains($0.outputs.first?.name ?? "") }
    for i in block.operations.indices { block.operations[i].blocks = block.operations[i].blocks.map { removing(names, from: $0) } }
    return block
  }

  private static func replacing(_ values: [String: Tensor], in block: Block) -> Block {
    var block = block
    for i in block.operations.indices {
      block.operations[i].blocks = block.operations[i].blocks.map { replacing(values, in: $0) }
      guard let old = block.operations[i].constantValue, let tensor = old.tensor, let name = block.operations[i].outputs.first?.name,
        let value = values[name], let at = block.operations[i].attributes.firstIndex(where: { $0.name == "val" })
      else { continue }
      var constant = old
      constant.payload = .tensor(value.cast(to: tensor.dtype))
      block.operations[i].attributes[at].value = constant
    }
    return block
  }
}

extension LiftedConstant.Use {
  private var training: WeightParameter.Training? { Catalog.weightTable[operatorType][parameter]?.training }

  /// Whether the constant is a weight that a layer learns.
  fileprivate func isTrainable(count: Int) -> Bool {
    switch training {
    case .learned: true
    case .learnedUnlessScalar: count > 1
    case .statistic, nil: false
    }
  }

  fileprivate var isStatistic: Bool { training == .statistic }
}
