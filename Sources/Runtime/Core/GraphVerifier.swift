// SPDX-License-Identifier: Apache-2.0
// Checks the invariants that every pass must preserve.

import MIL
import Operators
import Tensors

extension Graph {
  /// Checks that each value is produced once and before it is read, that axis orders are permutations, and that no
  /// value is read after its memory has been overwritten by another value.
  ///
  /// - Parameter pass: the name of the last pass, for the error.
  /// - Throws: `RuntimeError.brokenGraph` for the first violation.
  package func verify(after pass: String) throws {
    do {
      try GraphVerifier(graph: self).run()
    } catch {
      throw RuntimeError.brokenGraph(pass: pass, problem: error.problem)
    }
  }
}

private struct GraphFault: Error {
  let problem: String
  init(_ problem: String) { self.problem = problem }
}

private struct GraphVerifier {
  let graph: Graph
  /// Whether each value has been produced or is an input.
  private var isMade: [Bool]
  /// The value that currently occupies the memory of each root.
  private var content: [Int?]

  init(graph: Graph) {
    self.graph = graph
    isMade = graph.values.map { $0.constant != nil }
    content = Array(repeating: nil, count: graph.values.count)
  }

  func run() throws(GraphFault) {
    var walk = self
    try walk.checkValues()
    for v in graph.inputs { try walk.make(v, by: "the inputs") }
    for node in graph.nodes {
      let name = walk.name(node)
      for v in node.reads { try walk.read(v, by: name) }
      guard !node.outputs.isEmpty || node.hasEffect else { throw GraphFault("\(name) gives nothing and does nothing") }
      for v in node.outputs { try walk.make(v, by: name) }
    }
    for v in graph.outputs { try walk.read(v, by: "the results") }
  }

  private func name(_ node: GraphNode) -> String { "\(node.call.operation.type) '\(node.call.operation.name)'" }

  private func checkValues() throws(GraphFault) {
    for (i, value) in graph.values.enumerated() {
      guard value.order.sorted() == Array(value.shape.indices) else {
        throw GraphFault("'\(value.name)' of shape \(value.shape) has the axes \(value.order)")
      }
      guard graph.values.indices.contains(value.root), graph.values[value.root].root == value.root else {
        throw GraphFault("'\(value.name)' lies where value \(value.root) does, which has no memory of its own")
      }
      if let constant = value.constant, constant.shape != value.shape || value.root != i {
        throw GraphFault("the constant '\(value.name)' of shape \(value.shape) is \(constant.shape), in value \(value.root)")
      }
    }
  }

  private mutating func make(_ v: Int, by maker: String) throws(GraphFault) {
    guard graph.values.indices.contains(v) else { throw GraphFault("\(maker) gives value \(v) of \(graph.values.count)") }
    guard !isMade[v] else { throw GraphFault("\(maker) gives '\(graph.values[v].name)' a second time") }
    isMade[v] = true
    content[graph.values[v].root] = v
  }

  private func read(_ v: Int, by reader: String) throws(GraphFault) {
    guard graph.values.indices.contains(v) else { throw GraphFault("\(reader) reads value \(v) of \(graph.values.count)") }
    let value = graph.values[v]
    if isMade[v] {
      guard value.constant != nil || content[value.root] == v else {
        let other = content[value.root].map { graph.values[$0].name } ?? "nothing"
        throw GraphFault("\(reader) reads '\(value.name)', which '\(other)' has been written over")
      }
      return
    }
    // No node produces a view. It is available as soon as its root is.
    guard value.root != v, content[value.root] != nil else { throw GraphFault("\(reader) reads '\(value.name)' before it is made") }
  }
}
