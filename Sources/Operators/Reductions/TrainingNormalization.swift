// SPDX-License-Identifier: Apache-2.0
// Batch norm with batch statistics, and its gradient.

import Kernels
import MIL
import Tensors

/// `gamma (x - batch mean) / √(batch variance + epsilon) + beta`.
///
/// x: `[N, C, *D]`, everything else `[C]`. Results: as x; the batch's mean and 1 / √(variance + epsilon); `mean` and
/// `variance` moved by `momentum` towards the batch's mean and unbiased variance.
enum TrainingBatchNorm: Operator {
  static let signature = Signature(
    "training_batch_norm",
    [
      .x, .beside("gamma", .optional), .beside("beta", .optional), .beside("mean"), .beside("variance"),
      .beside("momentum", .defaultsTo(.float(0.1))), .beside("epsilon", .defaultsTo(.float(1e-5))),
    ])
  static var layout: LayoutPolicy { .channelsLast }

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    try call.checkRank("x", x, 3...5)
    for parameter in ["mean", "variance", "gamma", "beta"] { try call.checkChannels(parameter, of: x) }
    let statistics = ValueType.tensor(TensorType(x.dtype, [x.dimensions[1]]))
    return [.tensor(x), statistics, statistics, statistics, statistics]
  }

  /// A sum with a value of the same shape, then relu; both are optional.
  static func accepts(_ post: PostOperation, operand: Shape?, _ call: Call) -> Bool {
    switch post {
    case .unary(.relu): true
    case .binary(.add, _): operand != nil && operand == (try? call.type("x").shape)
    default: false
    }
  }

  static let gradient = Gradient.rule { g in
    let (x, gamma) = (try g.input("x"), try g.optionalInput("gamma"))
    let results = try g.emitter.emitAll(
      "training_batch_norm_gradient",
      ["x": x, "gradient": g.gradient(), "gamma": gamma, "mean": g.output(1), "inverse_deviation": g.output(2)])
    try g.give("x") { results[0] }
    try g.give("gamma") { results[1] }
    try g.give("beta") { results[2] }
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (x, y) = (try request.input("x"), request.output)
    let norm = BatchNormalization(x, epsilon: try request.call.number("epsilon"))
    let momentum = try request.call.number("momentum")
    let (gamma, beta) = (request.optionalInput("gamma")?.floats(), request.optionalInput("beta")?.floats())
    let running = (mean: UnsafePointer(try request.input("mean").floats()), variance: UnsafePointer(try request.input("variance").floats()))
    let results = request.outputs.dropFirst().map { $0.floats() }
    let addend = request.post.lazy.compactMap(\.operand).first.map { UnsafePointer($0.floats()) }
    let relu = request.post.contains { if case .unary = $0.operation { true } else { false } }
    let scratch = request.scratch
    scratch.reserve(norm.scratchBytes)
    let (from, to) = (x.floats(), y.floats())
    return Kernel("loop") {
      norm.forward(
        from, gamma: gamma, beta: beta, addend: addend, relu: relu, to: to, mean: results[0], inverse: results[1],
        running: running, updated: (results[2], results[3]), momentum: momentum, scratch: scratch.base)
    }
  }
}

extension BatchNorm: RunningStatistics {
  static func inTraining(_ operation: Operation, momentum: Float, freshName: (String) -> String) -> TrainedOperation? {
    guard let mean = operation.bindings("mean")?.first?.name, let variance = operation.bindings("variance")?.first?.name,
      let output = operation.outputs.first
    else { return nil }
    var training = operation
    training.type = TrainingBatchNorm.signature.name
    training.inputs.append(Argument("momentum", Constant(Tensor(scalar: momentum))))
    let names = ["mean", "inverse_deviation", "new_mean", "new_variance"].map { freshName("\(output.name)_\($0)") }
    training.outputs = [output] + names.map { NamedType($0, .scalar(.float32)) }
    return TrainedOperation(operation: training, updates: [(mean, names[2]), (variance, names[3])])
  }
}

/// The gradient of `training_batch_norm`.
///
/// x, gradient: `[N, C, *D]`; gamma, mean, inverse_deviation: `[C]`. Results: the gradients of x, gamma and beta.
/// With `y`, the result of a relu, or with `beta`, if a relu was applied to the norm's result, the gradient is passed only
/// where that is greater than zero; with `gives_gated`, the gated gradient is a fourth result.
enum BatchNormGradient: GatedGradient {
  static let signature = Signature(
    "training_batch_norm_gradient",
    [
      .x, Parameter("gradient", .float.tied("T")), Parameter("y", .float.tied("T"), .optional), .beside("gamma", .optional),
      .beside("beta", .optional), .beside("mean"), .beside("inverse_deviation"),
      Parameter("gate", .string, .defaultsTo(.string("open"))), Parameter("gives_gated", .bool, .defaultsTo(.bool(false))),
    ])
  static var layout: LayoutPolicy { .channelsLastInputs(["x", "gradient", "y"], outputs: true) }
  static let inPlace = true
  static let overwrites: String? = "gradient"
  static let gradient = Gradient.isGradient

  static func gated(_ call: Call, gradient: Operand, by gate: GradientGate, givesGated: Bool) -> Call {
    var operands = call.operands
    operands["gradient"] = [gradient]
    switch gate {
    case .output(let y):
      operands["y"] = [y]
      operands["gate"] = [Operand(name: nil, type: .scalar(.string), constant: Constant("output"))]
    case .ownResult(let forward):
      operands["beta"] = forward.operands["beta"]
      operands["gate"] = [Operand(name: nil, type: .scalar(.string), constant: Constant("result"))]
    }
    if givesGated { operands["gives_gated"] = [Operand(Tensor(scalar: true))] }
    return Call(operation: call.operation, opset: call.opset, signature: call.signature, operands: operands)
  }

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let parameter = ValueType.tensor(TensorType(x.dtype, [x.dimensions[1]]))
    return [.tensor(x), parameter, parameter] + (try call.bool("gives_gated") == true ? [.tensor(x)] : [])
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let (x, gradient) = (try request.input("x"), try request.input("gradient"))
    let dx = request.output
    let norm = BatchNormalization(x, epsilon: 0)
    let (gamma, beta) = (request.optionalInput("gamma")?.floats(), request.optionalInput("beta")?.floats())
    let (mean, inverse) = (try request.input("mean").floats(), try request.input("inverse_deviation").floats())
    let gate: BatchNormalization.Gate =
      switch try request.call.string("gate") {
      case "output": .output(try request.input("y").floats())
      case "result": .result(gamma: gamma.map { UnsafePointer($0) }, beta: beta.map { UnsafePointer($0) })
      default: .open
      }
    let gated = request.outputs.count > 3 ? request.outputs[3].floats() : nil
    let (from, g, to) = (x.floats(), gradient.floats(), dx.floats())
    let parameters = (request.outputs[1].floats(), request.outputs[2].floats())
    let scratch = request.scratch
    scratch.reserve(norm.scratchBytes)
    return Kernel("loop") {
      norm.backward(
        g, from, gamma: gamma, mean: mean, inverse: inverse, gate: gate, to: to, gammaGradient: parameters.0,
        betaGradient: parameters.1, gated: gated, scratch: scratch.base)
    }
  }
}

extension TrainingBatchNorm {
  static func accepts(_ post: PostOperation, after: [PostOperation]) -> Bool {
    switch post {
    case .unary: after.allSatisfy { if case .binary = $0 { true } else { false } }
    case .binary: after.isEmpty
    }
  }
}

/// The gradient of `layer_norm` over the last axes.
///
/// x, gradient: `[*, *normalized]`; gamma: `[*normalized]`. Results: the gradients of x, gamma and beta, the latter two
/// `[*normalized]`.
enum LayerNormGradient: Operator {
  static let signature = Signature(
    "training_layer_norm_gradient",
    [
      .x, Parameter("gradient", .float.tied("T")), .beside("gamma", .optional), Parameter("axes_count", .int32),
      .beside("epsilon", .defaultsTo(.float(1e-5))),
    ])
  static let inPlace = true
  static let overwrites: String? = "gradient"
  static let gradient = Gradient.isGradient

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    let parameter = ValueType.tensor(TensorType(x.dtype, Array(x.dimensions.suffix(try call.knownInteger("axes_count", atLeast: 1)))))
    return [.tensor(x), parameter, parameter]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let norm = LayerNormalizationGradient(
      width: request.outputs[1].count, rows: request.output.count / max(request.outputs[1].count, 1),
      epsilon: try request.call.number("epsilon"))
    let (x, gradient) = (try request.input("x").floats(), try request.input("gradient").floats())
    let gamma = request.optionalInput("gamma")?.floats()
    let results = request.outputs.map { $0.floats() }
    let scratch = request.scratch
    scratch.reserve(norm.scratchBytes)
    return Kernel("loop") {
      norm.run(
        gradient, x, gamma: gamma, to: results[0], gammaGradient: results[1], betaGradient: results[2], scratch: scratch.base)
    }
  }
}

/// The family of norms that exist in training only.
enum TrainingNormalization {
  static let operators: [any Operator.Type] = [
    TrainingBatchNorm.self, BatchNormGradient.self, LayerNormGradient.self,
  ]
}
