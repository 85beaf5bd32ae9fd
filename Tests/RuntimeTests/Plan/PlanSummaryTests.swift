// SPDX-License-Identifier: Apache-2.0
// The amounts of work and memory, computed by hand.

import Runtime
import Tensors
import Testing

@Suite struct PlanSummaryTests {
  /// Two products of [1, 4] with [8, 4] and [2, 8]: 2·32 + 2·16 operations; relu, fused, adds 8.
  @Test func workOfProducts() throws {
    let weights = { (n: Int) in (0..<n).map { "\($0)" }.joined(separator: ", ") }
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [1, 4]>) {
        a = linear(x = x, weight = tensor<fp32, [8, 4]>([\(weights(32))]))
        b = relu(x = a)
        y = linear(x = b, weight = tensor<fp32, [2, 8]>([\(weights(16))]))
      } -> (y)
      """)
    let summary = try Executor(program: program).summary(["x": random([1, 4], seed: 1)])
    #expect(summary.flops == 64 + 8 + 32)
    #expect(summary.steps == 2)
    #expect(summary.places.map(\.bytes).reduce(0, +) == summary.unshared)
    #expect(summary.unshared == (4 + 8 + 2) * 4)
    #expect(summary.places.allSatisfy { $0.offset + $0.bytes <= summary.arena })
    #expect(summary.places.filter { $0.first == -1 }.map(\.name) == ["x"])
  }

  /// The rows of a profile list every step, and their work adds up to that of the plan.
  @Test func profileAddsUp() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [2, 3]>, y: tensor<fp32, [3, 5]>) {
        z = matmul(x = x, y = y)
      } -> (z)
      """)
    let executor = try Executor(program: program)
    let inputs = ["x": random([2, 3], seed: 1), "y": random([3, 5], seed: 2)]
    let rows = try executor.profile(inputs, runs: 3)
    #expect(rows.map(\.flops) == [2 * 2 * 3 * 5])
    #expect(rows.map(\.bytes) == [(6 + 15 + 10) * 4])
    #expect(rows.map(\.runs) == [3])
    #expect(rows.allSatisfy { $0.gigaflops > 0 })
  }
}
