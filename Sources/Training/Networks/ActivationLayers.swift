// SPDX-License-Identifier: Apache-2.0
// Activation and shape layers.

import Options
import Tensors

/// A layer that consists of one operator without options.
protocol PlainLayer: NetworkLayer {
  static var operatorName: String { get }
}

extension PlainLayer {
  static var options: [Option<Self>] { [] }
  static var operatorName: String { name }
  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try network.add(Self.operatorName, [("x", .value(x))], name: Self.name)
  }
}

struct ReluLayer: PlainLayer {
  static let name = "relu"
  static let summary = "max(x, 0)"
}

struct SigmoidLayer: PlainLayer {
  static let name = "sigmoid"
  static let summary = "1 / (1 + exp(-x))"
}

struct TanhLayer: PlainLayer {
  static let name = "tanh"
  static let summary = "tanh(x)"
}

struct SiluLayer: PlainLayer {
  static let name = "silu"
  static let summary = "x sigmoid(x)"
}

struct GeluLayer: NetworkLayer {
  static let name = "gelu"
  static let summary = "x Φ(x), with the normal distribution's Φ"
  static let options: [Option<Self>] = []

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try network.add("gelu", [("x", .value(x)), ("mode", .text("EXACT"))], name: "gelu")
  }
}

struct LeakyReluLayer: NetworkLayer {
  var alpha = 0.01
  static let name = "leaky_relu"
  static let summary = "x if it is positive, else alpha x"
  static var options: [Option<Self>] { [.number("alpha", \.alpha, in: 0...1, "slope on the negative side")] }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try network.add("leaky_relu", [("x", .value(x)), ("alpha", .number(alpha))], name: "leaky_relu")
  }
}

struct SoftmaxLayer: NetworkLayer {
  static let name = "softmax"
  static let summary = "exp(x) divided by its sum along the last axis"
  static let options: [Option<Self>] = []

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try network.add("softmax", [("x", .value(x)), ("axis", .number(-1))], name: "softmax")
  }
}

/// Flattens all axes after the batch axis.
struct FlattenLayer: NetworkLayer {
  static let name = "flatten"
  static let summary = "Flattens all axes after the batch axis."
  static let options: [Option<Self>] = []

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try check(x, ranks: 1...5, "[batch, …]")
    let rest = try (1..<x.rank).map { try known(x, axis: $0, "axis \($0)") }
    return try network.add("reshape", [("x", .value(x)), ("shape", .numbers([-1, Double(Shape(rest).elementCount)]))], name: "flatten")
  }
}

struct ReshapeLayer: NetworkLayer {
  var shape: [Int]?
  static let name = "reshape"
  static let summary = "Reshapes the axes after the batch axis."
  static let example = "{ shape = { 1, 8, 8 } }"
  static var options: [Option<Self>] { [.integers("shape", \.shape, in: 1...Int.max, "extents after the batch axis")] }

  func validate() throws(OptionError) { _ = try Self.required(shape, "shape") }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try network.add("reshape", [("x", .value(x)), ("shape", .numbers([-1] + (shape ?? []).map(Double.init)))], name: "reshape")
  }
}
