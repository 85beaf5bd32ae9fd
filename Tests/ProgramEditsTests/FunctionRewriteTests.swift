// SPDX-License-Identifier: Apache-2.0
// Rewrites of functions: names, nested blocks, states, values that only pass through.

import MIL
import Operators
import ProgramEdits
import Runtime
import Tensors
import Testing

struct FunctionRewriteTests {
  private func program(_ text: String) throws -> Program {
    try Program(text: text).inferringTypes()
  }

  private func rewriting(
    _ program: Program, _ body: FunctionRewrite.Body
  ) throws -> Program {
    var program = program
    program.functions[0] = try FunctionRewrite.apply(to: program.functions[0], body).function
    try program.verify()
    try program.checkTypes()
    return program
  }

  private func outputs(_ program: Program, _ inputs: [String: Tensor]) throws -> [String: Tensor] {
    let executor = try Executor(program: program)
    return try executor.run(inputs, state: executor.makeState()).compactMapValues { if case .tensor(let t) = $0 { t } else { nil } }
  }

  private static let branches = """
    func main<iOS16>(p: tensor<bool, []>, x: tensor<fp32, [3]>) {
      tensor<fp32, [3]> a = relu(x = x)
      tensor<fp32, [3]> c = cond(pred = p)
        block () { tensor<fp32, [3]> d = relu(x = a)
                   tensor<fp32, [3]> e = exp(x = d) } -> (e)
        block () { tensor<fp32, [3]> f = relu(x = x) } -> (f)
      tensor<fp32, [3]> y = relu(x = c)
    } -> (y, a)
    """

  /// relu(x) = x · (x > 0) as two or three operations, in the function and in both branches.
  @Test func nestedBlocksAreRewrittenAndNamesStay() throws {
    let before = try program(Self.branches)
    var seen: [String] = []
    let after = try rewriting(before) { operation, emitter in
      guard operation.type == "relu", let name = operation.bindings("x")?.first?.name else { return nil }
      seen.append(operation.name)
      let x = try emitter.value(name)
      return [try emitter.emit("maximum", ["x": x, "y": Float(0)])]
    }
    #expect(seen == ["a", "d", "f", "y"])
    var types: [String: String] = [:]
    after.functions[0].block.forEachOperation { _, operation in types[operation.name] = operation.type }
    #expect(types == ["a": "maximum", "c": "cond", "d": "maximum", "e": "exp", "f": "maximum", "y": "maximum"])
    for p in [true, false] {
      let inputs = ["p": Tensor(scalar: p), "x": Tensor([-1, 0.5, 2] as [Float])]
      #expect(try outputs(after, inputs) == outputs(before, inputs))
    }
  }

  /// The operand itself: its users read it, and outputs of the function keep their names.
  @Test func operandsMayStandInForResults() throws {
    let before = try program(Self.branches)
    let after = try rewriting(before) { operation, emitter in
      guard operation.type == "relu", let name = operation.bindings("x")?.first?.name else { return nil }
      return [try emitter.value(name)]
    }
    var count = 0
    after.functions[0].block.forEachOperation { _, operation in count += operation.type == "relu" ? 1 : 0 }
    #expect(count == 0 && after.functions[0].block.outputs == ["y", "a"])
    let x = Tensor([-1, 0.5, 2] as [Float])
    let positive = try outputs(after, ["p": Tensor(scalar: false), "x": x])
    #expect(positive["y"] == x && positive["a"] == x)
    let exponential = try outputs(after, ["p": Tensor(scalar: true), "x": x])
    #expect(exponential["y"]?.floats()[2] == 7.389056)
  }

  @Test func loopsAndStatesStay() throws {
    let before = try program(
      """
      func main<CoreML8>(s: state<tensor<fp16, [2]>>, n: tensor<int32, []>, x: tensor<fp16, [2]>) {
        tensor<fp16, [2]> old = read_state(input = s)
        tensor<fp16, [2]> sum = add(x = old, y = x)
        tensor<fp16, [2]> new = coreml_update_state(state = s, value = sum)
        tensor<int32, []> k, tensor<fp16, [2]> y = while_loop(loop_vars = (n, new))
          block(i: tensor<int32, []>, u: tensor<fp16, [2]>) {
            tensor<bool, []> go = greater(x = i, y = tensor<int32, []>(0))
          } -> (go)
          block(j: tensor<int32, []>, v: tensor<fp16, [2]>) {
            tensor<int32, []> less = sub(x = j, y = tensor<int32, []>(1))
            tensor<fp16, [2]> twice = add(x = v, y = v)
          } -> (less, twice)
      } -> (y)
      """)
    let after = try rewriting(before) { operation, emitter in
      guard operation.name == "twice", let name = operation.bindings("x")?.first?.name else { return nil }
      let v = try emitter.value(name)
      return [try emitter.emit("mul", ["x": v, "y": Tensor(scalar: Float(2)).cast(to: .float16)])]
    }
    #expect(after != before)
    for program in [before, after] {
      let executor = try Executor(program: program)
      let state = executor.makeState()
      var last: [Float] = []
      for _ in 0..<2 {
        let inputs = ["n": Tensor(scalar: Int32(3)), "x": Tensor([1, 2] as [Float]).cast(to: .float16)]
        if case .tensor(let y)? = try executor.run(inputs, state: state)["y"] { last = y.floats() }
      }
      // Twice 1 and 2, doubled three times.
      #expect(last == [16, 32])
    }
  }

  @Test func whatDoesNotFitIsAnError() throws {
    let before = try program(Self.branches)
    #expect(throws: ProgramEditError.self) {
      try rewriting(before) { operation, emitter in
        operation.name == "a" ? [try emitter.emit("reduce_sum", ["x": try emitter.value("x"), "keep_dims": true])] : nil
      }
    }
    #expect(throws: ProgramEditError.self) { try rewriting(before) { operation, _ in operation.name == "a" ? [] : nil } }
    #expect(throws: OperatorError.self) {
      try rewriting(before) { operation, emitter in
        operation.name == "a" ? [try emitter.emit("matmul", ["x": try emitter.value("p")])] : nil
      }
    }
    // Nothing emitted for an operation that is kept stays behind.
    let same = try rewriting(before) { operation, emitter in
      _ = try emitter.emit("exp", ["x": try emitter.value("x")])
      return nil
    }
    #expect(same == before)
  }

  @Test func passesChangeNoResult() throws {
    let before = try program(
      """
      func main<iOS16>(x: tensor<fp32, [2, 3]>) {
        tensor<fp32, [2]> k = add(x = tensor<fp32, [2]>([1, 2]), y = tensor<fp32, [2]>([3, 4]))
        tensor<fp32, [3, 2]> t = transpose(x = x, perm = tensor<int32, [2]>([1, 0]))
        tensor<fp32, [3, 2]> u = identity(x = t)
        tensor<fp32, [3, 2]> v = add(x = u, y = k)
        tensor<fp32, [2, 3]> dead = exp(x = x)
        tensor<fp32, [2, 3]> w = transpose(x = u, perm = tensor<int32, [2]>([-1, 0]))
        tensor<fp32, [2, 3]> y = relu(x = w)
      } -> (v, y)
      """)
    var after = before
    after.functions[0] = try before.functions[0].optimized()
    try after.verify()
    try after.checkTypes()
    let types = after.functions[0].block.operations.map(\.type)
    #expect(types.sorted() == ["add", "const", "relu", "transpose"])
    let inputs = ["x": Tensor([1, -2, 3, 4, -5, 6] as [Float], shape: [2, 3])]
    #expect(try outputs(after, inputs) == outputs(before, inputs))
    #expect(try after.functions[0].optimized() == after.functions[0])
  }
}
