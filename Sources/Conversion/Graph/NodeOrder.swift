// SPDX-License-Identifier: Apache-2.0
// The order in which nodes are converted.

import MIL
import ONNXFiles
import Operators
import Tensors

/// Orders the nodes of a graph so that every value is made before it is read. Nodes that no output needs are left out.
enum NodeOrder {
  /// - Throws: `ConversionError.invalid` for a cycle, and for a value that two nodes make.
  static func sorted(_ nodes: [ONNXNode], needed outputs: [String], path: String) throws -> [ONNXNode] {
    var makers: [String: Int] = [:]
    for (i, node) in nodes.enumerated() {
      for name in node.outputs where !name.isEmpty {
        guard makers.updateValue(i, forKey: name) == nil else {
          throw ConversionError.invalid(path: path, detail: "two nodes make the value '\(name)'")
        }
      }
    }
    let reads = nodes.map { Self.reads($0) }
    var isNeeded = [Bool](repeating: false, count: nodes.count)
    var pending = outputs.compactMap { makers[$0] }
    while let i = pending.popLast() {
      guard !isNeeded[i] else { continue }
      isNeeded[i] = true
      pending += reads[i].compactMap { makers[$0] }
    }
    var isInOrder = true
    var open = [Int](repeating: 0, count: nodes.count)
    var readers: [[Int]] = Array(repeating: [], count: nodes.count)
    for i in nodes.indices where isNeeded[i] {
      for maker in Set(reads[i].compactMap { makers[$0] }) {
        if maker >= i { isInOrder = false }
        open[i] += 1
        readers[maker].append(i)
      }
    }
    if isInOrder { return nodes.indices.filter { isNeeded[$0] }.map { nodes[$0] } }
    var ready = nodes.indices.filter { isNeeded[$0] && open[$0] == 0 }
    var order: [ONNXNode] = []
    var next = 0
    while next < ready.count {
      let i = ready[next]
      next += 1
      order.append(nodes[i])
      for reader in readers[i] {
        open[reader] -= 1
        if open[reader] == 0 { ready.append(reader) }
      }
    }
    if let stuck = nodes.indices.first(where: { isNeeded[$0] && open[$0] > 0 }) {
      throw ConversionError.invalid(path: path, detail: "node '\(nodes[stuck].label)' (\(nodes[stuck].type)) is part of a cycle")
    }
    return order
  }

  /// The names that a node reads, also within its graphs.
  private static func reads(_ node: ONNXNode) -> [String] {
    var names = node.inputs.filter { !$0.isEmpty }
    for attribute in node.attributes.values {
      switch attribute {
      case .graph(let graph): names += free(graph)
      case .graphs(let graphs): names += graphs.flatMap { free($0) }
      default: break
      }
    }
    return names
  }

  /// The outer names that a graph reads.
  private static func free(_ graph: ONNXGraph) -> [String] {
    var own = Set(graph.inputs.map(\.name)).union(graph.initializers.map(\.name))
    for node in graph.nodes { own.formUnion(node.outputs) }
    return (graph.nodes.flatMap { reads($0) } + graph.outputs.map(\.name)).filter { !own.contains($0) }
  }
}
