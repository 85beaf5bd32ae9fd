// SPDX-License-Identifier: Apache-2.0

import MIL
import Runtime
import Tensors
import Testing

/// Shapes that depend on values, loops, branches and states.
@Suite struct DynamicTests {
  /// The positions of the nonzero elements of [0, 5, 0, 7] are 1 and 3.
  @Test func shapesThatDependOnData() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [4]>) {
        n = non_zero(x = x)
        f = cast(x = n, dtype = "fp32")
        y = add(x = f, y = 10.0)
      } -> (y)
      """)
    let executor = try Executor(program: program)
    let first = try executor.run(["x": Tensor([Float]([0, 5, 0, 7]))]).tensors["y"]
    #expect(first?.shape == [2, 1])
    #expect(first?.floats() == [11, 13])
    #expect(try executor.run(["x": Tensor([Float]([1, 0, 0, 0]))]).tensors["y"]?.floats() == [10])
  }

  @Test func rangesFromValues() throws {
    let program = try program(
      """
      func main<iOS16>(n: tensor<int32, [1]>) {
        tensor<int32, []> e = squeeze(x = n)
        r = range_1d(start = 0, end = e, step = 1)
        y = mul(x = r, y = r)
      } -> (y)
      """)
    let executor = try Executor(program: program)
    for n in [4, 2, 4] {
      let out = try executor.run(["n": Tensor([Int32(n)])]).tensors["y"]
      #expect(out?.integers() == (0..<n).map { $0 * $0 })
    }
  }

  /// i = 0, s = x; while i < 3: i += 1, s = s · 2.
  private let loop = """
    func main<iOS16>(x: tensor<fp32, [2]>) {
      i = 0
      tensor<int32, []> j, tensor<fp32, [2]> y = while_loop(loop_vars = (i, x))
        block (a: tensor<int32, []>, b: tensor<fp32, [2]>) { tensor<bool, []> c = less(x = a, y = 3) } -> (c)
        block (a: tensor<int32, []>, b: tensor<fp32, [2]>) {
          tensor<int32, []> n = add(x = a, y = 1)
          tensor<fp32, [2]> m = add(x = b, y = b)
        } -> (n, m)
    } -> (y)
    """

  @Test func loops() throws {
    let out = try run(try program(loop), ["x": Tensor([Float]([1, -2]))])
    #expect(out["y"]?.floats() == [8, -16])
  }

  @Test func branches() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [2]>) {
        tensor<fp32, []> s = reduce_sum(x = x, axes = [0], keep_dims = false)
        tensor<bool, []> p = greater(x = s, y = 0.0)
        tensor<fp32, [2]> y = cond(pred = p)
          block () { tensor<fp32, [2]> a = square(x = x) } -> (a)
          block () { tensor<fp32, [2]> b = abs(x = x) } -> (b)
      } -> (y)
      """)
    let executor = try Executor(program: program)
    #expect(try executor.run(["x": Tensor([Float]([3, -2]))]).tensors["y"]?.floats() == [9, 4])
    #expect(try executor.run(["x": Tensor([Float]([-3, 2]))]).tensors["y"]?.floats() == [3, 2])
  }

  /// acc = acc + x at each call.
  @Test func statesOutliveAPrediction() throws {
    let state = ValueType.state(.tensor(.float32, [2]))
    let value = ValueType.tensor(.float32, [2])
    func operation(_ type: String, _ inputs: [(String, String)], _ output: String?) -> MIL.Operation {
      MIL.Operation(
        type: type, inputs: inputs.map { Argument($0.0, [.name($0.1)]) }, outputs: output.map { [NamedType($0, value)] } ?? [],
        attributes: [Attribute("name", Constant(output ?? type))])
    }
    let program = Program(functions: [
      Function(
        inputs: [NamedType("x", value), NamedType("acc", state)], opset: .iOS18,
        block: Block(
          operations: [
            operation("read_state", [("input", "acc")], "old"), operation("add", [("x", "old"), ("y", "x")], "y"),
            operation("write_state", [("input", "acc"), ("data", "y")], nil),
          ], outputs: ["y"]))
    ])
    let executor = try Executor(program: program)
    let memory = try #require(executor.makeState())
    let x = ["x": Tensor([Float]([1, 10]))]
    #expect(try executor.run(x, state: memory).tensors["y"]?.floats() == [1, 10])
    #expect(try executor.run(x, state: memory).tensors["y"]?.floats() == [2, 20])
    #expect(memory.read("acc")?.floats() == [2, 20])
    let other = try #require(executor.makeState())
    #expect(try executor.run(x, state: other).tensors["y"]?.floats() == [1, 10])
    #expect(throws: RuntimeError.stateNeeded(["acc"])) { try executor.run(x) }
  }
}
