// SPDX-License-Identifier: Apache-2.0
// Initialization of weights.

import Tensors

/// Fan-in and fan-out: the number of inputs summed into each output, and of outputs that each input contributes to.
package struct Fan: Sendable {
  package let input: Int
  package let output: Int

  package init(input: Int, output: Int) {
    self.input = input
    self.output = output
  }

  /// For a weight with output channels on the first axis, input channels on the second, followed by kernel axes.
  package init(_ shape: Shape) {
    let field = Shape(shape.dropFirst(2)).elementCount
    self.init(input: (shape.count > 1 ? shape[1] : 1) * field, output: (shape.first ?? 1) * field)
  }
}

/// An initialization rule, named as in PyTorch's `torch.nn.init`.
package enum Initializer: String, Sendable, CaseIterable {
  /// The default of PyTorch's layers: uniform in ±1/√fan_in.
  case `default`
  /// Uniform in ±√(6 / (fan_in + fan_out)) (Glorot and Bengio 2010).
  case xavierUniform = "xavier_uniform"
  /// Normal with standard deviation √(2 / (fan_in + fan_out)).
  case xavierNormal = "xavier_normal"
  /// Uniform in ±√(6 / fan_in), for layers before a relu (He et al. 2015).
  case kaimingUniform = "kaiming_uniform"
  /// Normal with standard deviation √(2 / fan_in).
  case kaimingNormal = "kaiming_normal"
  /// Standard normal.
  case normal
  case zeros
  case ones

  /// A float32 tensor of the given shape.
  package func tensor(_ shape: Shape, fan: Fan, using random: inout SplitMix64) -> Tensor {
    let input = Double(max(fan.input, 1))
    let both = Double(max(fan.input + fan.output, 1))
    func uniform(_ bound: Double) -> Tensor {
      Tensor((0..<shape.elementCount).map { _ in Float((2 * random.uniform() - 1) * bound) }, shape: shape)
    }
    func normal(_ deviation: Double) -> Tensor {
      Tensor((0..<shape.elementCount).map { _ in Float(random.normal() * deviation) }, shape: shape)
    }
    return switch self {
    case .default: uniform((1 / input).squareRoot())
    case .xavierUniform: uniform((6 / both).squareRoot())
    case .xavierNormal: normal((2 / both).squareRoot())
    case .kaimingUniform: uniform((6 / input).squareRoot())
    case .kaimingNormal: normal((2 / input).squareRoot())
    case .normal: normal(1)
    case .zeros: Tensor(zeros: .float32, shape)
    case .ones: Tensor([Float](repeating: 1, count: shape.elementCount), shape: shape)
    }
  }
}
