// SPDX-License-Identifier: Apache-2.0
// Normalization layers of PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenNormalization {
  static let rules: [ATenRule] = [
    ATenRule(
      "batch_norm", "_native_batch_norm_legit_no_training", "cudnn_batch_norm", "native_batch_norm", "_native_batch_norm_legit",
      "_batch_norm_with_update"
    ) { c in
      let x = try c.float("input")
      let isTraining = try c.flag("training", c.flag("train")) || !c.has("running_mean")
      return [try isTraining ? c.b.batchStatisticsNorm(x, c, epsilon: c.number("eps", 1e-5)) : c.batchNorm(x)]
    },
    .one("instance_norm") { c in
      let x = try c.float("input")
      let epsilon = try c.number("eps", 1e-5)
      guard try c.flag("use_input_stats", true) else { return try c.batchNorm(x) }
      return try c.b.instanceNorm(x, scale: c.optional("weight"), shift: c.optional("bias"), epsilon: epsilon)
    },
    ATenRule("layer_norm", "native_layer_norm") { c in
      let x = try c.float("input")
      let axes = try c.ints("normalized_shape")?.count ?? 1
      return try c.plain("LayerNormalization", []).layerNorm(
        x, axis: x.rank - axes, scale: c.optional("weight"), shift: c.optional("bias"), epsilon: c.number("eps", 1e-5),
        statistics: c.isUsed(1) || c.isUsed(2))
    },
    ATenRule("rms_norm", "_fused_rms_norm") { c in
      let x = try c.float("input")
      let axes = try c.ints("normalized_shape")?.count ?? 1
      let epsilon = try c.number("eps") ?? Double(x.element == .float16 ? 0.0009765625 : Float.ulpOfOne)
      return [try c.b.rmsNorm(x, axis: x.rank - axes, scale: c.optional("weight"), epsilon: epsilon)]
    },
    .one("group_norm") { c in
      try c.b.groupNorm(
        c.float("input"), groups: c.int("num_groups", 1), scale: c.optional("weight"), shift: c.optional("bias"),
        epsilon: c.number("eps", 1e-5))
    },
    ATenRule("native_group_norm") { c in
      [
        try c.b.groupNorm(
          c.float("input"), groups: c.int("group", 1), scale: c.optional("weight"), shift: c.optional("bias"),
          epsilon: c.number("eps", 1e-5))
      ]
    },
    ATenRule("_weight_norm", "_weight_norm_interface") { c in
      let (v, g) = (try c.float("v"), try c.float("g"))
      let axis = try c.int("dim", 0)
      // −1 means the norm of the whole tensor; any other axis is kept.
      let axes = axis == -1 ? Array(0..<v.rank) : (0..<v.rank).filter { $0 != axis }
      let norm = try c.b.reduce("reduce_l2_norm", v, axes)
      return [try c.b.mul(v, c.b.div(g, norm)), norm]
    },
  ]
}

extension ATenCall {
  fileprivate func batchNorm(_ x: Value) throws -> Value {
    guard let mean = try optional("running_mean"), let variance = try optional("running_var") else {
      throw Refusal("its running statistics are missing")
    }
    let channels = try mean.extent(0)
    func filled(_ value: Float) -> Value { Value(constant: Tensor(Array(repeating: value, count: channels))) }
    let (scale, shift) = (try optional("weight") ?? filled(1), try optional("bias") ?? filled(0))
    let epsilon = ["epsilon": ONNXAttribute.float(Float(try number("eps", 1e-5)))]
    return try standard1("BatchNormalization", [x, scale, shift, mean, variance], epsilon)
  }
}

extension Builder {
  /// Normalization with the statistics of the batch itself.
  fileprivate func batchStatisticsNorm(_ x: Value, _ c: ATenCall, epsilon: Double) throws -> Value {
    guard x.rank >= 2 else { throw Refusal("a tensor of rank \(x.rank), expected at least 2") }
    let axes = (0..<x.rank).filter { $0 != 1 }
    let mean = try mean(x, axes)
    let centered = try sub(x, mean)
    let variance = try self.mean(square(centered), axes)
    var y = try mul(centered, emit("rsqrt", ["x": add(variance, epsilon), "epsilon": Float(0)]))
    func perChannel(_ v: Value) throws -> Value { try reshape(v, [v.extent(0)] + Array(repeating: 1, count: x.rank - 2)) }
    if let scale = try c.optional("weight") { y = try mul(y, perChannel(scale)) }
    if let shift = try c.optional("bias") { y = try add(y, perChannel(shift)) }
    return y
  }
}
