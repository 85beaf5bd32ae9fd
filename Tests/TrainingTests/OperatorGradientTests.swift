// SPDX-License-Identifier: Apache-2.0
// Compares the gradient of every operator with central differences.

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
  static let all = pointwise + binary + products + convolutions + reductions + shapes + movements + picks + norms + layers + codes

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
    GradientCase(
      "max_pool", ["x": spread([1, 18, 4, 4], -2, 2, seed: 1)], ["kernel_sizes": [2, 2], "strides": [2, 2], "pad_type": "valid"],
      note: "18 channels"),
    GradientCase(
      "avg_pool", ["x": random([1, 18, 4, 4], seed: 1)], ["kernel_sizes": [3, 3], "strides": [1, 2], "pad_type": "same"],
      note: "18 channels"),
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

  static let movements: [GradientCase] = {
    let x = ["x": random([2, 3, 4], seed: 1)]
    let image = ["x": random([1, 8, 4, 4], seed: 2)]
    let pair = ["values0": random([2, 3, 4], seed: 1), "values1": random([2, 3, 4], seed: 2)]
    func int32(_ values: [Int], _ shape: Shape) -> Tensor { Tensor(integers: values, dtype: .int32, shape: shape) }
    return [
      GradientCase("concat", ["values0": random([2, 3, 4], seed: 1), "values1": random([2, 1, 4], seed: 2)], ["axis": 1]),
      GradientCase("concat", pair, ["axis": -1, "interleave": true], note: "interleaved"),
      GradientCase("stack", pair, ["axis": 1]), GradientCase("split", x, ["num_splits": 2, "axis": 2]),
      GradientCase("split", x, ["split_sizes": [1, 2], "axis": 1], note: "sizes"), GradientCase("tile", x, ["reps": [2, 1, 3]]),
      GradientCase("pad", x, ["pad": [1, 0, 0, 2], "mode": "constant"]),
      GradientCase("pad", x, ["pad": [1, 2, 3, 1], "mode": "reflect"], note: "reflect"),
      GradientCase("pad", x, ["pad": [1, 2, 3, 1], "mode": "replicate"], note: "replicate"),
      GradientCase(
        "slice_by_index", x, ["begin": [0, 2, -1], "end": [2, 0, 0], "stride": [1, -1, -2], "end_mask": [false, true, true]]),
      GradientCase("slice_by_index", x, ["begin": [1, 0, 0], "end": [2, 3, 4], "squeeze_mask": [true, false, false]], note: "squeezed"),
      GradientCase(
        "slice_by_index", x, ["begin": [1, 2, 0], "end": [2, 3, 1], "squeeze_mask": [true, true, true]], note: "one element"),
      GradientCase("slice_by_size", x, ["begin": [0, 1, -3], "size": [2, -1, 2]]),
      GradientCase(
        "slice_update", ["x": random([2, 3, 4], seed: 1), "update": random([2, 2, 2], seed: 2)],
        ["begin": [0, 1, 0], "end": [2, 3, 4], "stride": [1, 1, 2]]),
      GradientCase("crop", ["x": random([1, 2, 5, 6], seed: 1)], ["crop_height": [1, 2], "crop_width": [0, 3]]),
      GradientCase("band_part", x, ["lower": 1, "upper": 0]),
      GradientCase("depth_to_space", image, ["block_size": 2]), GradientCase("space_to_depth", image, ["block_size": 2]),
      GradientCase("pixel_shuffle", image, ["upscale_factor": 2]),
      GradientCase("pixel_unshuffle", image, ["downscale_factor": Tensor(integers: [2], dtype: .uint32, shape: [])]),
      GradientCase("space_to_batch", image, ["block_shape": [2, 2], "paddings": int32([0, 2, 1, 1], [2, 2])]),
      GradientCase(
        "batch_to_space", ["x": random([4, 2, 3, 3], seed: 1)], ["block_shape": [2, 2], "crops": int32([0, 1, 1, 0], [2, 2])]),
      GradientCase("reverse", x, ["axes": [0, 2]]),
      GradientCase("reverse_sequence", x, ["lengths": [2, 3, 1], "seq_axis": 2, "batch_axis": 1]),
      GradientCase("sliding_windows", x, ["axis": 2, "size": 3, "stride": 1]),
      GradientCase("cumsum", x, ["axis": 1]), GradientCase("cumsum", x, ["axis": 2, "exclusive": true, "reverse": true], note: "reversed"),
      GradientCase("topk", ["x": spread([3, 8], -2, 2, seed: 1)], ["k": 3, "axis": 1]),
      GradientCase("upsample_nearest_neighbor", image, ["scale_factor_height": 2, "scale_factor_width": 3]),
      GradientCase("resize_nearest_neighbor", image, ["target_size_height": 3, "target_size_width": 7]),
      GradientCase("upsample_bilinear", image, ["scale_factor_height": 2, "scale_factor_width": 3, "align_corners": false]),
      GradientCase("resize_bilinear", image, ["target_size_height": 6, "target_size_width": 3, "sampling_mode": "ALIGN_CORNERS"]),
      GradientCase(
        "resize", image,
        [
          "shape": [5, 7], "resized_dims": Tensor(integers: [2], dtype: .uint32, shape: []), "interpolation_mode": "LINEAR",
          "sampling_mode": "UNALIGN_CORNERS",
        ]),
    ]
  }()

  static let picks: [GradientCase] = {
    let x = random([5, 3, 2], seed: 1)
    func int32(_ values: [Int], _ shape: Shape) -> Tensor { Tensor(integers: values, dtype: .int32, shape: shape) }
    let data = ["data": spread([4, 3], 0.5, 2, seed: 1), "updates": spread([2, 3], 0.7, 2.2, seed: 2)]
    return [
      GradientCase("gather", ["x": x], ["indices": int32([4, 0, 0, -1], [2, 2]), "axis": 0]),
      GradientCase("gather", ["x": x], ["indices": int32([2, 1], [2]), "axis": 1], note: "axis 1"),
      GradientCase(
        "gather", ["x": x], ["indices": int32([2, 1, 0, 1, 1, 0, 2, 2, 0, 1], [5, 2]), "axis": 1, "batch_dims": 1], note: "batch"),
      GradientCase("gather", ["x": x], ["indices": int32([3], []), "axis": 0], note: "one"),
      GradientCase("gather_along_axis", ["x": x], ["indices": int32([0, 2, 1, 1, 0, 0, 2, 1, 1, 0], [5, 1, 2]), "axis": 1]),
      GradientCase("gather_nd", ["x": x], ["indices": int32([0, 2, 4, 1, 0, 2], [3, 2])]),
      GradientCase(
        "scatter_nd", ["data": x, "updates": random([3, 2], seed: 2)], ["indices": int32([0, 2, 4, 1, 0, 2], [3, 2]), "mode": "add"]),
      GradientCase(
        "scatter_along_axis", ["data": x, "updates": random([5, 1, 2], seed: 2)],
        ["indices": int32([0, 2, 1, 1, 0, 0, 2, 1, 1, 0], [5, 1, 2]), "axis": 1, "mode": "update"]),
    ]
      + ["add", "sub", "mul", "div", "update", "max", "min"].map {
        GradientCase("scatter", data, ["indices": int32([3, 1], [2]), "axis": 0, "mode": $0], note: $0)
      }
  }()

  static let norms: [GradientCase] = [
    GradientCase(
      "batch_norm",
      [
        "x": random([3, 2, 4], seed: 1), "mean": random([2], seed: 2), "variance": spread([2], 0.5, 2, seed: 3),
        "gamma": random([2], seed: 4),
        "beta": random([2], seed: 5),
      ]),
    GradientCase(
      "training_batch_norm", ["x": random([4, 3, 2, 3], seed: 1), "gamma": spread([3], 0.5, 2, seed: 4), "beta": random([3], seed: 5)],
      ["mean": random([3], seed: 2), "variance": spread([3], 0.5, 2, seed: 3)], outputs: 1),
    GradientCase(
      "training_batch_norm", ["x": random([8, 16, 4], seed: 1)],
      ["mean": random([16], seed: 2), "variance": spread([16], 0.5, 2, seed: 3)], outputs: 1,
      note: "16 channels"),
    GradientCase(
      "layer_norm", ["x": random([2, 3, 4], seed: 1), "gamma": random([4], seed: 2), "beta": random([4], seed: 3)], ["axes": [-1]]),
    GradientCase("layer_norm", ["x": random([2, 3, 4], seed: 1), "gamma": random([3, 4], seed: 2)], ["axes": [1, 2]], note: "two axes"),
    GradientCase("layer_norm", ["x": random([2, 3, 4], seed: 1)], ["axes": [1]], note: "axis 1"),
    GradientCase("instance_norm", ["x": random([2, 3, 4, 2], seed: 1), "gamma": random([3], seed: 2), "beta": random([3], seed: 3)]),
    GradientCase(
      "layer_norm", ["x": random([2, 20], seed: 1), "gamma": random([20], seed: 2), "beta": random([20], seed: 3)], ["axes": [1]],
      note: "20 wide"),
    GradientCase("l2_norm", ["x": random([2, 2, 3, 2], seed: 1)]),
    GradientCase(
      "local_response_norm", ["x": random([2, 5, 3, 2], seed: 1)], ["size": 3, "alpha": Float(0.5), "beta": Float(0.75), "k": Float(1.2)]),
    GradientCase("local_response_norm", ["x": random([2, 5, 3, 2], seed: 1)], ["size": 4, "alpha": Float(0.5)], note: "even"),
  ]

  static let layers: [GradientCase] = {
    func recurrent(_ gates: Int, _ suffixes: [String] = [""]) -> [String: Tensor] {
      var inputs = ["x": random([3, 2, 4], seed: 1), "initial_h": random([2, 3 * suffixes.count], seed: 2)]
      for (i, suffix) in suffixes.enumerated() {
        inputs["weight_ih" + suffix] = random([gates * 3, 4], seed: UInt64(3 + i), scale: 0.5)
        inputs["weight_hh" + suffix] = random([gates * 3, 3], seed: UInt64(5 + i), scale: 0.5)
        inputs["bias" + suffix] = random([gates * 3], seed: UInt64(7 + i))
      }
      return inputs
    }
    let cell = ["initial_c": random([2, 3], seed: 9)]
    return [
      GradientCase("rnn", recurrent(1), ["output_sequence": true, "activation": "tanh"]),
      GradientCase("gru", recurrent(3), ["output_sequence": true]),
      GradientCase(
        "gru", recurrent(3).merging(["input_bias": random([9], seed: 8)]) { $1 }, ["reset_after": true, "direction": "reverse"],
        note: "reset after"),
      GradientCase("lstm", recurrent(4).merging(cell) { $1 }, ["output_sequence": true]),
      GradientCase(
        "lstm", recurrent(4).merging(cell) { $1 }.merging(["peephole": random([9], seed: 8)]) { $1 },
        ["clip": Float(0.9), "direction": "reverse"],
        note: "peephole and clip"),
      GradientCase(
        "lstm", recurrent(4, ["", "_back"]).merging(["initial_c": random([2, 6], seed: 9)]) { $1 },
        ["output_sequence": true, "direction": "bidirectional"],
        note: "both ways"),
      GradientCase(
        "einsum", ["values0": random([2, 3, 4, 2], seed: 1), "values1": random([1, 2, 4, 3], seed: 2)], ["equation": "nchw,nwhu->nchu"]),
      GradientCase(
        "einsum", ["values0": random([3, 4, 2], seed: 1), "values1": random([2, 1, 3], seed: 2)], ["equation": "chw,whr->chr"],
        note: "rank 3"),
      GradientCase(
        "scaled_dot_product_attention",
        [
          "query": random([2, 2, 3, 4], seed: 1), "key": random([2, 2, 5, 4], seed: 2), "value": random([2, 2, 5, 3], seed: 3),
          "attn_mask": random([1, 1, 3, 5], seed: 4),
        ]),
      GradientCase(
        "scaled_dot_product_attention",
        ["query": random([2, 3, 4], seed: 1), "key": random([2, 3, 4], seed: 2), "value": random([2, 3, 3], seed: 3)],
        ["attn_mask": Tensor([true, false, false, true, true, false, true, true, true], shape: [3, 3])], note: "truth values"),
      GradientCase(
        "conv_transpose", ["x": random([2, 4, 3, 4], seed: 1), "weight": random([4, 3, 3, 2], seed: 2), "bias": random([3], seed: 3)],
        ["strides": [2, 2]]),
      GradientCase(
        "conv_transpose", ["x": random([1, 4, 5], seed: 1), "weight": random([4, 2, 3], seed: 2)],
        ["strides": [2], "pad_type": "custom", "pad": [1, 1], "groups": 2, "output_shape": [1, 4, 10]], note: "groups"),
      GradientCase(
        "conv_transpose", ["x": random([1, 2, 3, 2, 2], seed: 1), "weight": random([2, 3, 2, 2, 2], seed: 2)], ["pad_type": "same"],
        note: "3-d"),
    ]
  }()

  static let codes: [GradientCase] = [
    GradientCase(
      "dequantize", ["scale": spread([3], 0.5, 2, seed: 1)],
      [
        "input": Tensor(integers: [1, -2, 3, 4, 5, -6], dtype: .int8, shape: [2, 3]),
        "zero_point": Tensor(integers: [1, 0, 2], dtype: .int8, shape: [3]), "axis": 1,
      ])
  ]
}
