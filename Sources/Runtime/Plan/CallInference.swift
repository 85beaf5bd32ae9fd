// SPDX-License-Identifier: Apache-2.0
// What is known of the outputs of a call before the program runs.

import MIL
import Operators
import Tensors

/// The outputs of an operator, as far as the types and constants of its operands determine them.
enum CallInference {
  case constants([Tensor])
  /// With known shapes.
  case types([TensorType])
  /// A shape depends on values that are not known yet.
  case unknown
}

extension Call {
  /// The call with its weights in the form that the operator reads.
  func decodingWeights(_ op: any Operator.Type, _ runtime: RunContext) throws -> Call {
    try decodingWeights(op, runtime.options.weights) { operand, weight in
      try runtime.constants.decoded(weight, named: operand.name ?? "", for: self)
    }
  }

  /// - Throws: `OperatorError` if the operator does not accept the operands.
  func inferred(_ op: any Operator.Type, _ runtime: RunContext) throws -> CallInference {
    if isConstant, !op.hasEffect { return .constants(try runtime.constants.value(of: self)) }
    let types = try op.kept(self)
    guard types.count == operation.outputs.count else {
      throw error("has \(operation.outputs.count) outputs, expected \(types.count)")
    }
    guard types.allSatisfy({ $0.shape != nil }) else { return .unknown }
    if !op.hasEffect, let folded = try op.fold(self) { return .constants(folded) }
    return .types(types)
  }

  /// The type of an output that is stored in a tensor of this type: the declared type with known extents.
  ///
  /// - Throws: `OperatorError` if the program declares a different type, since the readers of the output rely on it.
  func type(of output: NamedType, keptIn tensor: TensorType) throws -> ValueType {
    let type = output.type.kept(in: tensor)
    guard output.type.accepts(type) else { throw error("'\(output.name)' is declared \(output.type), but is \(type)") }
    return type
  }
}
