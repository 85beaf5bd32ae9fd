// SPDX-License-Identifier: Apache-2.0

import MIL
import Runtime
import Tensors
import Testing

/// Planning does not change the results of a program.
@Suite struct PlanTests {
  /// Convolution, batch norm, a residual sum and relu become one primitive. Without fusion (fp16 precision disables
  /// it, and does not round fp32 programs) they are four.
  @Test func fusionDoesNotChangeResults() throws {
    let program = try residualBlock()
    let x = ["x": random([2, 4, 6, 5], seed: 1)]
    let fused = try run(program, x)
    let plain = try run(program, x, options: RuntimeOptions(precision: .float16))
    #expect(distance(try #require(fused["y"]), try #require(plain["y"])) < 1e-5)
  }

  private func residualBlock() throws -> Program {
    func constant(_ name: String, _ shape: Shape, _ seed: UInt64, offset: Float = 0) -> MIL.Operation {
      .const(
        name,
        Constant(
          Tensor(random(shape, seed: seed).floats().map { abs($0) * (offset == 0 ? 0 : 1) + (offset == 0 ? $0 : offset) }, shape: shape)))
    }
    let value = ValueType.tensor(.float32, [2, 4, 6, 5])
    func operation(_ type: String, _ output: String, _ inputs: [(String, String)], _ more: [Argument] = []) -> MIL.Operation {
      MIL.Operation(
        type: type, inputs: inputs.map { Argument($0.0, [.name($0.1)]) } + more, outputs: [NamedType(output, value)],
        attributes: [Attribute("name", Constant(output))])
    }
    let operations = [
      constant("w", [4, 4, 3, 3], 2), constant("mean", [4], 3), constant("variance", [4], 4, offset: 0.5),
      constant("gamma", [4], 5), constant("beta", [4], 6),
      operation("conv", "c", [("x", "x"), ("weight", "w")], [Argument("pad_type", [.constant(Constant("same"))])]),
      operation(
        "batch_norm", "n", [("x", "c"), ("mean", "mean"), ("variance", "variance"), ("gamma", "gamma"), ("beta", "beta")]),
      operation("add", "s", [("x", "n"), ("y", "x")]), operation("relu", "y", [("x", "s")]),
    ]
    return Program(functions: [
      Function(inputs: [NamedType("x", value)], opset: .iOS16, block: Block(operations: operations, outputs: ["y"]))
    ])
  }

  /// [[1, 2, 3], [4, 5, 6]] transposed and flattened by rows is 1 4 2 5 3 6: the view must become a copy.
  @Test func transposesThatAreRead() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [2, 3]>) {
        t = transpose(x = x, perm = [1, 0])
        tensor<fp32, [6]> r = reshape(x = t, shape = [6])
        d = add(x = t, y = t)
      } -> (t, r, d)
      """)
    let out = try run(program, ["x": Tensor([Float]([1, 2, 3, 4, 5, 6]), shape: [2, 3])])
    #expect(out["t"]?.shape == [3, 2])
    #expect(out["t"]?.floats() == [1, 4, 2, 5, 3, 6])
    #expect(out["r"]?.floats() == [1, 4, 2, 5, 3, 6])
    #expect(out["d"]?.floats() == [2, 8, 4, 10, 6, 12])
  }

  @Test func aPlanForEachShape() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [?, 2]>) {
        y = relu(x = x)
      } -> (y)
      """)
    let executor = try Executor(program: program)
    for rows in [1, 3, 2, 3] {
      let x = random([rows, 2], seed: UInt64(rows))
      #expect(try executor.run(["x": x]).tensors["y"]?.floats() == x.floats().map { max($0, 0) })
    }
  }

  /// 300 · 300 = 90,000 is beyond fp16's 65,504.
  @Test func precisionShowsOverflow() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp16, [1]>) {
        s = square(x = x)
        y = sqrt(x = s)
      } -> (y)
      """)
    let x = ["x": Tensor([Float(300)]).cast(to: .float16)]
    #expect(try run(program, x)["y"]?.floats() == [300])
    #expect(try run(program, x, options: RuntimeOptions(precision: .float16))["y"]?.floats() == [.infinity])
  }

  @Test func wrongInputsAreNamed() throws {
    let program = try program("func main<iOS16>(x: tensor<fp32, [2]>) { y = relu(x = x) } -> (y)")
    let executor = try Executor(program: program)
    #expect(throws: RuntimeError.missingInput("x", expected: "tensor<fp32, [2]>")) { try executor.run([:]) }
    #expect(throws: RuntimeError.wrongInput("x", expected: "tensor<fp32, [2]>", found: "tensor<fp32, [3]>")) {
      try executor.run(["x": Tensor([Float]([1, 2, 3]))])
    }
    #expect(throws: RuntimeError.noFunction("other", known: ["main"])) { try Executor(program: program, function: "other") }
  }

  @Test func cancellationStopsARun() throws {
    let program = try program("func main<iOS16>(x: tensor<fp32, [2]>) { y = relu(x = x) } -> (y)")
    let executor = try Executor(program: program, isCancelled: { true })
    #expect(throws: RuntimeError.interrupted) { try executor.run(["x": Tensor([Float]([1, 2]))]) }
  }

  @Test func intermediatesCanBeFetched() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [2]>) {
        a = relu(x = x)
        b = square(x = a)
      } -> (b)
      """)
    let executor = try Executor(program: program)
    let out = try executor.run(["x": Tensor([Float]([-1, 3]))], outputs: ["a", "b"]).tensors
    #expect(out["a"]?.floats() == [0, 3])
    #expect(out["b"]?.floats() == [0, 9])
  }
}
