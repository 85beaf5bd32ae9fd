// SPDX-License-Identifier: Apache-2.0
// A gated recurrent unit written as a loop, run as a layer and as a loop.

import MIL
import Runtime
import Tensors
import Testing

@Suite struct RecurrentLoopTests {
  private let steps = 5, batch = 2, input = 3, hidden = 4

  /// - Parameter initial: the rows of states at the start.
  private func loop(initial: Tensor) -> Program {
    let (b, i, h) = (batch, input, hidden)
    func constant(_ name: String, _ shape: Shape, _ seed: UInt64) -> MIL.Operation { .const(name, Constant(random(shape, seed: seed))) }
    func operation(
      _ type: String, _ output: String, _ shape: Shape, _ dtype: DType = .float32, _ inputs: [(String, String)], _ more: [Argument] = []
    ) -> MIL.Operation {
      MIL.Operation(
        type: type, inputs: inputs.map { Argument($0.0, [.name($0.1)]) } + more,
        outputs: [NamedType(output, .tensor(dtype, shape))], attributes: [Attribute("name", Constant(output))])
    }
    func scalar(_ value: Int32) -> Constant { Constant(Tensor([value], shape: [])) }
    func integers(_ values: [Int32]) -> Constant { Constant(Tensor(values, shape: [values.count])) }
    let variables = { (k: String, s: String) in
      [NamedType(k, .tensor(.int32, [1])), NamedType(s, .tensor(.float32, [steps + 1, b, h]))]
    }
    func row(_ output: String, of source: String, _ width: Int, _ index: String) -> [MIL.Operation] {
      [
        operation(
          "gather", output + "_g", [1, b, width], .float32, [("x", source), ("indices", index)], [Argument("axis", [.constant(scalar(0))])]),
        operation("squeeze", output, [b, width], .float32, [("x", output + "_g")], [Argument("axes", [.constant(integers([0]))])]),
      ]
    }
    func gate(_ name: String, _ x: String, _ weight: String) -> MIL.Operation {
      operation("linear", name, [b, h], .float32, [("x", x), ("weight", weight), ("bias", weight + "_b")])
    }
    func both(_ type: String, _ output: String, _ x: String, _ y: String) -> MIL.Operation {
      operation(type, output, [b, h], .float32, [("x", x), ("y", y)])
    }
    func unary(_ type: String, _ output: String, _ x: String) -> MIL.Operation { operation(type, output, [b, h], .float32, [("x", x)]) }
    let body =
      row("xi", of: "x", i, "j") + row("hi", of: "t", h, "j") + [
        gate("wr", "xi", "w_r"), gate("ur", "hi", "u_r"), both("add", "sr", "ur", "wr"), unary("sigmoid", "r", "sr"),
        gate("wz", "xi", "w_z"), gate("uz", "hi", "u_z"), both("add", "sz", "uz", "wz"), unary("sigmoid", "z", "sz"),
        gate("wn", "xi", "w_n"), gate("un", "hi", "u_n"), both("mul", "rn", "r", "un"), both("add", "sn", "rn", "wn"),
        unary("tanh", "n", "sn"),
        operation("sub", "rest", [b, h], .float32, [("y", "z")], [Argument("x", [.constant(Constant(Tensor([Float(1)], shape: [])))])]),
        both("mul", "fresh", "n", "rest"), both("mul", "kept", "hi", "z"), both("add", "new", "kept", "fresh"),
        operation("add", "next", [1], .int32, [("x", "j")], [Argument("y", [.constant(scalar(1))])]),
        operation("expand_dims", "newrow", [1, b, h], .float32, [("x", "new")], [Argument("axes", [.constant(integers([0]))])]),
        operation(
          "scatter", "rows", [steps + 1, b, h], .float32, [("data", "t"), ("indices", "next"), ("updates", "newrow")],
          [Argument("axis", [.constant(scalar(0))]), Argument("mode", [.constant(Constant("add"))])]),
      ]
    let test = [operation("less", "go", [1], .bool, [("x", "k")], [Argument("y", [.constant(integers([Int32(steps)]))])])]
    let weights = ["r", "z", "n"].enumerated().flatMap { at, gate -> [MIL.Operation] in
      let seed = UInt64(10 * at + 10)
      return [
        constant("w_\(gate)", [h, i], seed), constant("w_\(gate)_b", [h], seed + 1), constant("u_\(gate)", [h, h], seed + 2),
        constant("u_\(gate)_b", [h], seed + 3),
      ]
    }
    let whole = MIL.Operation(
      type: "while_loop", inputs: [Argument("loop_vars", [.name("zero"), .name("initial")])], outputs: variables("count", "y"),
      blocks: [
        Block(inputs: variables("k", "s"), operations: test, outputs: ["go"]),
        Block(inputs: variables("j", "t"), operations: body, outputs: ["next", "rows"]),
      ], attributes: [Attribute("name", Constant("loop"))])
    return Program(functions: [
      Function(
        inputs: [NamedType("x", .tensor(.float32, [steps, b, i]))], opset: .iOS16,
        block: Block(
          operations: weights + [.const("zero", integers([0])), .const("initial", Constant(initial)), whole],
          outputs: ["count", "y"]))
    ])
  }

  private func initial(rest: Float) -> Tensor {
    let row = batch * hidden
    return Tensor(random([row], seed: 3).floats() + [Float](repeating: rest, count: steps * row), shape: [steps + 1, batch, hidden])
  }

  /// fp16 precision does not round fp32 programs, and runs their loops as loops.
  @Test func layerAgreesWithLoop() throws {
    let program = loop(initial: initial(rest: 0))
    let x = ["x": random([steps, batch, input], seed: 1)]
    let layer = try run(program, x)
    let turns = try run(program, x, options: RuntimeOptions(precision: .float16))
    #expect(layer["count"]?.integers() == [steps])
    #expect(turns["count"]?.integers() == [steps])
    let y = try #require(layer["y"])
    #expect(y.shape == [steps + 1, batch, hidden])
    #expect(distance(y, try #require(turns["y"])) < 1e-5)
    #expect(try Executor(program: program).profile(x, runs: 1).map(\.operation) == ["gru_reset_after"])
    #expect(
      try Executor(program: program, options: RuntimeOptions(precision: .float16)).profile(x, runs: 1).contains {
        $0.operation == "while_loop"
      })
  }

  /// The step adds to rows that are not empty, so it is not a layer.
  @Test func loopsThatAddToValuesStayLoops() throws {
    let program = loop(initial: initial(rest: 1))
    let x = ["x": random([steps, batch, input], seed: 1)]
    #expect(try Executor(program: program).profile(x, runs: 1).contains { $0.operation == "while_loop" })
  }
}
