// SPDX-License-Identifier: Apache-2.0
// A value times its sigmoid runs as a single activation with the same results.

import Foundation
import MIL
import Runtime
import Tensors
import TestSupport
import Testing

@Suite("Gated activations") struct GatedActivationTests {
  private static let values: [Float] = [-7, -3.5, -3, -2.9, -1, 0, 0.5, 2.9, 3, 8]

  /// There is a single step, whose results equal those of separate steps up to the rounding of a few operations.
  private func check(_ body: String, operation: String, _ expected: (Float) -> Float) throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [10]>) {
      \(body)
      } -> (y)
      """)
    let x = Tensor(Self.values)
    let executor = try Executor(program: program)
    let found = try #require(try executor.run(["x": x]).tensors["y"]?.floats())
    for (a, b) in try pairs(found, Self.values.map(expected)) { #expect(abs(a - b) <= 1e-6 * max(1, abs(b)), "\(found)") }
    #expect(try executor.profile(["x": x], runs: 1).map(\.operation) == [operation])
  }

  @Test func hardSwish() throws {
    // x · min(max(x/6 + 1/2, 0), 1): 0 up to -3, x from 3 on, -1/3 at -1, 0.5 · 3.5/6 at 0.5.
    func expected(_ x: Float) -> Float { x * min(max(x / 6 + 0.5, 0), 1) }
    try check(
      """
        g = sigmoid_hard(x = x, alpha = 0.16666667, beta = 0.5)
        y = mul(x = x, y = g)
      """, operation: "sigmoid_hard", expected)
    try check(
      """
        t = thresholded_relu(x = x, alpha = -3.0)
        g = sigmoid_hard(x = t, alpha = 0.16666667, beta = 0.5)
        y = mul(x = g, y = t)
      """, operation: "sigmoid_hard", expected)
  }

  @Test func silu() throws {
    try check(
      """
        g = sigmoid(x = x)
        y = mul(x = g, y = x)
      """, operation: "sigmoid"
    ) { $0 / (1 + exp(-$0)) }
  }

  /// A clamp above -3 changes results, so it is not removed.
  @Test func aCutThatMattersStays() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [3]>) {
        t = thresholded_relu(x = x, alpha = -1.0)
        g = sigmoid_hard(x = t, alpha = 0.16666667, beta = 0.5)
        y = mul(x = g, y = t)
      } -> (y)
      """)
    // -2 is cut; -1 and 3 are not: -1 · 1/3 and 3 · 1.
    let y = try run(program, ["x": Tensor([Float(-2), -1, 3])])["y"]?.floats()
    #expect(y?[0] == 0 && abs((y?[1] ?? 0) + 1 / 3) < 1e-6 && y?[2] == 3)
  }

  /// A gate with other readers is computed separately.
  @Test func aGateThatIsReadStays() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [2]>) {
        g = sigmoid(x = x)
        y = mul(x = x, y = g)
      } -> (g, y)
      """)
    let out = try run(program, ["x": Tensor([Float(0), 100])])
    #expect(out["g"]?.floats() == [0.5, 1] && out["y"]?.floats() == [0, 100])
  }
}
