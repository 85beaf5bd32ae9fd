// SPDX-License-Identifier: Apache-2.0
// Programs that need more memory than there is end with an error.

import MIL
import Operators
import Runtime
import Tensors
import Testing

@Suite("Memory limits") struct MemoryLimitTests {
  private func text(of error: (any Error)?) -> String { error.map { "\($0)" } ?? "no error" }

  @Test func valuesThatDoNotFit() throws {
    let made = try program(
      """
      func main<iOS15>(x: tensor<fp32, [1, 2]>) {
        t = tile(x = x, reps = [2000000000, 50])
        e = exp(x = t)
        y = reduce_sum(x = e, axes = [0, 1], keep_dims = false)
      } -> (y)
      """)
    let executor = try Executor(program: made)
    let error = #expect(throws: RuntimeError.self) { try executor.run(["x": random([1, 2], seed: 1)]) }
    #expect(text(of: error).hasPrefix("the values of the program would take 800000 MB of memory at once"))
  }

  @Test func statesThatDoNotFit() throws {
    for shape in ["1000000, 1000000", "1099511627776, 1099511627776"] {
      let made = try program(
        "func main<iOS18>(x: tensor<fp32, [1]>, c: state<tensor<fp16, [\(shape)]>>) { y = exp(x = x) } -> (y)")
      let error = #expect(throws: RuntimeError.self) { try Executor(program: made) }
      #expect(text(of: error).hasPrefix("the states would take"))
    }
  }

  @Test func constantsThatDoNotFit() throws {
    let made = try program(
      """
      func main<iOS15>(x: tensor<fp32, [1]>) {
        f = fill(shape = [2000000000, 50], value = 1.0)
        s = reduce_sum(x = f, axes = [0, 1], keep_dims = false)
        y = add(x = x, y = s)
      } -> (y)
      """)
    let executor = try Executor(program: made)
    let error = #expect(throws: OperatorError.self) { try executor.run(["x": random([1], seed: 1)]) }
    #expect(text(of: error).contains("does not fit in memory"))
  }
}
