// SPDX-License-Identifier: Apache-2.0
// Operators that normalize mean, variance, length or energy.

import Kernels
import MIL
import Tensors

/// `gamma (x - mean) / √(variance + epsilon) + beta`, with all parameters per channel.
enum BatchNorm: ChannelAffine {
  static let signature = Signature(
    "batch_norm",
    [
      .x, .beside("mean"), .beside("variance"), .beside("gamma", .optional), .beside("beta", .optional),
      .beside("epsilon", .defaultsTo(.float(1e-5))),
    ])
  static let weights = WeightTraits(parameters: [
    WeightParameter("gamma"), WeightParameter("beta"), WeightParameter("mean", .statistic), WeightParameter("variance", .statistic),
  ])
  static let foreignNames = ForeignNames(torch: ["BatchNorm1d", "BatchNorm2d", "BatchNorm3d"], onnx: ["BatchNormalization"])
  static let layout = LayoutPolicy.follows
  static let inPlace = true

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    try call.checkRank("x", x, 3...5)
    for parameter in ["mean", "variance", "gamma", "beta"] { try call.checkChannels(parameter, of: x) }
    return [.tensor(x)]
  }

  static func channelMap(_ call: Call) -> ChannelMap? {
    guard let epsilon = try? call.number("epsilon"), let mean = call.tensor("mean")?.floats(),
      let variance = call.tensor("variance")?.floats(), !call.has("gamma") || call.tensor("gamma") != nil,
      !call.has("beta") || call.tensor("beta") != nil
    else { return nil }
    let gamma = call.tensor("gamma")?.floats() ?? Array(repeating: 1, count: mean.count)
    let beta = call.tensor("beta")?.floats() ?? Array(repeating: 0, count: mean.count)
    let scale = zip(gamma, variance).map { $0 / ($1 + epsilon).squareRoot() }
    return ChannelMap(scale: scale, shift: mean.indices.map { beta[$0] - mean[$0] * scale[$0] })
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let loop = ChannelLoop(try request.input("x"), to: request.output)
    let epsilon = try request.call.number("epsilon")
    let mean = try request.input("mean")
    let variance = try request.input("variance").floats()
    let gamma = request.optionalInput("gamma")?.floats()
    let beta = request.optionalInput("beta")?.floats()
    let (channels, means, scratch) = (mean.count, mean.floats(), request.scratch)
    scratch.reserve(2 * channels * MemoryLayout<Float>.stride)
    return Kernel("loop") {
      // The parameters may change between runs, as in training.
      let scale = scratch.base.assumingMemoryBound(to: Float.self)
      let shift = scale + channels
      for c in 0..<channels {
        scale[c] = (gamma?[c] ?? 1) / (variance[c] + epsilon).squareRoot()
        shift[c] = (beta?[c] ?? 0) - means[c] * scale[c]
      }
      loop.scaleShift(scale, shift)
    }
  }
}

/// Normalizes each channel of each image to mean 0 and variance 1, then scales and shifts it.
enum InstanceNorm: Operator {
  static let signature = Signature(
    "instance_norm",
    [
      .x, .beside("gamma", .optional), .beside("beta", .optional), .beside("epsilon", .defaultsTo(.float(1e-5))),
    ])
  static let weights = WeightTraits(parameters: [WeightParameter("gamma"), WeightParameter("beta")])
  static let foreignNames = ForeignNames(onnx: ["InstanceNormalization"])
  static func flops(_ call: Call, outputs: [Shape]) -> Int { 4 * (outputs.first?.elementCount ?? 0) }
  static let layout = LayoutPolicy.follows
  static let inPlace = true

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    try call.checkRank("x", x, 3...4)
    for parameter in ["gamma", "beta"] { try call.checkChannels(parameter, of: x) }
    return [.tensor(x)]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let norm = InstanceNormalization(
      try request.input("x"), to: request.output, epsilon: try request.call.number("epsilon"))
    let gamma = request.optionalInput("gamma")?.floats()
    let beta = request.optionalInput("beta")?.floats()
    let scratch = request.scratch
    scratch.reserve(norm.scratchBytes)
    return Kernel("loop") { norm.run(gamma: gamma, beta: beta, scratch: scratch.base) }
  }
}

/// Normalizes along some axes to mean 0 and variance 1, then scales and shifts elementwise.
enum LayerNorm: Operator {
  static let signature = Signature(
    "layer_norm",
    [
      .x, Parameter("axes", .int32, .optional), .beside("gamma", .optional), .beside("beta", .optional),
      .beside("epsilon", .defaultsTo(.float(1e-5))),
    ])
  static let weights = WeightTraits(parameters: [WeightParameter("gamma"), WeightParameter("beta")])
  static let foreignNames = ForeignNames(torch: ["LayerNorm"], onnx: ["LayerNormalization"])
  static func flops(_ call: Call, outputs: [Shape]) -> Int { 4 * (outputs.first?.elementCount ?? 0) }
  static let layout = LayoutPolicy.follows
  static let inPlace = true

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    guard x.hasKnownRank else { return [.tensor(x)] }
    let expected = TensorType(x.dtype, try call.reducedAxes(rank: x.rank).map { x.dimensions[$0] })
    for parameter in ["gamma", "beta"] {
      guard let type = try call.optionalType(parameter) else { continue }
      guard TensorType(type.dtype, expected.dimensions).accepts(type) else {
        throw call.error("\(parameter) must have the extents of the normalized axes, \(expected), found \(type)")
      }
    }
    return [.tensor(x)]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let gamma = request.optionalInput("gamma")
    let beta = request.optionalInput("beta")
    let norm = LayerNormalization(
      x, over: try request.call.reducedAxes(rank: x.shape.count), parameter: gamma ?? beta,
      epsilon: try request.call.number("epsilon"))
    let (from, to, scratch) = (x.floats(), request.output.floats(), request.scratch)
    if let rows = norm.rowLoop(from, gamma: gamma?.floats(), beta: beta?.floats(), to: to) {
      return Kernel("loop", rows: rows, request, work: 16)
    }
    scratch.reserve(norm.scratchBytes)
    return Kernel("loop") { norm.run(from, gamma: gamma?.floats(), beta: beta?.floats(), to: to, scratch: scratch.base) }
  }
}

/// `x / √(Σ x² + epsilon)`, with the sum over the last three axes.
enum L2Norm: Operator {
  static let signature = Signature("l2_norm", [.x, .beside("epsilon", .defaultsTo(.float(1e-6)))])
  static func flops(_ call: Call, outputs: [Shape]) -> Int { 4 * (outputs.first?.elementCount ?? 0) }
  static let layout = LayoutPolicy.follows
  static let inPlace = true

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    try call.checkRank("x", x, 3...Int.max)
    return [.tensor(x)]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let x = try request.input("x")
    let rank = x.shape.count
    let norm = L2Normalization(
      x, over: Array(rank - 3..<rank), to: request.output, epsilon: try request.call.number("epsilon"))
    let scratch = request.scratch
    scratch.reserve(norm.scratchBytes)
    return Kernel("loop") { norm.run(scratch: scratch.base) }
  }
}

/// `x / (k + alpha / size · Σ x²)^beta`, with the sum over `size` adjacent channels.
enum LocalResponseNorm: Operator {
  static let signature = Signature(
    "local_response_norm",
    [
      .x, Parameter("size", .int32), .beside("alpha", .defaultsTo(.float(1e-4))),
      .beside("beta", .defaultsTo(.float(0.75))), .beside("k", .defaultsTo(.float(1))),
    ])
  static let layout = LayoutPolicy.follows

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    try call.checkRank("x", x, 3...5)
    if let size = try call.integer("size"), size < 1 { throw call.error("size must be at least 1, found \(size)") }
    return [.tensor(x)]
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let x = try request.input("x")
    let norm = LocalResponseNormalization(
      size: try call.known(call.integer("size"), "size"), alpha: try call.number("alpha"),
      beta: try call.number("beta"), k: try call.number("k"))
    let split = AxisSplit(x, axis: 1)
    let (from, to) = (x.floats(), request.output.floats())
    return Kernel("loop") { norm.run(split, from, to: to) }
  }
}

enum Normalization {
  static let operators: [any Operator.Type] = [
    BatchNorm.self, InstanceNorm.self, L2Norm.self, LayerNorm.self, LocalResponseNorm.self,
  ]
}
