// SPDX-License-Identifier: Apache-2.0
// A sum after a fully connected layer is computed in the memory of the output, whether or not the operand is needed
// afterwards.

import MIL
import Runtime
import Tensors
import Testing

@Suite struct ResidualSumTests {
  private let x = Tensor([Float]([1, 2, 3, 4, 5, 6]), shape: [3, 2])
  private let r = Tensor([Float]([100, 200, 300, 400, 500, 600]), shape: [3, 2])

  private func executor(_ rest: String, _ outputs: String) throws -> Executor {
    try Executor(
      program: program(
        """
        func main<iOS16>(x: tensor<fp32, [3, 2]>, r: tensor<fp32, [3, 2]>) {
          l = linear(x = x, weight = tensor<fp32, [2, 2]>([1, 0, 1, 1]), bias = tensor<fp32, [2]>([10, 20]))
          \(rest)
        } -> (\(outputs))
        """))
  }

  private func results(_ rest: String, _ outputs: String) throws -> [String: Tensor] {
    try executor(rest, outputs).run(["x": x, "r": r]).tensors
  }

  /// [x₀ + 10, x₀ + x₁ + 20] and r.
  private let sum: [Float] = [111, 223, 313, 427, 515, 631]

  @Test func lastUseOfTheSummand() throws {
    #expect(try results("y = add(x = l, y = r)", "y")["y"]?.floats() == sum)
    #expect(try results("y = add(x = r, y = l)", "y")["y"]?.floats() == sum)
  }

  @Test func summandNeededAfterwards() throws {
    let made = try results("y = add(x = l, y = r)\n  z = add(x = y, y = r)", "y, z")
    #expect(made["y"]?.floats() == sum)
    #expect(made["z"]?.floats() == zip(sum, r.floats()).map { $0 + $1 })
  }

  /// The layer's input is also the operand of the sum.
  @Test func summandIsTheInput() throws {
    #expect(try results("y = add(x = l, y = x)", "y")["y"]?.floats() == [12, 25, 16, 31, 20, 37])
  }

  /// The same with a product that is so large that results are stored before it is finished: every element is the sum
  /// of its row and itself.
  @Test func summandIsTheInputOfALargeProduct() throws {
    let (rows, width) = (192, 320)
    let ones = Tensor([Float](repeating: 1, count: width * width), shape: [width, width])
    let l = MIL.Operation(
      type: "linear", inputs: [Argument("x", [.name("x")]), Argument("weight", [.name("w")])],
      outputs: [NamedType("l", .tensor(.float32, [rows, width]))], attributes: [Attribute("name", Constant("l"))])
    let y = MIL.Operation(
      type: "add", inputs: [Argument("x", [.name("l")]), Argument("y", [.name("x")])],
      outputs: [NamedType("y", .tensor(.float32, [rows, width]))], attributes: [Attribute("name", Constant("y"))])
    let executor = try Executor(
      program: Program(functions: [
        Function(
          inputs: [NamedType("x", .tensor(.float32, [rows, width]))], opset: .iOS16,
          block: Block(operations: [.const("w", Constant(ones)), l, y], outputs: ["y"]))
      ]))
    let values = (0..<rows * width).map { Float($0 % 7) }
    let expected = (0..<rows * width).map { at in
      values[at] + values[at / width * width..<(at / width + 1) * width].reduce(0, +)
    }
    #expect(try executor.run(["x": Tensor(values, shape: [rows, width])]).tensors["y"]?.floats() == expected)
  }

  /// The operand of the sum is read again afterwards.
  @Test func summandIsAlsoAFactor() throws {
    let made = try results("s = add(x = l, y = r)\n  y = mul(x = s, y = r)", "y")
    #expect(made["y"]?.floats() == zip(sum, r.floats()).map { $0 * $1 })
  }

  @Test func moreBehindTheSum() throws {
    let made = try results("s = add(x = l, y = r)\n  y = mul(x = s, y = 2.0)", "y")
    #expect(made["y"]?.floats() == sum.map { 2 * $0 })
  }

  /// The content of shared memory after the first run does not affect the second.
  @Test func runsAgain() throws {
    let executor = try executor("y = add(x = l, y = r)", "y")
    for scale in [Float(1), -1, 2] {
      let scaled = Tensor(r.floats().map { scale * $0 }, shape: [3, 2])
      let expected = zip(sum, r.floats()).map { $0 - $1 + scale * $1 }
      #expect(try executor.run(["x": x, "r": scaled]).tensors["y"]?.floats() == expected)
    }
  }
}
