// SPDX-License-Identifier: Apache-2.0
// Every operator's gradient against central differences.

import Tensors
import Testing
import Training

@Suite struct OperatorGradientTests {
  @Test(arguments: GradientCases.all) func agreesWithCentralDifferences(_ example: GradientCase) throws {
    let error = try example.error()
    #expect(error < 5e-3, "\(example.testDescription): \(error)")
  }
}

enum GradientCases {
  static let all = pointwise + binary + products + convolutions + reductions + shapes

  static let pointwise: [GradientCase] = {
    let x = ["x": spread([3, 8], -2.5, 2.5, seed: 1)]
    let positive = ["x": spread([3, 8], 0.3, 3, seed: 2)]
    let inside = ["x": spread([3, 8], -0.9, 0.9, seed: 3)]
    let plain = [
      "relu", "relu6", "sigmoid", "silu", "softplus", "softsign", "tanh", "abs", "atan", "cos", "cosh", "erf", "exp", "exp2", "sin", "sinh",
      "square",
    ]
    return plain.map { GradientCase($0, x) }
      + ["sqrt", "log", "inverse", "rsqrt"].map { GradientCase($0, positive) }
      + ["asin", "acos", "atanh", "tan"].map { GradientCase($0, inside) }
      + [
        GradientCase("clamped_relu", x, ["alpha": Float(0.3), "beta": Float(1.5)]),
        GradientCase("elu", x, ["alpha": Float(0.7)]),
        GradientCase("leaky_relu", x, ["alpha": Float(0.2)]),
        GradientCase("linear_activation", x, ["alpha": Float(0.2), "beta": Float(1)]),
        GradientCase("scaled_tanh", x, ["alpha": Float(1.2), "beta": Float(0.6)]),
        GradientCase("sigmoid_hard", x, ["alpha": Float(0.4), "beta": Float(0.5)]),
        GradientCase("thresholded_relu", x, ["alpha": Float(0.05)]),
        GradientCase("threshold", x, ["alpha": Float(0.05)]),
        GradientCase("clip", x, ["alpha": Float(-1), "beta": Float(1.3)]),
        GradientCase("cast", x, ["dtype": "fp32"]),
      ]
      + ["EXACT", "TANH_APPROXIMATION", "SIGMOID_APPROXIMATION"].map { GradientCase("gelu", x, ["mode": $0], note: $0) }
      + [
        GradientCase("softmax", x, ["axis": -1]), GradientCase("softmax", x, ["axis": 0], note: "axis 0"),
        GradientCase("prelu", ["x": spread([2, 3, 4, 5], -2, 2, seed: 4), "alpha": random([3], seed: 5)]),
        GradientCase(
          "softplus_parametric",
          ["x": random([2, 3, 4], seed: 4), "alpha": spread([3], 0.5, 1, seed: 5), "beta": spread([3], 0.5, 1, seed: 6)]),
      ]
  }()

  static let binary: [GradientCase] = {
    let pairs: [(Shape, Shape)] = [
      ([2, 3, 4], [2, 3, 4]), ([2, 3, 4], [3, 1]), ([4], [2, 3, 4]), ([2, 3, 4], []), ([2, 1, 4], [1, 3, 1]),
    ]
    return pairs.flatMap { a, b in
      ["add", "sub", "mul"].map { GradientCase($0, ["x": random(a, seed: 1), "y": random(b, seed: 2)], note: "\(a) \(b)") }
        + ["real_div", "pow"].map {
          GradientCase($0, ["x": spread(a, 0.5, 2, seed: 1), "y": spread(b, 0.7, 2, seed: 2)], note: "\(a) \(b)")
        }
        + ["maximum", "minimum"].map {
          GradientCase($0, ["x": spread(a, -2, 2, seed: 1), "y": spread(b, -2.04, 1.96, seed: 2)], note: "\(a) \(b)")
        }
    } + [
      GradientCase("mod", ["x": spread([6], 5.1, 5.9, seed: 1), "y": spread([6], 2.1, 2.4, seed: 2)]),
      GradientCase(
        "select", ["a": random([2, 3], seed: 1), "b": random([2, 1], seed: 2)],
        ["cond": Tensor([true, false, true, true, false, false], shape: [2, 3])]),
    ]
  }()

  static let products: [GradientCase] =
    [
      GradientCase("linear", ["x": random([2, 3, 4], seed: 1), "weight": random([5, 4], seed: 2), "bias": random([5], seed: 3)]),
      GradientCase("linear", ["x": random([3, 4], seed: 1), "weight": random([5, 4], seed: 2)], note: "no bias"),
      GradientCase("linear", ["x": random([4], seed: 1), "weight": random([5, 4], seed: 2)], note: "a vector"),
    ]
    + [false, true].flatMap { tx in
      [false, true].map { ty in
        GradientCase(
          "matmul", ["x": random(tx ? [2, 4, 3] : [2, 3, 4], seed: 1), "y": random(ty ? [5, 4] : [4, 5], seed: 2)],
          ["transpose_x": tx, "transpose_y": ty], note: "\(tx) \(ty)")
      }
    } + [
      GradientCase("matmul", ["x": random([4], seed: 1), "y": random([2, 4, 3], seed: 2)], note: "vector on the left"),
      GradientCase("matmul", ["x": random([2, 3, 4], seed: 1), "y": random([4], seed: 2)], note: "vector on the right"),
      GradientCase("matmul", ["x": random([2, 1, 3, 4], seed: 1), "y": random([3, 4, 2], seed: 2)], note: "broadcast"),
    ]

  static let convolutions: [GradientCase] = [
    GradientCase("conv", ["x": random([2, 3, 6, 5], seed: 1), "weight": random([4, 3, 3, 3], seed: 2), "bias": random([4], seed: 3)]),
    GradientCase(
      "conv", ["x": random([2, 4, 7, 6], seed: 1), "weight": random([6, 2, 3, 2], seed: 2)],
      ["groups": 2, "strides": [2, 1], "pad_type": "custom", "pad": [1, 2, 0, 1], "dilations": [1, 2]], note: "groups"),
    GradientCase(
      "conv", ["x": random([1, 4, 5, 5], seed: 1), "weight": random([4, 1, 3, 3], seed: 2), "bias": random([4], seed: 3)],
      ["groups": 4, "pad_type": "same"], note: "depthwise"),
    GradientCase("conv", ["x": random([2, 3, 9], seed: 1), "weight": random([4, 3, 3], seed: 2)], ["strides": [2]], note: "1-d"),
    GradientCase(
      "conv", ["x": random([1, 2, 4, 5, 3], seed: 1), "weight": random([3, 2, 2, 2, 2], seed: 2), "bias": random([3], seed: 3)],
      ["pad_type": "same_lower"], note: "3-d"),
    GradientCase(
      "max_pool", ["x": spread([2, 3, 6, 5], -2, 2, seed: 1)], ["kernel_sizes": [2, 2], "strides": [2, 2], "pad_type": "valid"]),
    GradientCase(
      "max_pool", ["x": spread([1, 3, 6, 5], -2, 2, seed: 1)],
      ["kernel_sizes": [3, 2], "strides": [2, 1], "pad_type": "custom", "pad": [1, 1, 0, 1], "ceil_mode": true], note: "overlapping"),
    GradientCase(
      "max_pool", ["x": spread([2, 3, 8], -2, 2, seed: 1)], ["kernel_sizes": [3], "strides": [2], "pad_type": "same"], note: "1-d"),
    GradientCase("avg_pool", ["x": random([2, 3, 6, 5], seed: 1)], ["kernel_sizes": [2, 2], "strides": [2, 2], "pad_type": "valid"]),
    GradientCase(
      "avg_pool", ["x": random([1, 2, 5, 5], seed: 1)],
      ["kernel_sizes": [3, 3], "strides": [2, 2], "pad_type": "same", "exclude_padding_from_average": true], note: "excluding padding"),
    GradientCase(
      "avg_pool", ["x": random([1, 2, 4, 4, 4], seed: 1)], ["kernel_sizes": [2, 2, 2], "strides": [1, 2, 1], "pad_type": "valid"],
      note: "3-d"),
    GradientCase("l2_pool", ["x": random([1, 2, 6, 6], seed: 1)], ["kernel_sizes": [2, 3], "strides": [2, 3], "pad_type": "valid"]),
  ]

  static let reductions: [GradientCase] = {
    let plain = [
      "reduce_sum", "reduce_mean", "reduce_sum_square", "reduce_log_sum_exp", "reduce_max", "reduce_min", "reduce_prod", "reduce_l2_norm",
      "reduce_l1_norm",
    ]
    let x = ["x": spread([3, 4, 2], -2, 2, seed: 1)]
    return plain.flatMap { name in
      [
        GradientCase(name, x, ["axes": [1], "keep_dims": true]),
        GradientCase(name, x, ["axes": [-1, 0], "keep_dims": false], note: "two axes"),
        GradientCase(name, x, note: "all"),
      ]
    } + [GradientCase("reduce_log_sum", ["x": spread([3, 4], 0.5, 2, seed: 1)], ["axes": [1]])]
  }()

  static let shapes: [GradientCase] = {
    let x = ["x": random([2, 3, 4], seed: 1)]
    return [
      GradientCase("reshape", x, ["shape": [4, 6]]), GradientCase("transpose", x, ["perm": [2, 0, 1]]),
      GradientCase("expand_dims", x, ["axes": [1]]), GradientCase("squeeze", ["x": random([2, 1, 3], seed: 1)], ["axes": [1]]),
      GradientCase("flatten2d", x, ["axis": 1]), GradientCase("identity", x),
    ]
  }()
}
