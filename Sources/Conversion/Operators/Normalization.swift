// SPDX-License-Identifier: Apache-2.0
// Normalization layers.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Normalization {
  static let rules: [Rule] = [
    .one("BatchNormalization") { n in try n.batchNorm() },
    .one("InstanceNormalization") { n in
      let x = try n.x()
      return try n.b.instanceNorm(x, scale: n.x(1), shift: n.x(2), epsilon: n.float("epsilon", 1e-5))
    },
    .one("GroupNormalization") { n in
      let x = try n.x()
      let groups = try n.int("num_groups", 1)
      // The scale has one element for each group before version 21.
      return try n.b.groupNorm(x, groups: groups, scale: n.x(1), shift: n.x(2), epsilon: n.float("epsilon", 1e-5))
    },
    Rule("LayerNormalization") { n in
      let x = try n.x()
      let axis = try x.axis(n.int("axis", -1))
      return try n.layerNorm(
        x, axis: axis, scale: n.x(1), shift: n.optional(2), epsilon: n.float("epsilon", 1e-5), statistics: n.wants(1) || n.wants(2))
    },
    .one("RMSNormalization") { n in
      let x = try n.x()
      return try n.b.rmsNorm(x, axis: x.axis(n.int("axis", -1)), scale: n.x(1), epsilon: n.float("epsilon", 1e-5))
    },
    .one("MeanVarianceNormalization") { n in
      let x = try n.x()
      let axes = try (n.ints("axes") ?? [0, 2, 3]).map { try x.axis($0) }
      let mean = try n.b.mean(x, axes)
      let variance = try n.b.sub(n.b.mean(n.b.square(x), axes), n.b.square(mean))
      return try n.b.div(n.b.sub(x, mean), n.b.add(n.b.apply("sqrt", variance), 1e-9))
    },
    .one("LpNormalization") { n in
      let x = try n.x()
      let axis = try x.axis(n.int("axis", -1))
      let norm = try n.b.reduce(n.int("p", 2) == 1 ? "reduce_l1_norm" : "reduce_l2_norm", x, [axis])
      // The norm of zeros is 0, and so is the result.
      let isZero = try n.b.compare("equal", norm, 0)
      return try n.b.div(x, n.b.select(isZero, n.b.add(n.b.mul(norm, 0), 1), norm))
    },
    .one("LRN") { n in
      let x = try n.x()
      let size = try n.int("size", 1)
      let (alpha, beta, bias) = (try n.float("alpha", 1e-4), try n.float("beta", 0.75), try n.float("bias", 1))
      if size % 2 == 1, x.rank >= 3 {
        return try n.b.emit(
          "local_response_norm", ["x": x, "size": size, "alpha": Float(alpha), "beta": Float(beta), "k": Float(bias)])
      }
      let channels = try x.extent(1)
      let before = (size - 1) / 2
      let padded = try n.b.pad(n.b.square(x), [(0, 0), (before, size - 1 - before)] + Array(repeating: (0, 0), count: x.rank - 2))
      let parts = try (0..<size).map { try n.b.slice(padded, axis: 1, $0, $0 + channels) }
      let sum = try parts.dropFirst().reduce(parts[0]) { try n.b.add($0, $1) }
      return try n.b.div(x, n.b.pow(n.b.add(n.b.mul(sum, alpha / Double(size)), bias), beta))
    },
  ]
}

extension Node {
  fileprivate func batchNorm() throws -> Value {
    let x = try self.x()
    if version >= 14, try flag("training_mode") { throw Refusal("it computes statistics, as in training: export the model for inference") }
    if version < 7, attribute("is_test") != nil, try !flag("is_test") { throw Refusal("it computes statistics, as in training") }
    if version < 9, try !flag("spatial", true) { throw Refusal("it has statistics for every pixel (spatial = 0)") }
    if (1..<5).contains(where: wants) { throw Refusal("its running statistics are used: export the model for inference") }
    let epsilon = try float("epsilon", 1e-5)
    let (scale, shift, mean, variance) = (try self.x(1).weight(), try self.x(2).weight(), try self.x(3).weight(), try self.x(4).weight())
    guard x.rank >= 2 else { throw Refusal("a tensor of rank \(x.rank), expected at least 2") }
    if [scale, shift, mean, variance].allSatisfy(\.isConstant), (2...5).contains(x.rank) {
      let full = x.rank == 2 ? try b.expandDims(x, [2]) : x
      let result = try b.emit(
        "batch_norm", ["x": full, "mean": mean, "variance": variance, "gamma": scale, "beta": shift, "epsilon": Float(epsilon)])
      return x.rank == 2 ? try b.squeeze(result, [2]) : result
    }
    func perChannel(_ v: Value) throws -> Value { try b.reshape(v, [v.extent(0)] + Array(repeating: 1, count: x.rank - 2)) }
    let deviation = try b.apply("sqrt", b.add(perChannel(variance), epsilon))
    return try b.add(b.mul(b.div(b.sub(x, perChannel(mean)), deviation), perChannel(scale)), perChannel(shift))
  }

  func layerNorm(_ x: Value, axis: Int, scale: Value?, shift: Value?, epsilon: Double, statistics: Bool) throws -> [Value] {
    let axes = Array(axis..<x.rank)
    let extents = axes.map { x.dims[$0] }
    func vector(_ v: Value?) throws -> Value? {
      guard let v, v.isConstant, extents.allSatisfy({ $0 != nil }) else { return nil }
      return try b.labeled(b.broadcast(v, to: extents.compactMap { $0 }), v.label)
    }
    let (gamma, beta) = (try vector(scale), try vector(shift))
    let isInside = (scale == nil || gamma != nil) && (shift == nil || beta != nil)
    var y = try b.emit(
      "layer_norm", ["x": x, "axes": axes, "gamma": isInside ? gamma : nil, "beta": isInside ? beta : nil, "epsilon": Float(epsilon)])
    if !isInside {
      if let scale { y = try b.mul(y, scale) }
      if let shift { y = try b.add(y, shift) }
    }
    guard statistics else { return [y] }
    let mean = try b.mean(x, axes)
    let variance = try b.mean(b.square(b.sub(x, mean)), axes)
    return [y, mean, try b.div(b.number(1, like: x), b.apply("sqrt", b.add(variance, epsilon)))]
  }
}

extension Builder {
  func rmsNorm(_ x: Value, axis: Int, scale: Value?, epsilon: Double) throws -> Value {
    let squares = try mean(square(x), Array(axis..<x.rank))
    let normal = try mul(x, emit("rsqrt", ["x": add(squares, epsilon), "epsilon": Float(0)]))
    return try scale.map { try mul(normal, $0) } ?? normal
  }

  /// Normalization of every channel of every sample.
  func instanceNorm(_ x: Value, scale: Value?, shift: Value?, epsilon: Double) throws -> Value {
    guard x.rank >= 3 else { throw Refusal("a tensor of rank \(x.rank), expected at least 3") }
    let isConstant = (scale?.isConstant ?? true) && (shift?.isConstant ?? true)
    let (gamma, beta) = isConstant ? (scale, shift) : (nil, nil)
    func norm(_ x: Value) throws -> Value {
      try emit("instance_norm", ["x": x, "gamma": gamma, "beta": beta, "epsilon": Float(epsilon)])
    }
    var y: Value
    if x.rank <= 4 {
      y = try norm(x)
    } else {
      let shape = try x.shape()
      y = try reshape(norm(reshape(x, [shape[0], shape[1], shape[2...].reduce(1, *)])), shape)
    }
    if isConstant { return y }
    func perChannel(_ v: Value) throws -> Value { try reshape(v, [v.extent(0)] + Array(repeating: 1, count: x.rank - 2)) }
    if let scale { y = try mul(y, perChannel(scale)) }
    if let shift { y = try add(y, perChannel(shift)) }
    return y
  }

  /// Normalization of every group of channels; scale and shift have one element for each channel or for each group.
  func groupNorm(_ x: Value, groups: Int, scale: Value?, shift: Value?, epsilon: Double) throws -> Value {
    guard x.rank >= 2, groups > 0, let channels = x.dims[1], channels % groups == 0 else {
      throw Refusal("\(groups) groups do not divide the channels of \(x.dims.map { $0 ?? -1 })")
    }
    // A reshape finds out one extent; with more, the norm is written out.
    guard x.dims.count(where: { $0 == nil }) <= 1 else {
      return try openGroupNorm(x, groups: groups, channels: channels, scale: scale, shift: shift, epsilon: epsilon)
    }
    let elements = try mul(extents(x, Array(2..<x.rank)), integer(channels / groups))
    let grouped = try reshape(x, to: [extent(x, 0), integer(groups), elements])
    var y = try reshape(emit("instance_norm", ["x": grouped, "epsilon": Float(epsilon)]), to: sizes(x))
    func perChannel(_ v: Value) throws -> Value {
      var v = v
      if try v.extent(0) == groups, groups != channels {
        v = try reshape(tile(reshape(v, [groups, 1]), [1, channels / groups]), [channels])
      }
      return try reshape(v, [channels] + Array(repeating: 1, count: x.rank - 2))
    }
    if let scale { y = try mul(y, perChannel(scale)) }
    if let shift { y = try add(y, perChannel(shift)) }
    return y
  }

  /// Group normalization of extents that are not fixed, written out: every group keeps the statistics of its channels.
  private func openGroupNorm(
    _ x: Value, groups: Int, channels: Int, scale: Value?, shift: Value?, epsilon: Double
  ) throws -> Value {
    let spatial = Array(2..<x.rank)
    let size = channels / groups
    let batch = try extent(x, 0)
    /// The mean over the channels of every group, for each of its channels.
    func groupMean(_ v: Value) throws -> Value {
      let perChannel = try spatial.isEmpty ? v : mean(v, spatial)
      guard size > 1 else { return perChannel }
      let means = try mean(reshape(perChannel, to: [batch, integer(groups), integer(size)]), [2])
      return try reshape(tile(means, [1, 1, size]), to: [batch, integer(channels)] + spatial.map { _ in integer(1) })
    }
    func perChannel(_ v: Value) throws -> Value {
      let full = try v.extent(0) == groups && groups != channels ? reshape(tile(reshape(v, [groups, 1]), [1, size]), [channels]) : v
      return try reshape(full, [channels] + spatial.map { _ in 1 })
    }
    let centered = try sub(x, groupMean(x))
    let variance = try groupMean(square(centered))
    var y = try mul(centered, emit("rsqrt", ["x": add(variance, epsilon), "epsilon": Float(0)]))
    if let scale { y = try mul(y, perChannel(scale)) }
    if let shift { y = try add(y, perChannel(shift)) }
    return y
  }
}
