// SPDX-License-Identifier: Apache-2.0
// Channels that are removed with all that depends on them.

import MIL
import Operators
import Runtime
import Structure
import Tensors
import Testing

@Suite("Slimming") struct SlimmingTests {
  private func parsed(_ text: String) throws -> Program {
    try Program(text: text) { operation, types in
      if let value = operation.constantValue { return [value.type] }
      let op = try Catalog.find(operation)
      return try op.infer(try Call(operation, opset: .iOS16) { name in types[name].map { Operand(name: name, type: $0) } })
    }
  }

  private func run(_ function: Function, _ x: Tensor) throws -> [Float] {
    guard case .tensor(let y)? = try Executor(program: Program(functions: [function])).run(["x": x])["y"] else { return [] }
    return y.floats()
  }

  /// Two layers; row 1 and row 3 of the first are the smallest, and row 3 is zero.
  private static let chain = """
    func main<iOS16>(x: tensor<fp32, [1, 2]>) {
      w = const()[val = tensor<fp32, [4, 2]>([5, 1, 0.1, 0.2, -3, 4, 0, 0])]
      b = const()[val = tensor<fp32, [4]>([1, 2, 3, 4])]
      h = linear(x = x, weight = w, bias = b)
      a = relu(x = h)
      v = const()[val = tensor<fp32, [2, 4]>([1, 2, 3, 4, 5, 6, 7, 8])]
      y = linear(x = a, weight = v)
    } -> (y)
    """

  @Test func theSmallestRowsGo() throws {
    let function = try parsed(Self.chain).functions[0]
    let slim = try function.slimmed(SlimmingOptions(ratio: 0.5))
    #expect(slim.removed == 2 && slim.removable == 4)
    #expect(slim.changes["w"]?.after == [2, 2] && slim.changes["b"]?.after == [2] && slim.changes["v"]?.after == [2, 2])
    // Rows 0 and 2 stay: relu(5 + 1 + 1), relu(-3 + 4 + 3) times the columns 0 and 2 of v.
    #expect(try run(slim.function, Tensor([1, 1] as [Float], shape: [1, 2])) == [7 + 12, 35 + 28])
    try Program(functions: [slim.function]).verify()
  }

  @Test func channelsOfASumGoTogetherOrNotAtAll() throws {
    let function = try parsed(
      """
      func main<iOS16>(x: tensor<fp32, [1, 3, 4, 4]>) {
        w = const()[val = tensor<fp32, [4, 3, 1, 1]>([1, 1, 1, 2, 2, 2, 3, 3, 3, 4, 4, 4])]
        a = conv(x = x, weight = w)
        v = const()[val = tensor<fp32, [4, 4, 1, 1]>([1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1])]
        c = conv(x = a, weight = v)
        s = add(x = a, y = c)
        u = const()[val = tensor<fp32, [2, 4, 1, 1]>([1, 1, 1, 1, 1, 2, 3, 4])]
        y = conv(x = s, weight = u)
      } -> (y)
      """
    ).functions[0]
    let slim = try function.slimmed(SlimmingOptions(ratio: 0.5))
    #expect(
      slim.changes["w"]?.after == [2, 3, 1, 1] && slim.changes["v"]?.after == [2, 2, 1, 1] && slim.changes["u"]?.after == [2, 2, 1, 1])
    try Program(functions: [slim.function]).verify()
    var options = SlimmingOptions(ratio: 0.5)
    options.includesShared = false
    #expect(try function.slimmed(options).removed == 0)
  }

  @Test func outputsKeepTheirShapes() throws {
    let function = try parsed(
      """
      func main<iOS16>(x: tensor<fp32, [1, 2]>) {
        w = const()[val = tensor<fp32, [4, 2]>([1, 2, 3, 4, 5, 6, 7, 8])]
        y = linear(x = x, weight = w)
      } -> (y)
      """
    ).functions[0]
    #expect(try function.slimmed(SlimmingOptions(ratio: 0.9)).removed == 0)
  }

  @Test func multiplesAndMeans() throws {
    let function = try parsed(Self.chain).functions[0]
    var options = SlimmingOptions(ratio: 0.25)
    options.multiple = 2
    #expect(try function.slimmed(options).changes["w"]?.after[0].isMultiple(of: 2) ?? true)
    // The mean of what is removed goes into the bias of its reader: the removed channels always give 2.2 and 4 for this input.
    options = SlimmingOptions(ratio: 0.5)
    let moments = ChannelMoments(means: [0, 2.3, 0, 4], squares: [9, 1, 9, 1])
    let slim = try function.slimmed(options) { value, _ in value == "a" ? moments : nil }
    let y = try run(slim.function, Tensor([1, 1] as [Float], shape: [1, 2]))
    let whole = try run(function, Tensor([1, 1] as [Float], shape: [1, 2]))
    for (a, b) in zip(y, whole) { #expect(abs(a - b) < 1e-3) }
  }
}
