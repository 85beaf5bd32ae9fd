// SPDX-License-Identifier: Apache-2.0
// Gradients of convolutions.

import MIL
import Tensors

extension Conv {
  static var gradient: Gradient {
    .rule { g in
      let (x, weight, gradient) = (try g.input("x"), try g.input("weight"), try g.gradient())
      let window = try SlidingWindow(
        g.call, kernel: Array(weight.shape.dropFirst(2)), input: x.shape.dropFirst(2).map { $0 }, hasDilations: true)
      var geometry = window.parameters(input: Array(x.shape.dropFirst(2)), output: Array(gradient.shape.dropFirst(2)))
      geometry["groups"] = try g.call.integer("groups")
      try g.give("x") {
        try g.emitter.emit(
          "training_conv_input_gradient",
          geometry.merging(["gradient": gradient, "weight": weight, "input_shape": x.shape]) { $1 })
      }
      try giveParameterGradients(g, x: x, gradient: gradient, kernel: window.kernel, geometry)
    }
  }

  /// The gradients of weight and bias, in one pass if both are needed.
  private static func giveParameterGradients(
    _ g: GradientContext, x: TypedValue, gradient: TypedValue, kernel: [Int], _ geometry: [String: (any Emittable)?]
  ) throws {
    guard g.wants("weight") else {
      return try g.give("bias") { try gradient.sum([0] + Array(2..<gradient.rank)) }
    }
    let results = try g.emitter.emitAll(
      "training_conv_weight_gradient",
      geometry.merging(["x": x, "gradient": gradient, "kernel_sizes": kernel, "bias": g.wants("bias")]) { $1 })
    try g.give("weight") { results[0] }
    try g.give("bias") { results[1] }
  }
}

extension ConvTranspose {
  /// A transposed convolution is the gradient of a convolution, so its gradients are that convolution and that convolution's
  /// weight gradient, with x and the gradient of the result exchanged.
  static var gradient: Gradient {
    .rule { g in
      let (x, weight, gradient) = (try g.input("x"), try g.input("weight"), try g.gradient())
      let parameters = try window(g.call, weight.shape, x: x.shape).parameters(
        input: Array(gradient.shape.dropFirst(2)), output: Array(x.shape.dropFirst(2)))
      var geometry = parameters
      geometry["groups"] = try g.call.integer("groups")
      try g.give("x") { try g.emitter.emit("conv", geometry.merging(["x": gradient, "weight": weight]) { $1 }) }
      try g.give("weight") {
        try g.emitter.emitAll(
          "training_conv_weight_gradient",
          geometry.merging(["x": gradient, "gradient": x, "kernel_sizes": Array(weight.shape.dropFirst(2)), "bias": false]) { $1 })[0]
      }
      try g.give("bias") { try gradient.sum([0] + Array(2..<gradient.rank)) }
    }
  }
}
