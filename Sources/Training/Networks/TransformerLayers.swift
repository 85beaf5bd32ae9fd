// SPDX-License-Identifier: Apache-2.0
// Layers of llama-like language models: root mean square norm (Zhang and Sennrich 2019), rotary positions (Su et al. 2021), gated
// feed-forward (Shazeer 2020).

import Foundation
import Options
import Tensors

/// Divides by the root mean square of the last axis.
struct RMSNormLayer: NetworkLayer {
  var eps = 1e-5

  static let name = "rms_norm"
  static let summary = "Divides by the root mean square of the last axis, and multiplies by a trainable vector."
  static var options: [Option<Self>] { [.number("eps", \.eps, in: 0...1, "added to the mean square")] }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try check(x, ranks: 2...5, "[batch, …, features]")
    let features = try known(x, axis: -1, "last axis")
    let square = try network.add("square", [("x", .value(x))])
    let mean = try network.add("reduce_mean", [("x", .value(square)), ("axes", .numbers([-1])), ("keep_dims", .bool(true))])
    let factor = try network.add("rsqrt", [("x", .value(mean)), ("epsilon", .number(eps))])
    let normal = try network.add("mul", [("x", .value(x)), ("y", .value(factor))])
    let weight = network.weight("rms_norm_weight", [features], .ones)
    return try network.add("mul", [("x", .value(normal)), ("y", .value(weight))], name: "rms_norm")
  }
}

/// Rotates pairs of elements of the last axis by angles that grow with the position.
struct RotaryLayer: NetworkLayer {
  var theta = 10_000.0

  static let name = "rope"
  static let summary =
    "Rotary positions: rotates the elements i and i + n/2 of the last axis, of n, by position · theta^(-2i/n); positions count the axis before the last."
  static var options: [Option<Self>] { [.number("theta", \.theta, in: 1...1e12, "base of the wavelengths")] }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try check(x, ranks: 3...5, "[batch, …, time, features]")
    let (time, width) = (try known(x, axis: -2, "time"), try known(x, axis: -1, "features"))
    guard width % 2 == 0 else { throw fault("needs an even number of features, found \(width)") }
    let half = width / 2
    // Angles in double precision: those of late positions are large.
    let angles = (0..<time).map { t in (0..<half).map { Double(t) * pow(theta, -2 * Double($0) / Double(width)) } }
    func table(_ function: (Double) -> Double, _ name: String) -> NetworkValue {
      let values = angles.flatMap { row in (row + row).map { Float(function($0)) } }
      return network.constant(Tensor(values, shape: [time, width]), name: name)
    }
    let parts = try network.operation("split", [("x", .value(x)), ("num_splits", .number(2)), ("axis", .number(-1))])
    let negative = try network.add("mul", [("x", .value(parts[1])), ("y", .number(-1))])
    let turned = try network.add(
      "concat", [("values", .values([negative, parts[0]])), ("axis", .number(-1)), ("interleave", .bool(false))])
    let direct = try network.add("mul", [("x", .value(x)), ("y", .value(table(cos, "rope_cos")))])
    let crossed = try network.add("mul", [("x", .value(turned)), ("y", .value(table(sin, "rope_sin")))])
    return try network.add("add", [("x", .value(direct)), ("y", .value(crossed))], name: "rope")
  }
}

/// A feed-forward block with a gate.
struct SwiGLULayer: NetworkLayer {
  var hiddenFeatures: Int?
  var bias = false
  var initializer = Initializer.default

  static let name = "swiglu"
  static let summary = "A gated feed-forward block: W₃ (silu(W₁ x) · W₂ x), over the last axis."
  static let example = "{ hidden_features = 64 }"
  static var options: [Option<Self>] {
    [
      .integer("hidden_features", \.hiddenFeatures, in: 1...Int.max, "features of the product"),
      .bool("bias", \.bias, "whether the projections add a bias"),
      .choice("init", \.initializer, "initialization of the weights"),
    ]
  }

  func validate() throws(OptionError) { _ = try Self.required(hiddenFeatures, "hidden_features") }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try check(x, ranks: 2...5, "[batch, …, features]")
    let (features, hidden) = (try known(x, axis: -1, "last axis"), hiddenFeatures ?? 1)
    func project(_ x: NetworkValue, _ from: Int, _ to: Int, _ role: String) throws -> NetworkValue {
      var arguments: [(String, GraphArgument)] = [
        ("x", .value(x)), ("weight", .value(network.weight("swiglu_\(role)_weight", [to, from], initializer))),
      ]
      if bias { arguments.append(("bias", .value(network.weight("swiglu_\(role)_bias", [to], .zeros)))) }
      return try network.add("linear", arguments, name: "swiglu_\(role)")
    }
    let gate = try network.add("silu", [("x", .value(try project(x, features, hidden, "gate")))])
    let product = try network.add("mul", [("x", .value(gate)), ("y", .value(try project(x, features, hidden, "up")))])
    return try project(product, hidden, features, "down")
  }
}
