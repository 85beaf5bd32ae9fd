// SPDX-License-Identifier: Apache-2.0
// Parameters as inputs: the gradients of a linear function, and writing values back to their constants.

import MIL
import Operators
import Tensors
import Testing
import Training

@Suite struct ParameterLiftingTests {
  /// `y = w · x + b` for scalars, with the loss `(y - t)²`.
  private func line() throws -> Function {
    let inputs = ["x", "t"].map { NamedType($0, .tensor(.float32, [4, 1])) }
    let empty = Function(inputs: inputs, opset: .iOS15, block: Block())
    var function = empty
    let emitter = try Emitter(empty)
    for (name, values, shape) in [("w", [Float(0.5)], [1, 1]), ("b", [Float(0)], [1])] {
      try emitter.append(.const(name, Constant(Tensor(values, shape: shape))))
    }
    let y = try emitter.value("x").apply("linear", ["weight": emitter.value("w"), "bias": emitter.value("b")], name: "y")
    _ = try (y - emitter.value("t")).squared().apply("reduce_mean", ["axes": [0, 1], "keep_dims": false], name: "loss")
    function.block.operations = emitter.operations
    function.block.outputs = ["loss"]
    return function
  }

  @Test func gradientsOfALineAreThoseOfTheTextbook() throws {
    let lifted = ParameterLifting(try line())
    #expect(lifted.parameters.map(\.name) == ["w", "b"])
    let numbers = Tensor([1, 2, 3, 4] as [Float], shape: [4, 1])
    let found = try LossAndGradients(lifted.function, of: "loss", by: lifted.parameters, inputs: ["x": numbers, "t": numbers])
    // Residuals -x/2: loss mean x²/4 = 30/16; dw = 2 mean(-x/2 · x) = -7.5; db = 2 mean(-x/2) = -2.5.
    #expect(found.values["loss"]?.floats() == [1.875])
    #expect(found.gradients["w"]?.floats() == [-7.5])
    #expect(found.gradients["b"]?.floats() == [-2.5])
  }

  @Test func storedParametersGoBackIntoTheirConstants() throws {
    let lifted = ParameterLifting(try line())
    let trained = lifted.storing(["w": Tensor([Float(3)], shape: [1, 1])])
    #expect(trained.block.operations.first { $0.outputs[0].name == "w" }?.constantValue?.tensor?.floats() == [3])
    #expect(trained.block.operations.count == lifted.original.block.operations.count)
  }

  @Test func aLossThatIsNoSingleNumberIsRefused() throws {
    let function = try line()
    #expect(throws: TrainingError.lossNotScalar("y", type: "tensor<fp32, [4, 1]>")) {
      try Differentiation(function, of: "y", by: ["x"], keeping: [])
    }
    #expect(throws: TrainingError.unknownValue("z", function: "main")) { try Differentiation(function, of: "loss", by: ["z"], keeping: []) }
  }
}
