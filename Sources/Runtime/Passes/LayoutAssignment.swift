// SPDX-License-Identifier: Apache-2.0
// Chooses the axis order of every value, turns transposes and reshapes into views, and inserts copies where adjacent
// operators need different orders.

import Kernels
import MIL
import Operators
import Tensors

extension Graph {
  mutating func assignLayouts() {
    var assignment = LayoutAssignment(graph: self)
    assignment.run()
    self = assignment.graph
  }
}

private struct LayoutAssignment {
  var graph: Graph
  private var nodes: [GraphNode] = []
  /// The copies inserted so far, by value and order.
  private var copies: [Copy: Int] = [:]

  private struct Copy: Hashable {
    let value: Int
    let order: [Int]
  }

  init(graph: Graph) { self.graph = graph }

  mutating func run() {
    for node in graph.nodes { place(node) }
    graph.nodes = nodes
  }

  private mutating func place(_ node: GraphNode) {
    var node = node
    switch node.work {
    case .operator(let op): place(&node, op)
    case .reorder: break
    case .control, .readState, .writeState: node.inputs = node.inputs.mapValues { $0.map { plain($0) } }
    }
    if let viewed = node.viewed(graph) {
      graph.values[node.outputs[0]].root = graph.values[viewed].root
    } else {
      nodes.append(node)
    }
  }

  private mutating func place(_ node: inout GraphNode, _ op: any Operator.Type) {
    let first = node.call.signature.parameters.first?.name ?? ""
    let rank = node.outputs.first.map { graph.values[$0].shape.count } ?? 0
    var outputOrder = Layout.plain(rank)
    let policy = op.layout(node.call)
    switch policy {
    case .plain, .view, .channelsLast, .channelsLastInputs:
      for (parameter, values) in node.inputs {
        node.inputs[parameter] = values.map { v in
          copy(v, policy.order(ofInput: parameter, isFirst: parameter == first, rank: graph.values[v].shape.count))
        }
      }
      outputOrder = policy.outputOrder(rank: rank)
    case .stridedToChannelsLast:
      for (parameter, values) in node.inputs where parameter != first {
        node.inputs[parameter] = values.map { plain($0) }
      }
      outputOrder = policy.outputOrder(rank: rank)
    case .follows:
      let candidates = node.inputs.flatMap(\.value)
        .filter { graph.values[$0].constant == nil && graph.values[$0].shape.count == rank }
      // The order of the largest candidate is used, since it is the most expensive to copy. Ties are resolved in
      // favor of the most recent one, which is likely to be in the cache.
      let leader = candidates.max {
        (graph.values[$0].shape.elementCount, $0) < (graph.values[$1].shape.elementCount, $1)
      }
      if let leader { outputOrder = graph.values[leader].order }
      node.inputs = node.inputs.mapValues { values in
        values.map { v in
          let own = graph.values[v].shape.count
          return copy(v, own == rank ? outputOrder : Layout.plain(own))
        }
      }
    case .strided:
      break
    case .permutes:
      if let v = node.inputs[first]?.first, let perm = (try? node.call.integers("perm")) ?? nil {
        let axes = perm.map { $0 < 0 ? $0 + rank : $0 }
        outputOrder = graph.values[v].order.map { axes.inversePermutation[$0] }
      }
    }
    for (parameter, _) in node.windows { node.inputs[parameter] = node.inputs[parameter]?.map { plain($0) } }
    for v in node.outputs where graph.values[v].shape.count == rank { graph.values[v].order = outputOrder }
    node.post = node.post.map { fused in
      guard let v = fused.operand else { return fused }
      let shape = graph.values[v].shape
      let order = shape.count == rank ? outputOrder : Layout.plain(shape.count)
      return FusedNode(operation: fused.operation, operand: copy(v, order))
    }
  }

  private mutating func plain(_ value: Int) -> Int { copy(value, Layout.plain(graph.values[value].shape.count)) }

  /// The value in the requested order: itself, a view with renamed axes, or a copy.
  private mutating func copy(_ value: Int, _ order: [Int]) -> Int {
    let known = graph.values[value]
    guard known.order != order else { return value }
    let key = Copy(value: value, order: order)
    if let made = copies[key] { return made }
    let made = graph.add(known.name, known.dtype, known.shape)
    copies[key] = made
    graph.values[made].order = order
    if let constant = known.constant {
      graph.values[made].constant = constant
    } else if Layout.same(known.order, order, known.shape) {
      graph.values[made].root = known.root
    } else {
      nodes.append(GraphNode(work: .reorder, call: .reorder, inputs: ["x": [value]], outputs: [made]))
    }
    return made
  }
}

extension GraphNode {
  /// The input that the node's only output is a view of, if the node has no other effect.
  fileprivate func viewed(_ graph: Graph) -> Int? {
    guard case .operator(let op) = work, post.isEmpty, outputs.count == 1,
      let first = call.signature.parameters.first?.name, let input = inputs[first]?.first,
      graph.values[input].constant == nil,
      graph.values[input].dtype.computed == graph.values[outputs[0]].dtype.computed
    else { return nil }
    switch op.layout {
    case .view, .permutes: return input
    default: return nil
    }
  }
}

extension Call {
  /// The call of a copy that the planner inserted, which is not an operator of the program.
  static let reorder = Call(
    operation: Operation(type: "reorder", outputs: []), opset: .iOS18,
    signature: Signature("reorder", []), operands: [:])
}
