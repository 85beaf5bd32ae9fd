// SPDX-License-Identifier: Apache-2.0
// The passes over a graph: the list, the effect of each, and the detection of invalid graphs.

import MIL
import Operators
import Runtime
import Tensors
import Testing

@Suite("Passes") struct PassTests {
  private static var verifying: RuntimeOptions {
    var options = RuntimeOptions()
    options.verifiesPasses = true
    return options
  }

  @Test func theList() {
    let names = [
      "fold scales into weights", "recognize gated activations", "read codes", "fuse post-operations", "gate gradients", "write codes",
      "read parts of caches", "remove dead nodes", "assign layouts", "share memory in place", "keep results apart from states",
    ]
    #expect(Plan.passes.map(\.name) == names)
    let half = RuntimeOptions(precision: .float16)
    #expect(Plan.passes.filter { $0.condition(half) }.map(\.name) == Array(names[6...]))
    #expect(Plan.passes.allSatisfy { $0.condition(RuntimeOptions()) })
  }

  /// Fusion, folding, layouts, views and in-place sharing together, with a value that is read twice.
  @Test func graphsAreSoundAfterEveryPass() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [1, 2, 4, 4]>) {
        c = conv(x = x, weight = tensor<fp32, [2, 2, 1, 1]>([1, 2, 3, 4]))
        n = batch_norm(x = c, mean = tensor<fp32, [2]>([0, 1]), variance = tensor<fp32, [2]>([1, 4]))
        g = sigmoid(x = n)
        s = mul(x = n, y = g)
        t = transpose(x = s, perm = [0, 2, 3, 1])
        f = reshape(x = t, shape = [1, 32])
        a = add(x = f, y = f)
        m = max_pool(x = s, kernel_sizes = [2, 2], strides = [2, 2])
      } -> (a, m)
      """)
    let x = random([1, 2, 4, 4], seed: 3)
    let found = try run(program, ["x": x], options: Self.verifying)
    let apart = try run(program, ["x": x], options: RuntimeOptions(precision: .float16))
    for (name, value) in apart { #expect(distance(try #require(found[name]), value) < 1e-6, "\(name)") }
  }

  // MARK: Broken graphs

  /// `y = relu(x); z = relu(y)`
  private static func chain() throws -> Graph {
    var graph = Graph()
    let values = ["x", "y", "z"].map { graph.add($0, .float32, [2, 3]) }
    graph.inputs = [values[0]]
    for i in 1...2 { graph.nodes.append(try relu(values[i - 1], values[i])) }
    graph.outputs = [values[2]]
    return graph
  }

  private static func relu(_ x: Int, _ y: Int) throws -> GraphNode {
    let op = try #require(Catalog.find(named: "relu"))
    let operation = Operation(type: "relu", outputs: [], attributes: [Attribute("name", Constant("r\(y)"))])
    let call = Call(operation: operation, opset: .iOS16, signature: op.signature, operands: [:])
    return GraphNode(work: .operator(op), call: call, inputs: ["x": [x]], outputs: [y])
  }

  private static func fault(_ change: (inout Graph) throws -> Void) throws -> String {
    var graph = try chain()
    try graph.verify(after: "nothing")
    try change(&graph)
    let error = #expect(throws: RuntimeError.self) { try graph.verify(after: "change") }
    return error.map { "\($0)" } ?? ""
  }

  @Test func brokenGraphsAreFound() throws {
    #expect(try Self.fault { $0.nodes.swapAt(0, 1) } == "after the pass 'change': relu 'r2' reads 'y' before it is made")
    #expect(try Self.fault { $0.nodes.remove(at: 0) }.hasSuffix("relu 'r2' reads 'y' before it is made"))
    #expect(try Self.fault { $0.nodes[1].outputs = [1] }.hasSuffix("relu 'r2' gives 'y' a second time"))
    #expect(try Self.fault { $0.nodes[1].outputs = [] }.hasSuffix("relu 'r2' gives nothing and does nothing"))
    #expect(try Self.fault { $0.nodes[1].inputs = ["x": [9]] }.hasSuffix("reads value 9 of 3"))
    #expect(try Self.fault { $0.values[1].order = [0, 0] }.hasSuffix("'y' of shape [2, 3] has the axes [0, 0]"))
    #expect(try Self.fault { $0.values[2].root = 7 }.contains("no memory of its own"))
    #expect(try Self.fault { $0.values[1].constant = Tensor([1, 2] as [Float]) }.contains("the constant 'y' of shape [2, 3] is [2]"))
    #expect(
      try Self.fault {
        $0.outputs = [0, 2]; $0.values[1].root = 0
      }.hasSuffix("the results reads 'x', which 'y' has been written over"))
    #expect(
      try Self.fault {
        $0.outputs = [0, 2]; $0.values[2].root = 0
      }.hasSuffix("the results reads 'x', which 'z' has been written over"))
  }

  /// In a chain each result may overwrite its predecessor, and a view shares the memory of its source.
  @Test func soundGraphsAreNotComplainedOf() throws {
    var graph = try Self.chain()
    graph.values[1].root = 0
    graph.values[2].root = 0
    try graph.verify(after: "sharing")
    let view = graph.add("v", .float32, [6])
    graph.values[view].root = 0
    graph.outputs = [view]
    try graph.verify(after: "a view")
  }

  /// The error names the pass that breaks the graph.
  @Test func thePassIsNamed() throws {
    let graph = try Self.chain()
    #expect(throws: Never.self) { try graph.rewritten(Self.verifying) }
    var broken = graph
    broken.nodes.swapAt(0, 1)
    #expect(throws: RuntimeError.self) { try broken.rewritten(Self.verifying, passes: []) }
    var unverified = RuntimeOptions()
    unverified.verifiesPasses = false
    #expect(throws: Never.self) { try broken.rewritten(unverified, passes: []) }
  }
}
