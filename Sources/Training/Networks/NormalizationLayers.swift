// SPDX-License-Identifier: Apache-2.0
// Normalization and dropout layers.

import Options
import Tensors

/// Normalizes each channel over batch and spatial axes. Training uses batch statistics and maintains their running
/// mean.
struct BatchNormLayer: NetworkLayer {
  var eps = 1e-5

  static let name = "batch_norm"
  static let summary = "Normalizes each channel over batch and spatial axes; input [batch, channels, …]."
  static var options: [Option<Self>] { [.number("eps", \.eps, in: 0...1, "added to the variance")] }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try check(x, ranks: 3...5, "[batch, channels, …]")
    let channels = [try known(x, axis: 1, "channels")]
    return try network.add(
      "batch_norm",
      [
        ("x", .value(x)), ("mean", .value(network.weight("batch_norm_mean", channels, .zeros))),
        ("variance", .value(network.weight("batch_norm_variance", channels, .ones))),
        ("gamma", .value(network.weight("batch_norm_gamma", channels, .ones))),
        ("beta", .value(network.weight("batch_norm_beta", channels, .zeros))), ("epsilon", .number(eps)),
      ], name: "batch_norm")
  }
}

/// Normalizes over the last axes.
struct LayerNormLayer: NetworkLayer {
  var axes = 1
  var eps = 1e-5

  static let name = "layer_norm"
  static let summary = "Normalizes over the last axis, or the last few."
  static var options: [Option<Self>] {
    [
      .integer("axes", \.axes, in: 1...4, "number of axes, counted from the last"),
      .number("eps", \.eps, in: 0...1, "added to the variance"),
    ]
  }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try check(x, ranks: axes...5, "at least \(axes) axes")
    let last = x.rank - axes..<x.rank
    let shape = try last.map { try known(x, axis: $0, "axis \($0)") }
    return try network.add(
      "layer_norm",
      [
        ("x", .value(x)), ("axes", .numbers(last.map(Double.init))),
        ("gamma", .value(network.weight("layer_norm_gamma", shape, .ones))),
        ("beta", .value(network.weight("layer_norm_beta", shape, .zeros))), ("epsilon", .number(eps)),
      ], name: "layer_norm")
  }
}

/// Dropout: identity in prediction; during training, random elements are set to zero and the others are scaled up.
struct DropoutLayer: NetworkLayer {
  var p = 0.5

  static let name = "dropout"
  static let summary = "During training, sets a fraction of the elements to zero and scales the others up; otherwise it has no effect."
  static let example = "{ p = 0.2 }"
  static var options: [Option<Self>] { [.number("p", \.p, in: 0...0.999, "fraction of elements that are set to zero")] }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue { try network.drop(x, p) }
}
