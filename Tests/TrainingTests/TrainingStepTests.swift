// SPDX-License-Identifier: Apache-2.0
// Steps over buffers: what a small network learns, and that nothing else changes.

import MIL
import Operators
import Runtime
import Tensors
import Testing
import Training

@Suite struct TrainingStepTests {
  /// `y = w · x + b` of one number each, the loss `(y - t)²`.
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
    let step = try TrainingStep(lifted.function, loss: "loss", parameters: lifted.parameters)
    step.inputs["x"]?.store(Tensor([1, 2, 3, 4] as [Float], shape: [4, 1]))
    step.inputs["t"]?.store(Tensor([1, 2, 3, 4] as [Float], shape: [4, 1]))
    try step.run()
    // Residuals -x/2: loss mean x²/4 = 30/16; dw = 2 mean(-x/2 · x) = -7.5; db = 2 mean(-x/2) = -2.5.
    #expect(step.value(of: "loss") == 1.875)
    #expect(step.gradients["w"]?.floats.first == -7.5)
    #expect(step.gradients["b"]?.floats.first == -2.5)
    // Parameters are read anew at every run.
    step.parameters["w"]?.floats[0] = 1
    try step.run()
    #expect(step.value(of: "loss") == 0)
    #expect(step.gradients["w"]?.floats.first == 0)
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
