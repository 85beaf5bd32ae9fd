// SPDX-License-Identifier: Apache-2.0
// Gradients of pooling.

import CPrimitives
import MIL
import Tensors

extension Pool {
  static var gradient: Gradient {
    .rule { g in
      let x = try g.input("x")
      let window = try window(g.call, TensorType(.float32, x.shape))
      let geometry: [String: (any Emittable)?] = ["kernel_sizes": window.kernel, "strides": window.strides, "pad": window.padBegin]
      try g.give("x") { try inputGradient(g, x, geometry) }
    }
  }

  private static func inputGradient(_ g: GradientContext, _ x: TypedValue, _ geometry: [String: (any Emittable)?]) throws -> TypedValue {
    let kind = try kind(g.call)
    guard kind != WP_POOL_MAX else {
      return try g.emitter.emit(
        "training_max_pool_gradient", geometry.merging(["x": x, "y": g.output(), "gradient": g.gradient()]) { $1 })
    }
    let excludes = kind == WP_POOL_AVERAGE_WITHOUT_PADDING
    return try g.emitter.emit(
      "training_avg_pool_gradient",
      geometry.merging(["gradient": g.gradient(), "input_shape": x.shape, "exclude_padding_from_average": excludes]) { $1 })
  }
}

extension L2Pool {
  /// L2 pooling: the derivative is each element divided by the root of the sum of squares.
  static var gradient: Gradient {
    .rule { g in
      let x = try g.input("x")
      let window = try window(g.call, TensorType(.float32, x.shape))
      try g.give("x") {
        let scaled = try g.gradient() / g.output().apply("maximum", ["y": Float.leastNormalMagnitude])
        let mean = try g.emitter.emit(
          "training_avg_pool_gradient",
          [
            "gradient": scaled, "input_shape": x.shape, "kernel_sizes": window.kernel, "strides": window.strides,
            "pad": window.padBegin,
          ])
        return try mean * x * Float(window.kernel.elementCount)
      }
    }
  }
}
