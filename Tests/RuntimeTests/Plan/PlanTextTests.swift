// SPDX-License-Identifier: Apache-2.0
// The text of a plan, and that plans are identical in every process.

import Runtime
import Tensors
import Testing

@Suite("Plan text") struct PlanTextTests {
  /// Two products, the second with a fused sum and relu: neither operand of the sum is needed afterwards, and the
  /// first one in signature order is overwritten.
  @Test func stepsWithWhatIsFusedIntoThem() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [2, 4]>) {
        a = softmax(x = x)
        b = linear(x = x, weight = tensor<fp32, [4, 4]>([0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]))
        s = add(x = a, y = b)
        y = relu(x = s)
      } -> (y)
      """)
    let text = try Executor(program: program).summary(["x": random([2, 4], seed: 1)]).text
    #expect(text.inputs.map(\.name) == ["x"] && text.results.map(\.name) == ["y"] && text.awaited.isEmpty)
    #expect(text.lines.map(\.operation) == ["softmax", "linear"])
    #expect(text.lines.map { $0.fused.map(\.function) } == [[], ["add", "relu"]])
    #expect(text.lines[1].fused[0].operand?.name == "a")
    let lines = text.description.split(separator: "\n").map(String.init)
    #expect(lines.count == 5)
    #expect(lines[0] == "passes: " + Plan.passes.map(\.name).joined(separator: ", "))
    #expect(lines[1].hasPrefix("input   x @"))
    #expect(lines[2].hasPrefix("0       a @"))
    #expect(lines[3].contains("= linear(x: x @") && lines[3].contains(", then add a @") && lines[3].contains(", then relu ["))
    #expect(lines[4].hasPrefix("result  y @"))
  }

  /// The text shows channels-last layout, and the transpose that became a view.
  @Test func layouts() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [1, 2, 4, 4]>) {
        m = max_pool(x = x, kernel_sizes = [2, 2], strides = [2, 2])
        t = transpose(x = m, perm = [0, 2, 3, 1])
        y = softmax(x = t)
      } -> (y)
      """)
    let text = try Executor(program: program).summary(["x": random([1, 2, 4, 4], seed: 1)]).text
    #expect(text.lines.map(\.operation) == ["reorder", "max_pool", "softmax"])
    #expect(text.lines[1].results[0].order == [0, 2, 3, 1])
    #expect(text.lines[2].reads.map(\.value.order) == [[0, 1, 2, 3]])
    #expect("\(text.lines[1])".contains("m @") && "\(text.lines[1])".contains("fp32 [1, 2, 2, 2] axes 0231 = max_pool(x: x @"))
  }

  /// If two operands of a sum are not needed afterwards, the first one is overwritten, regardless of hashing.
  @Test func theFirstOperandGivesUpItsPlace() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [8]>, z: tensor<fp32, [8]>) {
        a = cumsum(x = x)
        b = cumsum(x = z)
        d = cumsum(x = x)
        e = cumsum(x = z)
        y = maximum(x = b, y = a)
        w = maximum(x = d, y = e)
      } -> (y, w)
      """)
    let text = try Executor(program: program).summary(["x": random([8], seed: 1), "z": random([8], seed: 2)]).text
    func place(_ name: String) throws -> PlanText.Place {
      try #require(text.lines.flatMap(\.results).first { $0.name == name }).place
    }
    #expect(try place("y") == place("b") && place("w") == place("d"))
  }

  @Test func whatIsWaitedFor() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [4]>) {
        r = relu(x = x)
        n = non_zero(x = r)
        y = cast(x = n, dtype = "fp32")
      } -> (y)
      """)
    let text = try Executor(program: program).summary(["x": random([4], seed: 1)]).text
    #expect(text.awaited == ["r"])
    #expect(text.description.hasSuffix("the rest is planned while the program runs: it waits for r"))
  }
}
