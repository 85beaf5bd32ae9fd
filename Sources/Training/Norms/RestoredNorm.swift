// SPDX-License-Identifier: Apache-2.0
// A batch norm behind a layer that had one before its network was converted.

import MIL
import Tensors

/// A batch norm that training puts behind a convolution or linear layer.
///
/// The norm's result has the name of the layer's output, so that whatever reads it is unchanged.
package struct RestoredNorm: Sendable {
  /// The layer's operation and its type.
  package let layer: String
  package let layerType: String
  /// The names of the layer's constants.
  let weight: String
  let bias: String
  /// The value that the layer made, which the norm makes now.
  package let value: String
  /// The layer's output before the norm.
  let raw: String
  /// The norm's constants, `[channels]`.
  let gamma: String
  let beta: String
  let mean: String
  let variance: String
  let channels: Int
  /// The axis of the weight's output channels, and the number of groups that they are divided in along it.
  let axis: Int
  let groups: Int
  /// The names of the outputs of the operations that make `value` from `raw`.
  let made: [String]

  /// Added to variances.
  static let epsilon: Float = 1e-5

  /// The dtype of the program's constants.
  let dtype: DType

  /// `epsilon` as the program stores it.
  var storedEpsilon: Float { Tensor(scalar: Self.epsilon).cast(to: dtype).floats()[0] }

  /// The initial values of the constants, for which the norm changes nothing: gamma is the deviation, beta the mean.
  ///
  /// - Parameters:
  ///   - means: of each channel, over all positions of all samples.
  ///   - variances: likewise.
  func start(means: [Float], variances: [Float]) -> [String: Tensor] {
    let epsilon = storedEpsilon
    return [
      mean: Tensor(means), variance: Tensor(variances), beta: Tensor(means), gamma: Tensor(variances.map { ($0 + epsilon).squareRoot() }),
    ]
  }

  /// The operations of the norm, with constants for means of 0 and variances of 1.
  ///
  /// - Parameter type: the type of the layer's output.
  func operations(_ type: TensorType, opset: Opset, name: String) -> [Operation] {
    let constants = start(means: Array(repeating: 0, count: channels), variances: Array(repeating: 1, count: channels))
    var operations = [gamma, beta, mean, variance].compactMap { name in
      constants[name].map { Operation.const(name, Constant($0.cast(to: dtype), opset: opset)) }
    }
    let isFlat = type.rank == 2
    // Norms need an axis of positions.
    let wide = isFlat ? TensorType(type.dtype, type.dimensions + [.fixed(1)]) : type
    func step(_ operator_: String, _ inputs: [Argument], _ output: NamedType, _ name: String) {
      operations.append(
        Operation(type: operator_, inputs: inputs, outputs: [output], attributes: [Attribute("name", Constant(name))]))
    }
    if isFlat {
      step("expand_dims", [Argument("axes", .int32s([2])), Argument("x", raw)], NamedType(made[0], .tensor(wide)), made[0])
    }
    step(
      "batch_norm",
      [
        Argument("beta", beta), Argument("epsilon", Constant(Tensor(scalar: Self.epsilon).cast(to: dtype))), Argument("gamma", gamma),
        Argument("mean", mean), Argument("variance", variance), Argument("x", isFlat ? made[0] : raw),
      ],
      NamedType(isFlat ? made[1] : value, .tensor(wide)), name)
    if isFlat {
      step("squeeze", [Argument("axes", .int32s([2])), Argument("x", made[1])], NamedType(value, .tensor(type)), made[1] + "_squeezed")
    }
    return operations
  }
}
