// SPDX-License-Identifier: Apache-2.0
// Which constants are trained: by the operators that read them, and by their place.

import MIL
import Operators
import Tensors
import TestSupport
import Testing
import Training

struct ParameterRolesTests {
  private func roles(_ program: Program) -> [String: ParameterRoles.Role] {
    Dictionary(ParameterRoles(program.functions[0]).entries.map { ($0.constant.name, $0.role) }, uniquingKeysWith: { a, _ in a })
  }

  @Test(arguments: [DType.float32, .float16]) func theNormalizationOfTheInputIsNotTrained(_ dtype: DType) throws {
    let program = try ResidualNetwork.program(dtype)
    let roles = roles(program)
    #expect(roles["mean"] == .fixed(.beforeFirstLayer) && roles["inverse"] == .fixed(.beforeFirstLayer))
    let trainer = try TrainerTests.trainer(of: program)
    #expect(
      trainer.parameterNames.sorted() == [
        "first_bias", "first_weight", "head_bias", "head_weight", "second_bias", "second_weight",
      ])
    #expect(trainer.fixedConstants.map(\.constant.name) == ["mean", "inverse"])
    let before = try constants(program)
    _ = try trainer.train(on: ResidualNetwork.batch(8, seed: 1, dtype: dtype))
    let after = try constants(trainer.snapshot())
    #expect(after["mean"] == before["mean"] && after["inverse"] == before["inverse"])
    #expect(after["first_weight"] != before["first_weight"])
  }

  private func constants(_ program: Program) throws -> [String: Tensor] {
    var found: [String: Tensor] = [:]
    for operation in program.functions[0].block.operations {
      if let tensor = operation.constantValue?.tensor { found[operation.outputs[0].name] = tensor }
    }
    return found
  }

  /// coremltools writes a scale and a shift of the input as a batch norm with means of 0 and variances of 1.
  @Test func aBatchNormThatNormalizesTheInputIsNotTrained() throws {
    let program = try ResidualNetwork.build { x, c in
      try x.apply(
        "batch_norm",
        [
          "mean": Tensor([0, 0, 0] as [Float]), "variance": Tensor([1, 1, 1] as [Float]), "gamma": c("scale", [3]), "beta": c("shift", [3]),
        ]
      ).apply("conv", ResidualNetwork.conv(c, "first", [8, 3, 3, 3])).apply("relu")
    }
    let roles = roles(program)
    #expect(roles["scale"] == .fixed(.beforeFirstLayer) && roles["shift"] == .fixed(.beforeFirstLayer))
    #expect(roles["first_weight"] == .parameter)
  }

  /// A new norm has the same statistics, but nothing to scale or shift by yet.
  @Test func aNewBatchNormLearnsWhereverItIs() throws {
    func norm(_ x: TypedValue, _ emitter: ResidualNetwork.Constants, gamma: [Float], beta: [Float], _ name: String) throws -> TypedValue {
      for (part, values) in [("mean", [0, 0, 0]), ("variance", [1, 1, 1]), ("gamma", gamma), ("beta", beta)] as [(String, [Float])] {
        try x.emitter.append(.const("\(name)_\(part)", Constant(Tensor(values))))
      }
      let e = x.emitter
      return try x.apply(
        "batch_norm",
        [
          "mean": e.value("\(name)_mean"), "variance": e.value("\(name)_variance"), "gamma": e.value("\(name)_gamma"),
          "beta": e.value("\(name)_beta"),
        ])
    }
    let program = try ResidualNetwork.build { x, c in
      let a = try norm(x, c, gamma: [1, 1, 1], beta: [0, 0, 0], "new")
      let b = try a.apply("conv", ResidualNetwork.conv(c, "first", [3, 3, 3, 3]))
      // One that only scales and shifts, behind a layer: no statistics.
      return try norm(b, c, gamma: [1, 2, 3], beta: [0, 1, 0], "affine").apply("relu")
    }
    let roles = roles(program)
    #expect(roles["new_gamma"] == .parameter && roles["new_mean"] == .statistic && roles["new_variance"] == .statistic)
    #expect(roles["affine_gamma"] == .parameter && roles["affine_beta"] == .parameter)
    #expect(roles["affine_mean"] == .fixed(.affineNorm) && roles["affine_variance"] == .fixed(.affineNorm))
    let mode = TrainingMode(ParameterLifting(program.functions[0]).function)
    #expect(mode.updates.keys.sorted() == ["new_mean", "new_variance"])
  }

  @Test func elementwiseConstantsBehindALayer() throws {
    let program = try ResidualNetwork.build(input: [.any, .fixed(4), .fixed(6)]) { x, c in
      let e = x.emitter
      let mask = (0..<16).map { Float($0 % 4 > $0 / 4 ? -1e9 : 0) }
      try e.append(.const("mask", Constant(Tensor(mask, shape: [1, 4, 4]))))
      try e.append(.const("half", Constant(Tensor([0.5] as [Float], shape: [1, 1, 1]))))
      let early = try x + c("early", [1, 4, 6])
      let a = try early.apply("linear", ["weight": c("query", [6, 6]), "bias": c("query_bias", [6])])
      let positions = try a + c("positions", [1, 4, 6])
      let turned = try positions * c("angles", [1, 4, 6])
      let scaled = try turned * c("layer_scale", [6]) * e.value("half")
      let scores = try scaled.apply("matmul", ["y": scaled, "transpose_y": true]) + e.value("mask")
      return try scores.apply("softmax", ["axis": -1]).apply("matmul", ["y": c("product", [4, 6])])
    }
    let roles = roles(program)
    #expect(roles["early"] == .fixed(.beforeFirstLayer))
    #expect(roles["positions"] == .parameter && roles["layer_scale"] == .parameter && roles["product"] == .parameter)
    #expect(roles["angles"] == .fixed(.table) && roles["mask"] == .fixed(.mask) && roles["half"] == .fixed(.scalar))
  }

  /// A table of positions is added to what an embedding gathered.
  @Test func embeddingsAreLayers() throws {
    let ids = NamedType("ids", .tensor(TensorType(.int32, [.any, .fixed(4)])))
    let emitter = try Emitter(Function(inputs: [ids], opset: .iOS18, block: Block()))
    for (name, shape) in [("words", [10, 6]), ("positions", [1, 4, 6])] {
      try emitter.append(.const(name, Constant(random(shape, seed: 1))))
    }
    let words = try emitter.value("words").apply("gather", ["indices": emitter.value("ids"), "axis": 0])
    let sum = try words + emitter.value("positions")
    let block = Block(operations: emitter.operations, outputs: [try #require(sum.name)])
    let roles = roles(Program(functions: [Function(inputs: [ids], opset: .iOS18, block: block)]))
    #expect(roles == ["words": .parameter, "positions": .parameter])
  }

  @Test func patternsDecideOtherwise() throws {
    func pattern(_ text: String) -> ParameterPattern { ParameterPattern(text) { $0.contains(text) } }
    let program = try ResidualNetwork.program()
    let both = try TrainerTests.trainer(of: program) { $0.parameters = [pattern("mean"), pattern("head")] }
    #expect(both.parameterNames == ["mean", "head_weight", "head_bias"])
    #expect(both.fixedConstants.contains { $0.constant.name == "first_weight" && $0.reason == .notChosen })
    _ = try both.train(on: ResidualNetwork.batch(8, seed: 1))
    let less = try TrainerTests.trainer(of: program) {
      $0.parameters = [pattern("mean"), pattern("head")]
      $0.frozen = [pattern("bias")]
    }
    #expect(less.parameterNames == ["mean", "head_weight"])
    #expect(less.fixedConstants.contains { $0.constant.name == "head_bias" && $0.reason == .frozen("bias") })
    #expect(throws: TrainingError.unmatchedPattern(option: "parameters", pattern: "meen", nearest: "mean", of: 8)) {
      try TrainerTests.trainer(of: program) { $0.parameters = [pattern("meen")] }
    }
  }

  /// What a layer in the body of a loop makes is an argument of the next iteration.
  @Test func constantsInTheBodyOfALoop() throws {
    let program = try ResidualNetwork.build(input: [.fixed(1), .fixed(6)]) { x, c in
      let a = try x + c("early", [1, 6])
      return try a.apply("linear", ["weight": c("weight", [6, 6]), "bias": c("bias", [6])]) + c("late", [1, 6])
    }
    var function = program.functions[0]
    let body = function.block
    let type = ValueType.tensor(.float32, [1, 6])
    let condition = Block(
      inputs: [NamedType("i", type)],
      operations: [
        Operation(
          type: "reduce_sum", inputs: [Argument("x", "i"), Argument("keep_dims", .bool(false))],
          outputs: [NamedType("s", .scalar(.float32))]),
        Operation(
          type: "less", inputs: [Argument("x", "s"), Argument("y", Constant(Tensor(scalar: Float(1))))],
          outputs: [NamedType("go", .scalar(.bool))]),
      ], outputs: ["go"])
    let inner = Block(inputs: [NamedType("x", type)], operations: body.operations, outputs: body.outputs)
    function.inputs[0].name = "start"
    function.block = Block(
      operations: [
        Operation(
          type: "while_loop", inputs: [Argument("loop_vars", "start")], outputs: [NamedType("y", type)], blocks: [condition, inner])
      ], outputs: ["y"])
    let roles = roles(Program(functions: [function]))
    #expect(roles["early"] == .parameter && roles["late"] == .parameter && roles["weight"] == .parameter)
  }
}
