// SPDX-License-Identifier: Apache-2.0
// Batch norms in training: statistics, and fusion with relus.

import MIL
import Operators
import Runtime
import Tensors
import TestSupport
import Testing
import Training

@Suite struct TrainingModeTests {
  /// relu(norm(w · x) + x): the parts of a residual block, with the sum and relu fused.
  private func block(channels: Int, sums: Bool) throws -> Function {
    let shape = [4, channels, 3, 3]
    let empty = Function(inputs: [NamedType("x", .tensor(.float32, shape))], opset: .iOS15, block: Block())
    let emitter = try Emitter(empty)
    let constants: [(String, Tensor)] = [
      ("w", random([channels, channels, 1, 1], seed: 1)), ("m", random([channels], seed: 2)),
      ("v", spread([channels], 0.5, 2, seed: 3)), ("g", random([channels], seed: 4)), ("b", random([channels], seed: 5)),
    ]
    for (name, tensor) in constants { try emitter.append(.const(name, Constant(tensor))) }
    let x = try emitter.value("x")
    let a = try x.apply("conv", ["weight": emitter.value("w")])
    let n = try a.apply(
      "batch_norm", ["mean": emitter.value("m"), "variance": emitter.value("v"), "gamma": emitter.value("g"), "beta": emitter.value("b")])
    let y = try (sums ? n + x : n).apply("relu")
    _ = try (y * emitter.constant(random(shape, seed: 6))).sum([0, 1, 2, 3]).apply("identity", name: "loss")
    var function = empty
    function.block.operations = emitter.operations
    function.block.outputs = ["loss"]
    return function
  }

  @Test(arguments: [(3, false), (3, true), (16, false), (16, true), (80, true)])
  func gradientsAgreeWithThoseOfUnfusedPrograms(_ channels: Int, _ sums: Bool) throws {
    let lifted = ParameterLifting(try block(channels: channels, sums: sums))
    let mode = TrainingMode(lifted.function)
    #expect(mode.updates.keys.sorted() == ["m", "v"])
    let made = try Differentiation(mode.function, of: "loss", by: ["w", "g", "b", "x"], keeping: ["loss"])
    let names = ["loss"] + made.gradients.values.sorted()
    var inputs = ["x": random([4, channels, 3, 3], seed: 9)]
    for constant in lifted.parameters + lifted.buffers { inputs[constant.name] = constant.start }
    let program = Program(functions: [made.function])
    let fused = try Executor(program: program).run(inputs, outputs: names).tensors
    // Rounding after each operator disables all fusions, and does not change fp32 values.
    let plain = try Executor(program: program, options: RuntimeOptions(precision: .float16)).run(inputs, outputs: names).tensors
    for name in names {
      let (a, b) = (try #require(fused[name]).doubles(), try #require(plain[name]).doubles())
      let peak = b.map(abs).max() ?? 0
      #expect(try pairs(a, b).allSatisfy { abs($0 - $1) <= 1e-4 * max(peak, 1) }, "\(name)")
    }
  }

  /// Two channels of four numbers: means 2.5 and 25, unbiased variances 5/3 and 500/3; a tenth of the way from 0 and 1.
  @Test func runningStatisticsMoveTowardTheBatch() throws {
    let empty = Function(inputs: [NamedType("x", .tensor(.float32, [2, 2, 2]))], opset: .iOS15, block: Block())
    let emitter = try Emitter(empty)
    try emitter.append(.const("m", Constant(Tensor([0, 0] as [Float], shape: [2]))))
    try emitter.append(.const("v", Constant(Tensor([1, 1] as [Float], shape: [2]))))
    try emitter.append(.const("g", Constant(Tensor([1, 1] as [Float], shape: [2]))))
    let y = try emitter.value("x").apply(
      "batch_norm", ["mean": emitter.value("m"), "variance": emitter.value("v"), "gamma": emitter.value("g")], name: "y")
    _ = try y.sum([0, 1, 2]).apply("identity", name: "loss")
    var function = empty
    function.block.operations = emitter.operations
    function.block.outputs = ["loss"]
    let lifted = ParameterLifting(function)
    let mode = TrainingMode(lifted.function, momentum: 0.1)
    var inputs = ["x": Tensor([1, 2, 10, 20, 3, 4, 30, 40] as [Float], shape: [2, 2, 2])]
    for buffer in lifted.buffers { inputs[buffer.name] = buffer.start }
    func step() throws -> LossAndGradients {
      try LossAndGradients(
        mode.function, of: "loss", by: lifted.parameters, inputs: inputs, keeping: ["y"] + mode.updates.values.sorted())
    }
    let first = try step()
    for (old, new) in mode.updates { inputs[old] = first.values[new] }
    let (mean, variance) = (try #require(inputs["m"]).floats(), try #require(inputs["v"]).floats())
    #expect(abs(mean[0] - 0.25) < 1e-6 && abs(mean[1] - 2.5) < 1e-5)
    #expect(abs(variance[0] - (0.9 + 0.1 * 5 / 3)) < 1e-6 && abs(variance[1] - (0.9 + 50.0 / 3)) < 1e-4)
    // With batch statistics: (1 - 2.5) / √(1.25 + 1e-5).
    #expect(abs(try #require(first.values["y"]).floats()[0] + 1.3416354) < 1e-5)
    let second = try step()
    #expect(abs(try #require(mode.updates["m"].flatMap { second.values[$0] }).floats()[0] - 0.475) < 1e-6)
  }
}
