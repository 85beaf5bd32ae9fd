// SPDX-License-Identifier: Apache-2.0
// Loop variables between iterations.

import MIL
import Runtime
import Tensors
import Testing

@Suite struct LoopTests {
  private func loop(_ body: String, _ results: String) throws -> Program {
    try program(
      """
      func main<iOS16>(n: tensor<int32, [1]>, a: tensor<fp32, [2]>, b: tensor<fp32, [2]>) {
        tensor<int32, [1]> k, tensor<fp32, [2]> p, tensor<fp32, [2]> q = while_loop(loop_vars = (n, a, b))
          block(i: tensor<int32, [1]>, u: tensor<fp32, [2]>, v: tensor<fp32, [2]>) {
            tensor<bool, [1]> go = greater(x = i, y = tensor<int32, [1]>([0]))
          } -> (go)
          block(j: tensor<int32, [1]>, s: tensor<fp32, [2]>, t: tensor<fp32, [2]>) {
            tensor<int32, [1]> less = sub(x = j, y = tensor<int32, [1]>([1]))
            \(body)
          } -> (less, \(results))
      } -> (k, p, q)
      """)
  }

  private func outcome(_ program: Program, turns: Int32) throws -> [[Float]] {
    let out = try run(
      program,
      ["n": Tensor([turns], shape: [1]), "a": Tensor([Float]([1, 2]), shape: [2]), "b": Tensor([Float]([10, 20]), shape: [2])])
    return try ["p", "q"].map { try #require(out[$0]).floats() }
  }

  /// Variables are swapped: each result is in the memory of the other variable.
  @Test(arguments: [(0, false), (1, true), (4, false), (5, true)] as [(Int32, Bool)])
  func exchange(turns: Int32, isSwapped: Bool) throws {
    let results = try outcome(loop("", "t, s"), turns: turns)
    #expect(results == (isSwapped ? [[10, 20], [1, 2]] : [[1, 2], [10, 20]]))
  }

  /// Fibonacci's step: (a, b) → (b, a + b); from 1 and 10: 10 11, 11 21, 21 32.
  @Test func sums() throws {
    let program = try loop("tensor<fp32, [2]> sum = add(x = s, y = t)", "t, sum")
    #expect(try outcome(program, turns: 3) == [[21, 42], [32, 64]])
  }

  /// A variable that is updated in place, and one that becomes a constant.
  @Test func ownPlaceAndConstant() throws {
    let program = try loop(
      """
      tensor<fp32, [2]> more = add(x = s, y = s)
      tensor<fp32, [2]> seven = identity(x = tensor<fp32, [2]>([7, 8]))
      """, "more, seven")
    #expect(try outcome(program, turns: 3) == [[8, 16], [7, 8]])
    #expect(try outcome(program, turns: 0) == [[1, 2], [10, 20]])
  }
}
