// SPDX-License-Identifier: Apache-2.0
// MIL's activations: elementwise functions of a float, and softmax along an axis.

import Kernels
import MIL
import Tensors

/// `min(x, beta)` where `x >= 0`, `min(alpha x, beta)` elsewhere.
enum ClampedRelu: PointwiseOperator {
  static let signature = Signature("clamped_relu", [.x, .beside("alpha"), .beside("beta")])
  static func functions(_ call: Call) throws -> [UnaryFunction] {
    [.leakyRelu(alpha: try call.number("alpha")), .clip(low: -.infinity, high: try call.number("beta"))]
  }
}

/// `x` where `x > 0`, `alpha (exp x - 1)` elsewhere.
enum Elu: PointwiseOperator {
  static let signature = Signature("elu", [.x, .beside("alpha")])
  static let foreignNames = ForeignNames(torch: ["ELU"], onnx: ["Elu"])
  static func functions(_ call: Call) throws -> [UnaryFunction] { [.elu(alpha: try call.number("alpha"))] }
}

/// `x Φ(x)`, exactly or with one of two approximations.
enum Gelu: PointwiseOperator {
  static let signature = Signature("gelu", [.x, Parameter("mode", .string, .defaultsTo(.string("EXACT")))])
  static let foreignNames = ForeignNames(torch: ["GELU"], onnx: ["Gelu"])
  static func infer(_ call: Call) throws -> [ValueType] {
    _ = try functions(call)
    return [.tensor(try call.type("x"))]
  }
  static func functions(_ call: Call) throws -> [UnaryFunction] {
    switch try call.known(call.string("mode"), "mode") {
    case "EXACT": [.geluExact]
    case "TANH_APPROXIMATION": [.geluTanh]
    case "SIGMOID_APPROXIMATION": [.geluSigmoid]
    case let mode:
      throw call.error("mode must be EXACT, TANH_APPROXIMATION or SIGMOID_APPROXIMATION, found \(mode)")
    }
  }
}

/// `x` where `x >= 0`, `alpha x` elsewhere.
enum LeakyRelu: PointwiseOperator {
  static let signature = Signature("leaky_relu", [.x, .beside("alpha")])
  static let foreignNames = ForeignNames(torch: ["LeakyReLU"], onnx: ["LeakyRelu"])
  static func functions(_ call: Call) throws -> [UnaryFunction] { [.leakyRelu(alpha: try call.number("alpha"))] }
}

/// `alpha x + beta`
enum LinearActivation: PointwiseOperator {
  static let signature = Signature("linear_activation", [.x, .beside("alpha"), .beside("beta")])
  static func functions(_ call: Call) throws -> [UnaryFunction] {
    [.linear(alpha: try call.number("alpha"), beta: try call.number("beta"))]
  }
}

/// `max(x, 0)`
enum Relu: PointwiseOperator {
  static let signature = Signature("relu", [.x])
  static let foreignNames = ForeignNames(torch: ["ReLU"], onnx: ["Relu"])
  static let activations = ActivationTraits(isNonNegative: true)
  static func functions(_ call: Call) -> [UnaryFunction] { [.relu] }
}

/// `min(max(x, 0), 6)`
enum Relu6: PointwiseOperator {
  static let signature = Signature("relu6", [.x])
  static let foreignNames = ForeignNames(torch: ["ReLU6"])
  static let activations = ActivationTraits(isNonNegative: true)
  static func functions(_ call: Call) -> [UnaryFunction] { [.clip(low: 0, high: 6)] }
}

/// `alpha tanh(beta x)`
enum ScaledTanh: PointwiseOperator {
  static let signature = Signature("scaled_tanh", [.x, .beside("alpha"), .beside("beta")])
  static func functions(_ call: Call) throws -> [UnaryFunction] {
    [.scaledTanh(alpha: try call.number("alpha"), beta: try call.number("beta"))]
  }
}

/// `1 / (1 + exp -x)`
enum Sigmoid: PointwiseOperator {
  static let signature = Signature("sigmoid", [.x])
  static let foreignNames = ForeignNames(torch: ["Sigmoid"], onnx: ["Sigmoid"])
  static let activations = ActivationTraits(isNonNegative: true)
  static func functions(_ call: Call) -> [UnaryFunction] { [.sigmoid] }
}

/// `min(max(alpha x + beta, 0), 1)`
enum SigmoidHard: PointwiseOperator {
  static let signature = Signature("sigmoid_hard", [.x, .beside("alpha"), .beside("beta")])
  static func functions(_ call: Call) throws -> [UnaryFunction] {
    [.hardSigmoid(alpha: try call.number("alpha"), beta: try call.number("beta"))]
  }
}

/// `x sigmoid(x)`
enum Silu: PointwiseOperator {
  static let signature = Signature("silu", [.x])
  static let foreignNames = ForeignNames(torch: ["SiLU"])
  static func functions(_ call: Call) -> [UnaryFunction] { [.silu] }
}

/// `log(1 + exp x)`
enum Softplus: PointwiseOperator {
  static let signature = Signature("softplus", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.softplus] }
}

/// `x / (1 + |x|)`
enum Softsign: PointwiseOperator {
  static let signature = Signature("softsign", [.x])
  static func functions(_ call: Call) -> [UnaryFunction] { [.softsign] }
}

/// `x` where `x >= alpha`, else 0.
enum ThresholdedRelu: PointwiseOperator {
  static let signature = Signature("thresholded_relu", [.x, .beside("alpha")])
  static func functions(_ call: Call) throws -> [UnaryFunction] {
    [.thresholdedRelu(alpha: try call.number("alpha"))]
  }
}

/// `max(x, 0) + alpha min(x, 0)` with one `alpha` per channel.
enum Prelu: Operator {
  static let signature = Signature("prelu", [.x, .beside("alpha")])
  static let foreignNames = ForeignNames(torch: ["PReLU"], onnx: ["PRelu"])
  static let weights = WeightTraits(parameters: [WeightParameter("alpha")])
  static let layout = LayoutPolicy.follows
  static let inPlace = true

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    try call.checkRank("x", x, 3...5)
    try call.checkChannels("alpha", of: x)
    // Core ML only runs rank 4; coremltools accepts other ranks if they are equivalent to leaky_relu.
    if x.hasKnownRank, x.rank != 4, let alpha = call.tensor("alpha")?.floats(), let first = alpha.first,
      alpha.contains(where: { abs($0 - first) > 1e-5 })
    {
      throw call.error("x of rank \(x.rank) needs the same alpha for all channels")
    }
    return [.tensor(x)]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let loop = ChannelLoop(x, to: request.output)
    let alpha = try request.input("alpha").floats()
    return Kernel("loop") { loop.prelu(alpha) }
  }
}

/// `alpha log(1 + exp(beta x))` with one `alpha` and one `beta` per channel.
enum SoftplusParametric: Operator {
  static let signature = Signature("softplus_parametric", [.x, .beside("alpha"), .beside("beta")])
  static let weights = WeightTraits(parameters: [WeightParameter("alpha"), WeightParameter("beta")])
  static let layout = LayoutPolicy.follows
  static let inPlace = true

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    try call.checkRank("x", x, 3...Int.max)
    try call.checkChannels("alpha", of: x)
    try call.checkChannels("beta", of: x)
    return [.tensor(x)]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let loop = ChannelLoop(x, to: request.output)
    let alpha = try request.input("alpha").floats()
    let beta = try request.input("beta").floats()
    return Kernel("loop") { loop.softplus(alpha, beta) }
  }
}

/// `exp x / Σ exp x` along an axis.
enum SoftmaxOperator: Operator {
  static let signature = Signature("softmax", [.x, Parameter("axis", .int32, .defaultsTo(.int(-1)))])
  static let foreignNames = ForeignNames(torch: ["Softmax"], onnx: ["Softmax"])
  static let activations = ActivationTraits(isNonNegative: true, isSoftmax: true)
  static func flops(_ call: Call, outputs: [Shape]) -> Int { 4 * (outputs.first?.elementCount ?? 0) }
  static let layout = LayoutPolicy.follows
  static let inPlace = true

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    if x.hasKnownRank { _ = try call.knownAxis("axis", rank: x.rank) }
    return [.tensor(x)]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let split = AxisSplit(x, axis: try request.call.knownAxis("axis", rank: x.shape.count))
    let (from, to) = (x.floats(), request.output.floats())
    if let rows = Softmax.rowLoop(split, from, to: to) { return Kernel("loop", rows: rows, request, work: 16) }
    return Kernel("loop") { Softmax.run(split, from, to: to) }
  }
}

enum Activations {
  static let operators: [any Operator.Type] = [
    ClampedRelu.self, Elu.self, Gelu.self, LeakyRelu.self, LinearActivation.self, Prelu.self, Relu.self, Relu6.self,
    ScaledTanh.self, Sigmoid.self, SigmoidHard.self, Silu.self, SoftmaxOperator.self, Softplus.self,
    SoftplusParametric.self, Softsign.self, ThresholdedRelu.self,
  ]
}
