// SPDX-License-Identifier: Apache-2.0
// Small programs for tests.

import MIL
import Tensors

enum Small {
  /// Standard normal numbers.
  static func weight(_ shape: Shape, seed: UInt64 = 1, dtype: DType = .float32) -> Tensor {
    var random = SplitMix64(seed: seed)
    return Tensor((0..<shape.elementCount).map { _ in Float(random.normal()) }, shape: shape).cast(
      to: dtype)
  }

  static func const(_ name: String, _ shape: Shape, seed: UInt64 = 1) -> Operation {
    .const(name, Constant(weight(shape, seed: seed)))
  }

  static func operation(
    _ type: String, _ name: String, _ inputs: [String: String], constants: [String: Constant] = [:]
  ) -> Operation {
    let named = inputs.sorted { $0.key < $1.key }.map { Argument($0.key, [.name($0.value)]) }
    let inline = constants.sorted { $0.key < $1.key }.map {
      Argument($0.key, [.constant($0.value)])
    }
    return Operation(
      type: type, inputs: named + inline, outputs: [NamedType(name, .tensor(.float32, [1]))],
      attributes: [Attribute("name", Constant(name))])
  }

  static func program(_ operations: [Operation], outputs: [String], opset: Opset = .iOS18)
    -> Program
  {
    Program(functions: [
      Function(
        inputs: [NamedType("x", .tensor(.float32, [1, 64]))], opset: opset,
        block: Block(operations: operations, outputs: outputs))
    ])
  }

  /// Two linear layers with biases: weights `a` (64×64) and `b` (64×48).
  static func layers(_ opset: Opset = .iOS18) -> Program {
    program(
      [
        const("a", [64, 64]), const("a_bias", [64], seed: 2),
        operation("linear", "first", ["x": "x", "weight": "a", "bias": "a_bias"]),
        const("b", [64, 48], seed: 3),
        operation("linear", "second", ["x": "first", "weight": "b"]),
      ], outputs: ["second"], opset: opset)
  }

  /// An embedding that a gather reads by rows and a matmul transposed.
  static func tied(transposed: Bool = true) -> Program {
    program(
      [
        const("table", [64, 64]), operation("gather", "embedded", ["x": "table", "indices": "x"]),
        operation(
          "matmul", "logits", ["x": "embedded", "y": "table"],
          constants: ["transpose_y": .bool(transposed)]),
      ], outputs: ["logits"])
  }
}

extension Program {
  var operations: [Operation] { functions[0].block.operations }
  func operation(_ name: String) -> Operation? {
    operations.first { $0.outputs.first?.name == name }
  }
}
