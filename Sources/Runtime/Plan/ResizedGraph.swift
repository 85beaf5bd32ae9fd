// SPDX-License-Identifier: Apache-2.0
// A graph after all passes, for other shapes of its inputs than those that the passes have seen.

import MIL
import Operators
import Tensors

/// Where names and values occur in a graph and in those that differ from it by shapes.
final class OccurrenceIndex {
  /// The values of each name.
  let values: [String: [Int]]
  /// The nodes that read or produce each value, or that read a part which another node would select from it.
  let nodes: [[Int]]

  init(_ graph: Graph) {
    var nodes = [[Int]](repeating: [], count: graph.values.count)
    for (i, node) in graph.nodes.enumerated() {
      for v in node.reads + node.outputs + node.selections.flatMap({ $0.value.flatMap { $0.reads + $0.outputs } }) { nodes[v].append(i) }
    }
    self.nodes = nodes
    values = Dictionary(grouping: graph.values.indices.filter { !graph.values[$0].name.isEmpty }) { graph.values[$0].name }
  }
}

/// A graph for other shapes, and which of its values and nodes differ.
struct ResizedGraph {
  private(set) var graph: Graph
  private(set) var isChangedValue: [Bool]
  private(set) var isChangedNode: [Bool]
  private let change: Respecialization

  /// - Parameter policy: which weights remain compressed.
  /// - Returns: `nil` if the passes might decide differently for the new shapes, or if a node that differs reads a released constant.
  init?(_ graph: Graph, _ index: OccurrenceIndex, _ change: Respecialization, _ policy: WeightPolicy) {
    self.graph = graph
    self.change = change
    isChangedValue = [Bool](repeating: false, count: graph.values.count)
    isChangedNode = [Bool](repeating: false, count: graph.nodes.count)
    guard !change.names.isEmpty else { return }
    let values = change.names.flatMap { index.values[$0] ?? [] }
    guard resize(values), resizeNodes(of: values, index, policy) else { return nil }
  }

  private mutating func resize(_ values: [Int]) -> Bool {
    var extents = ExtentCorrespondence()
    var kept: [Shape] = []
    for v in values {
      let value = graph.values[v]
      guard let before = change.before[value.name], let after = change.scope[value.name], value.shape == before.type.tensorType?.shape,
        let shape = after.type.tensorType?.shape, value.constant == before.constant?.tensor, extents.add(value.shape, shape)
      else { return false }
      graph.values[v].shape = shape
      graph.values[v].constant = after.constant?.tensor
      isChangedValue[v] = true
      kept.append(zip(value.shape, shape).compactMap { $0 == $1 ? $0 : nil })
    }
    return kept.allSatisfy(extents.fixes) && graph.values.indices.allSatisfy { isChangedValue[$0] || extents.fixes(graph.values[$0].shape) }
  }

  private mutating func resizeNodes(of values: [Int], _ index: OccurrenceIndex, _ policy: WeightPolicy) -> Bool {
    for i in values.flatMap({ index.nodes[$0] }) where !isChangedNode[i] {
      isChangedNode[i] = true
      guard let node = resized(graph.nodes[i], policy) else { return false }
      graph.nodes[i] = node
    }
    return true
  }

  /// A node for the new shapes; `nil` if the passes might make a different one.
  private func resized(_ node: GraphNode, _ policy: WeightPolicy) -> GraphNode? {
    var made = node
    switch node.work {
    case .reorder: return node
    // What blocks do, and which states they write, may depend on the shapes.
    case .control, .readState, .writeState: return nil
    case .operator(let op):
      made.call = patched(node.call)
      guard !node.reads.contains(where: { graph.values[$0].isReleased }), op.decidesAlike(made, node, policy, in: graph) else { return nil }
    }
    for (parameter, selecting) in node.selections {
      let selecting = selecting.map { selector in
        var selector = selector
        selector.call = patched(selector.call)
        return selector
      }
      guard let source = node.inputs[parameter]?.first, let window = graph.window(of: source, selectedBy: selecting),
        window.isGrouped == node.windows[parameter]?.isGrouped
      else { return nil }
      made.selections[parameter] = selecting
      made.windows[parameter] = window
    }
    return made
  }

  /// A call with the new types and constants of its operands.
  private func patched(_ call: Call) -> Call {
    let operands = call.operands.mapValues { list in
      list.map { operand in
        guard let name = operand.name, change.before[name] != nil, let now = change.scope[name] else { return operand }
        return now
      }
    }
    return Call(operation: call.operation, opset: call.opset, signature: call.signature, operands: operands)
  }
}

extension Operator {
  /// Whether what passes ask of the operator has the same answers for a node with other shapes.
  fileprivate static func decidesAlike(_ node: GraphNode, _ before: GraphNode, _ policy: WeightPolicy, in graph: Graph) -> Bool {
    layout(node.call) == layout(before.call) && addsInPlace(node.call) == addsInPlace(before.call)
      && node.storedParameters(policy) == before.storedParameters(policy)
      && node.post.allSatisfy { accepts($0.operation, operand: $0.operand.map { graph.values[$0].shape }, node.call) }
  }
}
