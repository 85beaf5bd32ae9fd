// SPDX-License-Identifier: Apache-2.0
// A sum behind a fully connected layer: found in the output's place, whether or not it is needed afterwards.

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

  /// The layer reads what is also added.
  @Test func summandIsTheInput() throws {
    #expect(try results("y = add(x = l, y = x)", "y")["y"]?.floats() == [12, 25, 16, 31, 20, 37])
  }

  @Test func moreBehindTheSum() throws {
    let made = try results("s = add(x = l, y = r)\n  y = mul(x = s, y = 2.0)", "y")
    #expect(made["y"]?.floats() == sum.map { 2 * $0 })
  }

  /// What the first run left in the shared place does not count.
  @Test func runsAgain() throws {
    let executor = try executor("y = add(x = l, y = r)", "y")
    for scale in [Float(1), -1, 2] {
      let scaled = Tensor(r.floats().map { scale * $0 }, shape: [3, 2])
      let expected = zip(sum, r.floats()).map { $0 - $1 + scale * $1 }
      #expect(try executor.run(["x": x, "r": scaled]).tensors["y"]?.floats() == expected)
    }
  }
}
