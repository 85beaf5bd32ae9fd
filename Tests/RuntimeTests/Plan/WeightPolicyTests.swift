// SPDX-License-Identifier: Apache-2.0
// Weights in stored form have the same results as decoded weights.

import MIL
import Operators
import Runtime
import Tensors
import Testing

@Suite struct WeightPolicyTests {
  /// `y = relu(x · wᵀ + b) + r`, weights in fp16, large enough for several panels.
  private func product(rows: Int, columns: Int, outputs: Int) -> Program {
    func constant(_ name: String, _ shape: Shape, _ seed: UInt64) -> MIL.Operation {
      .const(name, Constant(random(shape, seed: seed).cast(to: .float16)))
    }
    let result = ValueType.tensor(.float16, [rows, outputs])
    func operation(_ type: String, _ output: String, _ inputs: [(String, String)]) -> MIL.Operation {
      MIL.Operation(
        type: type, inputs: inputs.map { Argument($0.0, [.name($0.1)]) }, outputs: [NamedType(output, result)],
        attributes: [Attribute("name", Constant(output))])
    }
    return Program(functions: [
      Function(
        inputs: [NamedType("x", .tensor(.float16, [rows, columns]))], opset: .iOS16,
        block: Block(
          operations: [
            constant("w", [outputs, columns], 2), constant("b", [outputs], 3), constant("r", [outputs], 4),
            operation("linear", "l", [("x", "x"), ("weight", "w"), ("bias", "b")]), operation("relu", "a", [("x", "l")]),
            operation("add", "y", [("x", "a"), ("y", "r")]),
          ], outputs: ["y"]))
    ])
  }

  @Test(arguments: [(1, 70, 33), (1, 1024, 300), (3, 70, 33), (5, 1024, 300), (40, 2048, 130)])
  func packedAgreesWithDense(rows: Int, columns: Int, outputs: Int) throws {
    let program = product(rows: rows, columns: columns, outputs: outputs)
    let x = ["x": random([rows, columns], seed: 1)]
    let dense = try run(program, x)
    let packed = try run(program, x, options: RuntimeOptions(weights: .packed))
    let a = try #require(packed["y"]), b = try #require(dense["y"])
    #expect(a.shape == [rows, outputs])
    #expect(distance(a, b) < 1e-3)
  }

  /// 1·1 + 2·2 + 3·3 − 4 = 10 and 4 + 10 + 18 + 1 = 33.
  @Test func oneRowByHand() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [1, 3]>) {
        y = linear(x = x, weight = tensor<fp32, [2, 3]>([1, 2, 3, 4, 5, 6]), bias = tensor<fp32, [2]>([-4, 1]))
      } -> (y)
      """)
    let out = try run(program, ["x": Tensor([Float]([1, 2, 3]), shape: [1, 3])])
    #expect(out["y"]?.floats() == [10, 33])
  }
}
