// SPDX-License-Identifier: Apache-2.0
// Types of whole programs: inferred from inputs, and compared with declared types.

import MIL
import Operators
import Tensors
import Testing

@Suite("Type inference") struct TypeInferenceTests {
  private func op(
    _ type: String, _ name: String, _ inputs: [(String, Binding)], _ declared: ValueType = .scalar(.float32), blocks: [Block] = []
  ) -> Operation {
    Operation(
      type: type, inputs: inputs.map { Argument($0.0, [$0.1]) }, outputs: [NamedType(name, declared)], blocks: blocks,
      attributes: [Attribute("name", Constant(name))])
  }

  private func program(_ inputs: [NamedType], _ operations: [Operation], outputs: [String], opset: Opset = .iOS15) -> Program {
    Program(functions: [Function(inputs: inputs, opset: opset, block: Block(operations: operations, outputs: outputs))])
  }

  private func types(_ program: Program) -> [String] {
    program.functions[0].block.operations.flatMap { $0.outputs.map { "\($0.name): \($0.type)" } }
  }

  /// x [?, 3, 8] is flattened using its shape: shape, gather, concat with -1, reshape.
  private var flattening: Program {
    program(
      [NamedType("x", tensorType(.float32, nil, 3, 8))],
      [
        op("shape", "s", [("x", .name("x"))], tensorType(.int32, 3)),
        op("gather", "n", [("x", .name("s")), ("indices", .constant(.int32(0))), ("axis", .constant(.int32(0)))], .scalar(.int32)),
        Operation(
          type: "concat",
          inputs: [
            Argument("values", [.name("n"), .constant(.int32(-1))]), Argument("axis", [.constant(.int32(0))]),
          ], outputs: [NamedType("target", tensorType(.int32, 2))]),
        op("reshape", "y", [("x", .name("x")), ("shape", .name("target"))], tensorType(.float32, nil, nil)),
      ], outputs: ["y"])
  }

  @Test func openExtentsStayOpen() throws {
    let inferred = try flattening.inferringTypes()
    #expect(types(inferred) == ["s: tensor<int32, [3]>", "n: int32", "target: tensor<int32, [2]>", "y: tensor<fp32, [?, ?]>"])
    try flattening.checkTypes()
  }

  @Test func shapeArithmeticResolves() throws {
    let inferred = try flattening.inferringTypes(["x": tensorType(.float32, 5, 3, 8)])
    #expect(types(inferred).last == "y: tensor<fp32, [5, 24]>")
    #expect(inferred.functions[0].inputs[0].type == tensorType(.float32, 5, 3, 8))
  }

  @Test func wrongDeclarationIsFound() {
    var wrong = flattening
    wrong.functions[0].block.operations[3].outputs[0].type = tensorType(.float32, nil)
    #expect(
      fault { try wrong.checkTypes() } == "function 'main', reshape 'y': 'y' is declared tensor<fp32, [?]>, but is tensor<fp32, [?, ?]>")
    wrong.functions[0].block.operations[1].outputs[0].type = .scalar(.float32)
    #expect(fault { try wrong.checkTypes() } == "function 'main', gather 'n': 'n' is declared fp32, but is int32")
  }

  @Test func namesAreBoundOnceAndBeforeUse() {
    let twice = program(
      [NamedType("x", tensorType(.float32, 2))], [op("identity", "x", [("x", .name("x"))], tensorType(.float32, 2))], outputs: ["x"])
    #expect(fault { try twice.checkTypes() } == "function 'main', identity 'x': defines 'x' a second time")
    let never = program([], [op("identity", "y", [("x", .name("z"))])], outputs: ["y"])
    #expect(fault { try never.checkTypes() } == "function 'main', identity 'y': the value 'z' is not defined")
    #expect(fault { try program([], [], outputs: ["y"]).checkTypes() } == "function 'main', block 'y': the output is not defined")
    #expect(
      fault { try program([], [op("frobnicate", "y", [])], outputs: ["y"]).checkTypes() }
        == "function 'main', frobnicate 'y': unknown operator")
  }

  @Test func outputsAreCounted() {
    var split = op(
      "split", "a", [("x", .name("x")), ("num_splits", .constant(.int32(2))), ("axis", .constant(.int32(0)))], tensorType(.float32, 1))
    let inputs = [NamedType("x", tensorType(.float32, 2))]
    #expect(
      fault { try program(inputs, [split], outputs: ["a"]).checkTypes() }
        == "function 'main', split 'a': has 1 outputs, expected 2")
    split.outputs.append(NamedType("b", tensorType(.float32, 1)))
    #expect(fault { try program(inputs, [split], outputs: ["a", "b"]).checkTypes() }.hasPrefix("no error"))
  }

  @Test func branchesWiden() throws {
    func branch(_ size: Int) -> Block {
      Block(operations: [op("tile", "t\(size)", [("x", .name("x")), ("reps", .constant(.int32s([size])))])], outputs: ["t\(size)"])
    }
    let cond = op("cond", "y", [("pred", .name("p"))], blocks: [branch(2), branch(2)])
    let inputs = [NamedType("x", tensorType(.float32, 3)), NamedType("p", .scalar(.bool))]
    let inferred = try program(inputs, [cond], outputs: ["y"]).inferringTypes()
    #expect(types(inferred) == ["y: tensor<fp32, [6]>"])
    #expect(inferred.functions[0].block.operations[0].blocks[1].operations[0].outputs[0].type == tensorType(.float32, 6))
    let passing = op("cond", "y", [("pred", .name("p"))], blocks: [Block(outputs: ["x"]), branch(1)])
    #expect(try types(program(inputs, [passing], outputs: ["y"]).inferringTypes()) == ["y: tensor<fp32, [3]>"])
  }

  /// A loop that doubles its tensor in each iteration: the extent is unknown from the second iteration on.
  @Test func loopsWiden() throws {
    let test = Block(inputs: [NamedType("v", tensorType(.float32, 2))], operations: [], outputs: ["go"])
    let body = Block(
      inputs: [NamedType("w", tensorType(.float32, 2))],
      operations: [op("tile", "t", [("x", .name("w")), ("reps", .constant(.int32s([2])))])], outputs: ["t"])
    let loop = Operation(
      type: "while_loop", inputs: [Argument("loop_vars", [.name("x")])], outputs: [NamedType("y", tensorType(.float32, 2))],
      blocks: [test, body])
    let inputs = [NamedType("x", tensorType(.float32, 2)), NamedType("go", .scalar(.bool))]
    let inferred = try program(inputs, [loop], outputs: ["y"]).inferringTypes()
    #expect(types(inferred) == ["y: tensor<fp32, [?]>"])
    #expect(inferred.functions[0].block.operations[0].blocks[1].inputs[0].type == tensorType(.float32, nil))
    #expect(fault { try program(inputs, [loop], outputs: ["y"]).checkTypes() }.contains("'t' is declared fp32, but is tensor<fp32, [4]>"))
  }

  @Test func attributesAreOperands() throws {
    // iOS16 writes the parts of a compressed weight as attributes.
    let weight = Operation(
      type: "constexpr_sparse_to_dense", outputs: [NamedType("w", tensorType(.float32, 5))],
      attributes: [
        Attribute("name", Constant("w")), Attribute("nonzero_data", Constant(Tensor([Float]([7, 8])))),
        Attribute("mask", Constant(Tensor([UInt8]([0b10100])))), Attribute("shape", Constant(Tensor([UInt32]([5])))),
      ])
    try program([], [weight], outputs: ["w"], opset: .iOS16).checkTypes()
  }
}
