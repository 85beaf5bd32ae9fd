// SPDX-License-Identifier: Apache-2.0
// A small residual network as converters write it: the input is normalized, batch norms are folded.

import MIL
import Operators
import Tensors
import TestSupport
import Testing
import Training

enum ResidualNetwork {
  /// `(x − mean) · inverse`, conv 3→8, relu, conv 8→8, sum, relu, mean, linear 8→3; any batch size.
  static func program(_ dtype: DType = .float32, opset: Opset = .iOS18) throws -> Program {
    try build(dtype, opset: opset) { x, c in
      let normal = try (x - c("mean", [1, 3, 1, 1])) * c("inverse", [1, 3, 1, 1])
      let a = try normal.apply("conv", conv(c, "first", [8, 3, 3, 3]), name: "first").apply("relu", name: "first_relu")
      let b = try a.apply("conv", conv(c, "second", [8, 8, 3, 3]), name: "second")
      let sum = try (b + a).apply("relu", name: "sum_relu")
      let pooled = try sum.apply("reduce_mean", ["axes": [2, 3], "keep_dims": false], name: "pooled")
      return try pooled.apply("linear", ["weight": c("head_weight", [3, 8]), "bias": c("head_bias", [3])], name: "logits")
    }
  }

  /// Appends named constants with seeded random elements.
  typealias Constants = (_ name: String, _ shape: Shape) throws -> TypedValue

  static func conv(_ c: Constants, _ name: String, _ shape: Shape) throws -> [String: (any Emittable)?] {
    ["weight": try c("\(name)_weight", shape), "bias": try c("\(name)_bias", [shape[0]]), "pad_type": "same"]
  }

  /// A program over `x` `[any, 3, 6, 6]` with the output `logits`.
  static func build(
    _ dtype: DType = .float32, opset: Opset = .iOS18, input: [Dimension] = [.any, .fixed(3), .fixed(6), .fixed(6)],
    _ body: (TypedValue, Constants) throws -> TypedValue
  ) throws -> Program {
    let empty = Function(inputs: [NamedType("x", .tensor(TensorType(dtype, input)))], opset: opset, block: Block())
    let emitter = try Emitter(empty)
    var seed: UInt64 = 0
    let last = try body(try emitter.value("x")) { name, shape in
      seed += 1
      let values = random(shape, seed: seed).floats().map { $0 * 0.5 + (name == "inverse" ? 2 : 0) }
      try emitter.append(.const(name, Constant(Tensor(values, shape: shape).cast(to: dtype), opset: opset)))
      return try emitter.value(name)
    }
    var function = empty
    function.block.operations = emitter.operations
    function.block.outputs = [try #require(last.name)]
    return Program(functions: [function])
  }

  /// Images whose class is the channel with the largest mean.
  static func batch(_ count: Int, seed: UInt64, dtype: DType = .float32) -> TrainingBatch {
    var random = SplitMix64(seed: seed)
    var pixels: [Float] = []
    var labels: [Int32] = []
    for _ in 0..<count {
      let label = Int(random.next() % 3)
      labels.append(Int32(label))
      for channel in 0..<3 { for _ in 0..<36 { pixels.append(Float(random.uniform()) + (channel == label ? 0.4 : 0)) } }
    }
    return TrainingBatch(inputs: ["x": Tensor(pixels, shape: [count, 3, 6, 6]).cast(to: dtype)], labels: Tensor(labels))
  }
}
