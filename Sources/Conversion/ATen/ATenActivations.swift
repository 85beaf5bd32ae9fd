// SPDX-License-Identifier: Apache-2.0
// Activation functions of PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenActivations {
  static let rules: [ATenRule] =
    ATenRule.floats([("sigmoid", "sigmoid"), ("special_expit", "sigmoid"), ("silu", "silu"), ("relu6", "relu6"), ("softsign", "softsign")])
    + [
      .one("relu") { c in
        let x = try c.x()
        return x.isFloat ? try c.b.apply("relu", x) : try c.b.maximum(x, 0)
      },
      .one("gelu") { c in
        try c.standard1("Gelu", [c.float()], ["approximate": .string(Array(c.string("approximate", "none").utf8))])
      },
      .one("elu") { c in
        let (alpha, scale, inner) = (try c.number("alpha", 1), try c.number("scale", 1), try c.number("input_scale", 1))
        let x = try c.float()
        if inner == 1 { return try c.b.mul(c.b.emit("elu", ["x": x, "alpha": Float(alpha)]), scale) }
        let negative = try c.b.emit("elu", ["x": c.b.mul(x, inner), "alpha": Float(alpha)])
        return try c.b.mul(c.b.select(c.b.compare("greater", x, 0), x, negative), scale)
      },
      .one("selu") { c in try c.standard1("Selu", [c.float()]) },
      .one("celu") { c in try c.standard1("Celu", [c.float()], ["alpha": .float(Float(c.number("alpha", 1)))]) },
      .one("leaky_relu") { c in try c.b.emit("leaky_relu", ["x": c.float(), "alpha": Float(c.number("negative_slope", 0.01))]) },
      .one("rrelu", "rrelu_with_noise") { c in
        guard try !c.flag("training") else { throw Refusal("it is random, as in training: export model.eval()") }
        let slope = try (c.number("lower", 1.0 / 8) + c.number("upper", 1.0 / 3)) / 2
        return try c.b.emit("leaky_relu", ["x": c.float(), "alpha": Float(slope)])
      },
      .one("prelu", "_prelu_kernel") { c in
        let x = try c.float()
        var slope = try c.x("weight")
        if slope.rank == 1, x.rank > 1, try slope.extent(0) > 1 {
          slope = try c.b.reshape(slope, [slope.extent(0)] + Array(repeating: 1, count: x.rank - 2))
        } else if slope.rank == x.rank, slope.dims[0] == 1, x.rank > 1 {
          slope = try c.b.reshape(slope, Array(slope.shape().dropFirst()))
        }
        return try c.standard1("PRelu", [x, slope])
      },
      .one("hardsigmoid") { c in try c.b.emit("sigmoid_hard", ["x": c.float(), "alpha": Float(1.0 / 6), "beta": Float(0.5)]) },
      .one("hardswish") { c in try c.standard1("HardSwish", [c.float()]) },
      .one("hardtanh") { c in
        let x = try c.x()
        let (low, high) = (try c.number("min_val", -1), try c.number("max_val", 1))
        guard x.isFloat else { return try c.b.minimum(c.b.maximum(x, low), high) }
        if low == 0, high == 6 { return try c.b.apply("relu6", x) }
        return try c.b.emit("clip", ["x": x, "alpha": Float(low), "beta": Float(high)])
      },
      .one("softplus") { c in
        let (beta, threshold) = (try c.number("beta", 1), try c.number("threshold", 20))
        let x = try c.float()
        let soft = try c.b.div(c.b.apply("softplus", c.b.mul(x, beta)), beta)
        // Above the threshold, the result is x itself; beyond 15 the difference is below one unit of the last place.
        return threshold >= 15 ? soft : try c.b.select(c.b.compare("greater", c.b.mul(x, beta), threshold), x, soft)
      },
      .one("mish") { c in try c.standard1("Mish", [c.float()]) },
      ATenRule("log_sigmoid", "log_sigmoid_forward") { c in
        let x = try c.float()
        let y = try c.b.negated(c.b.apply("softplus", c.b.negated(x)))
        return [y, y]
      },
      .one("threshold") { c in
        let x = try c.x()
        let isAbove = try c.b.compare("greater", x, c.number("threshold", 0))
        return try c.b.select(isAbove, x, c.b.number(c.number("value", 0), like: x))
      },
      .one("glu") { c in
        let x = try c.float()
        let axis = try c.axis(x, "dim", -1)
        guard let extent = x.dims[axis] else {
          let half = try c.b.floorDiv(c.b.extent(x, axis), c.b.integer(2))
          let halves = try [(c.b.integer(0), half), (half, nil)].map { begin, end in
            try c.b.sliced(x, SliceRegion(axis: axis, begin: begin, end: end, step: 1))
          }
          return try c.b.mul(halves[0], c.b.sigmoid(halves[1]))
        }
        guard extent % 2 == 0 else { throw Refusal("an odd extent of \(extent)") }
        let halves = try c.b.split(x, [extent / 2, extent / 2], axis: axis)
        return try c.b.mul(halves[0], c.b.sigmoid(halves[1]))
      },
      .one("hardshrink") { c in
        try c.standard1("Shrink", [c.float()], ["lambd": .float(Float(c.number("lambd", 0.5))), "bias": .float(0)])
      },
      .one("softshrink") { c in
        let lambda = Float(try c.number("lambd", 0.5))
        return try c.standard1("Shrink", [c.float()], ["lambd": .float(lambda), "bias": .float(lambda)])
      },
      .one("softmax", "_softmax", "special_softmax", "_safe_softmax") { c in
        let x = try c.float()
        if x.rank == 0 { return c.b.number(1, like: x) }
        let axis = try c.axis(x, "dim", -1)
        let y = try c.b.softmax(x, axis: axis)
        guard c.node.target.contains("_safe_softmax") else { return y }
        let isEmpty = try c.b.compare("equal", c.b.max(x, [axis]), -.infinity)
        return try c.b.select(isEmpty, c.b.number(0, like: x), y)
      },
      .one("log_softmax", "_log_softmax", "special_log_softmax") { c in
        let x = try c.float()
        if x.rank == 0 { return c.b.number(0, like: x) }
        return try c.b.logSoftmax(x, axis: c.axis(x, "dim", -1))
      },
      ATenRule("dropout", "native_dropout", "alpha_dropout", "feature_dropout", "feature_alpha_dropout") { c in
        let x = try c.x(c.has("input") ? "input" : "self")
        let drops = try c.flag("train", c.flag("training"))
        guard try !drops || c.number("p", 0) == 0 else { throw Refusal("it drops elements, as in training: export model.eval()") }
        let all = Value(constant: Tensor(scalar: true))
        return [x, all]
      },
    ]
}
