// SPDX-License-Identifier: Apache-2.0
// Activation functions.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Activations {
  static let rules: [Rule] = [
    .one("Relu") { n in
      let x = try n.x()
      return x.isFloat ? try n.b.apply("relu", x) : try n.b.maximum(x, 0)
    },
    .one("Sigmoid") { n in try n.b.sigmoid(n.x()) },
    .one("Tanh") { n in try n.b.apply("tanh", n.x()) },
    .one("Softsign") { n in try n.b.apply("softsign", n.x()) },
    .one("Softplus") { n in try n.b.apply("softplus", n.x()) },
    .one("Elu") { n in try n.b.emit("elu", ["x": n.x(), "alpha": Float(n.float("alpha", 1))]) },
    .one("Selu") { n in
      let alpha = try n.float("alpha", 1.67326319217681884765625)
      return try n.b.mul(n.b.emit("elu", ["x": n.x(), "alpha": Float(alpha)]), n.float("gamma", 1.05070102214813232421875))
    },
    .one("Celu") { n in
      let alpha = try n.float("alpha", 1)
      return try n.b.mul(n.b.emit("elu", ["x": n.b.div(n.x(), alpha), "alpha": Float(1)]), alpha)
    },
    .one("LeakyRelu") { n in try n.b.emit("leaky_relu", ["x": n.x(), "alpha": Float(n.float("alpha", 0.01))]) },
    .one("ThresholdedRelu") { n in
      // MIL's thresholded_relu keeps an x that equals alpha, ONNX's does not.
      let x = try n.x()
      let isAbove = try n.b.compare("greater", x, n.float("alpha", 1))
      return try n.b.select(isAbove, x, n.b.number(0, like: x))
    },
    .one("HardSigmoid") { n in
      try n.b.emit("sigmoid_hard", ["x": n.x(), "alpha": Float(n.float("alpha", 0.2)), "beta": Float(n.float("beta", 0.5))])
    },
    .one("HardSwish") { n in
      let x = try n.x()
      return try n.b.mul(x, n.b.emit("sigmoid_hard", ["x": x, "alpha": Float(1.0 / 6), "beta": Float(0.5)]))
    },
    .one("Mish") { n in
      let x = try n.x()
      return try n.b.mul(x, n.b.apply("tanh", n.b.apply("softplus", x)))
    },
    .one("Gelu") { n in
      let mode = try n.string("approximate", "none")
      guard mode == "none" || mode == "tanh" else { throw Refusal("approximate = \(mode)") }
      return try n.b.emit("gelu", ["x": n.x(), "mode": mode == "none" ? "EXACT" : "TANH_APPROXIMATION"])
    },
    .one("Swish") { n in try n.b.swish(n.x(), alpha: n.float("alpha", 1)) },
    .one("SwiGLU") { n in try n.b.mul(n.b.swish(n.x(), alpha: n.float("alpha", 1)), n.x(1)) },
    .one("Shrink") { n in
      let x = try n.x()
      let (lambda, bias) = (try n.float("lambd", 0.5), try n.float("bias", 0))
      return try n.b.asFloat(x) { x in
        let zero = n.b.number(0, like: x)
        let upper = try n.b.select(n.b.compare("greater", x, lambda), n.b.sub(x, bias), zero)
        return try n.b.select(n.b.compare("less", x, -lambda), n.b.add(x, bias), upper)
      }
    },
    .one("PRelu") { n in
      let x = try n.x()
      var slope = try n.x(1)
      if n.version < 7, slope.rank == 1, x.rank > 1 {
        slope = try n.b.reshape(slope, [try slope.extent(0)] + Array(repeating: 1, count: x.rank - 2))
      }
      if let constant = try slope.tensor(), x.isFloat {
        let inner = constant.shape.drop { $0 == 1 }
        let isPerChannel =
          (3...5).contains(x.rank) && constant.rank == x.rank - 1 && inner.count == constant.rank
          && inner.dropFirst().allSatisfy { $0 == 1 }
          && x.dims[1] == constant.shape.first
        if isPerChannel { return try n.b.emit("prelu", ["x": x, "alpha": constant.reshaped([constant.count])]) }
        if constant.count == 1 { return try n.b.emit("leaky_relu", ["x": x, "alpha": constant.floats()[0]]) }
      }
      let isNegative = try n.b.compare("less", x, 0)
      return try n.b.select(isNegative, n.b.mul(x, slope), x)
    },
    .one("Clip") { n in
      let x = try n.x()
      let low = n.version < 11 ? try n.float("min").map { n.b.number($0, like: x) } : n.optional(1)
      let high = n.version < 11 ? try n.float("max").map { n.b.number($0, like: x) } : n.optional(2)
      return try n.b.clipped(x, low, high)
    },
    .one("Softmax") { n in try n.alongRows { x, axis in try n.b.softmax(x, axis: axis) } },
    .one("LogSoftmax") { n in try n.alongRows { x, axis in try n.b.logSoftmax(x, axis: axis) } },
    .one("Hardmax") { n in
      try n.alongRows { x, axis in
        let best = try n.b.emit("reduce_argmax", ["x": x, "axis": axis, "keep_dims": true])
        var shape = Array(repeating: 1, count: x.rank)
        shape[axis] = try x.extent(axis)
        return try n.b.float(n.b.compare("equal", best, n.b.reshape(n.b.iota(shape[axis]), shape)))
      }
    },
  ]
}

extension Builder {
  /// `x · sigmoid(αx)`
  func swish(_ x: Value, alpha: Double) throws -> Value {
    alpha == 1 ? try apply("silu", x) : try mul(x, sigmoid(mul(x, alpha)))
  }

  /// The value limited to a range; where the bounds contradict each other, the upper one is the result.
  func clipped(_ x: Value, _ low: Value?, _ high: Value?) throws -> Value {
    if x.isFloat, let low = try low.map({ try $0.tensor() }), let high = try high.map({ try $0.tensor() }), let a = low?.floats().first,
      let b = high?.floats().first, a <= b
    {
      return a == 0 && b == 6 ? try apply("relu6", x) : try emit("clip", ["x": x, "alpha": a, "beta": b])
    }
    var y = x
    if let low { y = try maximum(y, scalar(low)) }
    if let high { y = try minimum(y, scalar(high)) }
    return y
  }

  /// A value with one element as a scalar.
  func scalar(_ x: Value) throws -> Value { x.rank == 0 ? x : try reshape(x, []) }
}

extension Node {
  /// Applies a function along the axis of a softmax. Before version 13, all axes from `axis` on form one.
  fileprivate func alongRows(_ body: (Value, Int) throws -> Value) throws -> Value {
    let x = try self.x()
    guard version < 13 else { return try body(x, x.axis(int("axis", -1))) }
    let given = try int("axis", 1)
    let axis = given == x.rank ? x.rank : try x.axis(given)
    if axis == x.rank - 1 { return try body(x, axis) }
    let shape = try x.shape()
    let rows = shape[..<axis].reduce(1, *)
    return try b.reshape(body(b.reshape(x, [rows, shape[axis...].reduce(1, *)]), 1), shape)
  }
}
