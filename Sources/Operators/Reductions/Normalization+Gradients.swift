// SPDX-License-Identifier: Apache-2.0
// Gradients of normalization operators.

import Kernels
import MIL
import Tensors

extension TypedValue {
  /// Reshapes per-channel values (axis 1) to broadcast with a value of this rank.
  fileprivate func besideChannels(of rank: Int) throws -> TypedValue {
    try reshaped(shape + Array(repeating: 1, count: rank - 2))
  }

  fileprivate func mean(_ axes: [Int]) throws -> TypedValue { try apply("reduce_mean", ["axes": axes, "keep_dims": true]) }

  /// This value normalized to mean 0 and variance 1 along some axes, and the inverse deviation.
  fileprivate func standardized(_ axes: [Int], epsilon: Float) throws -> (value: TypedValue, factor: TypedValue) {
    let centered = try self - mean(axes)
    let factor = try centered.squared().mean(axes).apply("rsqrt", ["epsilon": epsilon])
    return (try centered * factor, factor)
  }
}

extension BatchNorm {
  /// With given statistics, not the batch's own.
  static var gradient: Gradient {
    .rule { g in
      let (x, gradient, rank) = (try g.input("x"), try g.gradient(), try g.input("x").rank)
      let channels = [0] + Array(2..<rank)
      let mean = try g.input("mean").besideChannels(of: rank)
      let factor = try g.input("variance").apply("rsqrt", ["epsilon": g.call.number("epsilon")])
      let gamma = try g.optionalInput("gamma")
      let scale = try gamma.map { try $0 * factor } ?? factor
      try g.give("x") { try gradient * scale.besideChannels(of: rank) }
      try g.give("beta") { try gradient.sum(channels) }
      try g.give("mean") { try gradient.sum(channels) * scale * -1 }
      guard g.wants("gamma") || g.wants("variance") else { return }
      let product = try (gradient * (x - mean)).sum(channels)
      try g.give("gamma") { try product * factor }
      try g.give("variance") { try product * scale * factor * factor * -0.5 }
    }
  }
}

extension LayerNorm {
  static var gradient: Gradient {
    .rule { g in
      let (x, gradient) = (try g.input("x"), try g.gradient())
      let axes = try g.call.reducedAxes(rank: x.rank)
      if axes == Array(x.rank - axes.count..<x.rank) {
        let results = try g.emitter.emitAll(
          "training_layer_norm_gradient",
          [
            "x": x, "gradient": gradient, "gamma": g.optionalInput("gamma"), "axes_count": axes.count,
            "epsilon": g.call.number("epsilon"),
          ])
        for (parameter, result) in zip(["x", "gamma", "beta"], results) { try g.give(parameter) { result } }
        return
      }
      let others = x.shape.indices.filter { !axes.contains($0) }
      // The extents of the normalized axes, at their positions.
      let shape = x.shape.enumerated().map { axes.contains($0.offset) ? $0.element : 1 }
      let gamma = try g.optionalInput("gamma")?.reshaped(shape)
      try giveStandardized(g, x, gradient, axes: axes, gamma: gamma)
      try g.give("beta") { try gradient.sum(others) }
      try g.give("gamma") {
        let standard = try x.standardized(axes, epsilon: g.call.number("epsilon")).value
        return try (gradient * standard).sum(others)
      }
    }
  }
}

extension InstanceNorm {
  static var gradient: Gradient {
    .rule { g in
      let (x, gradient) = (try g.input("x"), try g.gradient())
      let axes = Array(2..<x.rank)
      let gamma = try g.optionalInput("gamma")?.besideChannels(of: x.rank)
      try giveStandardized(g, x, gradient, axes: axes, gamma: gamma)
      try g.give("beta") { try gradient.sum([0] + axes) }
      try g.give("gamma") {
        let standard = try x.standardized(axes, epsilon: g.call.number("epsilon")).value
        return try (gradient * standard).sum([0] + axes)
      }
    }
  }
}

/// The gradient of x for `y = gamma · standardized x + beta`.
private func giveStandardized(
  _ g: GradientContext, _ x: TypedValue, _ gradient: TypedValue, axes: [Int], gamma: TypedValue?
) throws {
  try g.give("x") {
    let (standard, factor) = try x.standardized(axes, epsilon: g.call.number("epsilon"))
    let own = try gamma.map { try gradient * $0 } ?? gradient
    return try factor * (own - own.mean(axes) - standard * (own * standard).mean(axes))
  }
}

extension L2Norm {
  static var gradient: Gradient {
    .rule { g in
      let (x, y, gradient) = (try g.input("x"), try g.output(), try g.gradient())
      let axes = Array(x.rank - 3..<x.rank)
      try g.give("x") {
        let factor = try x.squared().sum(axes, keepingAxes: true).apply("rsqrt", ["epsilon": g.call.number("epsilon")])
        return try factor * (gradient - y * (gradient * y).sum(axes, keepingAxes: true))
      }
    }
  }
}

extension LocalResponseNorm {
  static var gradient: Gradient {
    .rule { g in
      let (x, gradient) = (try g.input("x"), try g.gradient())
      let (size, channels) = (try g.call.knownInteger("size", atLeast: 1), x.shape[1])
      let (alpha, beta, k) = (try g.call.number("alpha"), try g.call.number("beta"), try g.call.number("k"))
      // Band matrix: which channels (columns) contribute to which (rows).
      let near = (0..<channels).flatMap { c in
        (0..<channels).map { Float($0 >= c - size / 2 && $0 <= c + (size - 1) / 2 ? 1 : 0) }
      }
      let band = try g.emitter.constant(Tensor(near, shape: [channels, channels]))
      let flat = [x.shape[0], channels, x.shape.dropFirst(2).reduce(1, *)]
      try g.give("x") {
        let (x, gradient) = (try x.reshaped(flat), try gradient.reshaped(flat))
        let energy = try band.times(x.squared()) * (alpha / Float(size)) + k
        let factor = try energy.apply("pow", ["y": -beta])
        let shared = try band.times(gradient * x * factor / energy, transposed: (true, false))
        return try (gradient * factor - x * shared * (2 * alpha * beta / Float(size))).reshaped(g.input("x").shape)
      }
    }
  }
}
