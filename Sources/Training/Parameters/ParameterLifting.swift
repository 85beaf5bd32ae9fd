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

  /// Lifts the parameters and running statistics of a function.
  ///
  /// - Parameters:
  ///   - chosen: selects among the constants that are parameters by their role, including those in nested blocks.
  ///   - liftsStatistics: whether mean and variance of batch norms become buffers.
  package init(
    _ function: Function, liftingStatistics liftsStatistics: Bool = true, choosing chosen: (LiftedConstant) -> Bool = { _ in true }
  ) {
    let entries = ParameterRoles(function).entries
    self.init(
      function, parameters: entries.filter { $0.role == .parameter }.map(\.constant).filter(chosen),
      buffers: liftsStatistics ? entries.filter { $0.role == .statistic }.map(\.constant) : [])
  }

  /// Lifts these constants, whatever their role.
  package init(_ function: Function, parameters: [LiftedConstant], buffers: [LiftedConstant]) {
    original = function
    self.parameters = parameters
    self.buffers = buffers
    var lifted = function.inSinglePrecision()
    lifted.block = Self.removing(Set((parameters + buffers).map(\.name)), from: lifted.block)
    lifted.inputs += (parameters + buffers).map { NamedType($0.name, .tensor(.float32, $0.start.shape)) }
    self.function = lifted
  }

  /// The original function with new elements in the named constants, each in its stored dtype.
  package func storing(_ values: [String: Tensor]) -> Function { original.storing(values) }

  private static func removing(_ names: Set<String>, from block: Block) -> Block {
    var block = block
    block.operations.removeAll { $0.constantValue != nil && names.contains($0.outputs.first?.name ?? "") }
    for i in block.operations.indices { block.operations[i].blocks = block.operations[i].blocks.map { removing(names, from: $0) } }
    return block
  }
}

extension Function {
  /// The function with new elements in the named constants, each in its stored dtype.
  package func storing(_ values: [String: Tensor]) -> Function {
    var function = self
    function.block = Self.replacing(values, in: block)
    return function
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
