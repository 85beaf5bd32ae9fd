// SPDX-License-Identifier: Apache-2.0
// Self-attention (Vaswani et al. 2017).

import Options
import Tensors

/// Multi-head self-attention over [batch, time, features].
struct MultiHeadAttentionLayer: NetworkLayer {
  var numHeads: Int?
  var bias = true
  var isCausal = false
  var keyValueHeads: Int?
  var hasRotaryPositions = false
  var theta = 10_000.0
  var initializer = Initializer.xavierUniform

  static let name = "multi_head_attention"
  static let summary = "Multi-head self-attention over [batch, time, features]."
  static let example = "{ num_heads = 4 }"
  static var options: [Option<Self>] {
    [
      .integer("num_heads", \.numHeads, in: 1...Int.max, "number of heads; must divide the number of features"),
      .bool("bias", \.bias, "whether the projections add a bias"),
      .bool("is_causal", \.isCausal, "whether a step only attends to itself and earlier steps"),
      .integer(
        "num_key_value_heads", \.keyValueHeads, in: 1...Int.max,
        "heads of keys and values, each of which serves as many queries; by default num_heads"),
      .bool("rope", \.hasRotaryPositions, "whether queries and keys are rotated by their positions, as by the layer rope"),
      .number("rope_theta", \.theta, in: 1...1e12, "base of the rotation's wavelengths"),
      .choice("init", \.initializer, "initialization of the projections"),
    ]
  }

  func validate() throws(OptionError) { _ = try Self.required(numHeads, "num_heads") }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try check(x, ranks: 3...3, "[batch, time, features]")
    let features = try known(x, axis: 2, "features")
    let time = try known(x, axis: 1, "time")
    let heads = numHeads ?? 1
    guard features % heads == 0 else { throw fault("num_heads = \(heads) must divide the features, \(features)") }
    let width = features / heads
    let groups = keyValueHeads ?? heads
    guard heads % groups == 0 else { throw fault("num_key_value_heads = \(groups) must divide num_heads, \(heads)") }
    func project(_ x: NetworkValue, _ role: String, _ heads: Int) throws -> NetworkValue {
      var arguments: [(String, GraphArgument)] = [
        ("x", .value(x)), ("weight", .value(network.weight("attention_\(role)_weight", [heads * width, features], initializer))),
      ]
      if bias { arguments.append(("bias", .value(network.weight("attention_\(role)_bias", [heads * width], .zeros)))) }
      return try network.add("linear", arguments, name: "attention_\(role)")
    }
    func split(_ role: String, _ own: Int) throws -> NetworkValue {
      let shape = [-1, time, own, width].map(Double.init)
      let parts = try network.add("reshape", [("x", .value(try project(x, role, own))), ("shape", .numbers(shape))])
      let split = try network.add("transpose", [("x", .value(parts)), ("perm", .numbers([0, 2, 1, 3]))])
      let turned = hasRotaryPositions && role != "value" ? try RotaryLayer(theta: theta).emit(split, into: network) : split
      guard own < heads else { return turned }
      // Each head of keys and values is repeated for its queries.
      let apart = try network.add("expand_dims", [("x", .value(turned)), ("axes", .numbers([2]))])
      let repeated = try network.add(
        "tile", [("x", .value(apart)), ("reps", .numbers([1, 1, heads / own, 1, 1].map(Double.init)))])
      return try network.add(
        "reshape", [("x", .value(repeated)), ("shape", .numbers([-1, heads, time, width].map(Double.init)))])
    }
    let (query, key, value) = (try split("query", heads), try split("key", groups), try split("value", groups))
    let scaled = try network.add("mul", [("x", .value(query)), ("y", .number(1 / Double(width).squareRoot()))])
    var scores = try network.add(
      "matmul", [("x", .value(scaled)), ("y", .value(key)), ("transpose_x", .bool(false)), ("transpose_y", .bool(true))])
    if isCausal {
      // A value that is negligible in softmax for any score, and representable in fp16.
      let mask = (0..<time).flatMap { row in (0..<time).map { Float($0 > row ? -3e4 : 0) } }
      let future = network.constant(Tensor(mask, shape: [1, 1, time, time]), name: "attention_future")
      scores = try network.add("add", [("x", .value(scores)), ("y", .value(future))])
    }
    let weights = try network.add("softmax", [("x", .value(scores)), ("axis", .number(-1))], name: "attention_weights")
    let mixed = try network.add(
      "matmul", [("x", .value(weights)), ("y", .value(value)), ("transpose_x", .bool(false)), ("transpose_y", .bool(false))])
    let back = try network.add("transpose", [("x", .value(mixed)), ("perm", .numbers([0, 2, 1, 3]))])
    let joined = try network.add("reshape", [("x", .value(back)), ("shape", .numbers([-1, time, features].map(Double.init)))])
    return try project(joined, "output", heads)
  }
}
