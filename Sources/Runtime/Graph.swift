// SPDX-License-Identifier: Apache-2.0
// A program for exactly these shapes: nodes and the values between them, before and while it is planned.

import Kernels
import MIL
import Operators
import Tensors

/// A value of a graph. Its shape is known.
struct GraphValue {
  let name: String
  let dtype: DType
  let shape: Shape
  /// The value itself, when it does not depend on the inputs.
  var constant: Tensor?
  /// Axes in memory order.
  var order: [Int]
  /// The value whose memory this one shares: itself, or the one that it is a view of.
  var root: Int

  /// Bytes that it takes while the program runs.
  var byteCount: Int { dtype.computed.byteCount(shape.elementCount) }
}

/// One operator at work on values, with the touches fused into it.
struct GraphNode {
  enum Work {
    case `operator`(any Operator.Type)
    /// Copies the input into another order of axes.
    case reorder
    case control(ControlFlow)
    case readState(String)
    /// Writes what is bound to the parameter, and gives it on where the node has an output.
    case writeState(String, from: String)
  }

  var work: Work
  var call: Call
  /// Value indices by parameter.
  var inputs: [String: [Int]]
  var outputs: [Int]
  var post: [FusedTouch] = []

  /// All values that the node reads.
  var reads: [Int] { inputs.values.flatMap { $0 } + post.compactMap(\.operand) }
}

/// A post-operation within a graph.
struct FusedTouch {
  let operation: PostOperation
  let operand: Int?
}

/// Nodes in an order in which they can run.
struct Graph {
  var values: [GraphValue] = []
  var nodes: [GraphNode] = []
  /// Values fed from outside, by name.
  var inputs: [Int] = []
  /// Values to be given back.
  var outputs: [Int] = []

  mutating func add(
    _ name: String, _ dtype: DType, _ shape: Shape, constant: Tensor? = nil
  ) -> Int {
    values.append(
      GraphValue(
        name: name, dtype: dtype, shape: shape, constant: constant, order: Array(shape.indices), root: values.count))
    return values.count - 1
  }

  /// The node that makes each value.
  func producers() -> [Int?] {
    var out = [Int?](repeating: nil, count: values.count)
    for (i, node) in nodes.enumerated() { for v in node.outputs { out[v] = i } }
    return out
  }

  /// How many times each value is read, outputs included.
  func useCounts() -> [Int] {
    var out = [Int](repeating: 0, count: values.count)
    for node in nodes { for v in node.reads { out[v] += 1 } }
    for v in outputs { out[v] += 1 }
    return out
  }

  /// What a node has to do, with its touches.
  func workload(of node: GraphNode) -> Workload {
    let outputs = node.outputs.map { values[$0].shape }
    let touches = node.post.count * (outputs.first?.elementCount ?? 0)
    return Workload(
      flops: node.call.flops(outputs: outputs) + touches,
      bytes: node.reads.reduce(node.call.encodedByteCount) { $0 + values[$1].byteCount })
  }

  /// Drops nodes whose outputs nobody reads.
  mutating func removeDeadNodes() {
    var needed = [Bool](repeating: false, count: values.count)
    for v in outputs { needed[v] = true }
    var kept: [GraphNode] = []
    for node in nodes.reversed() where node.hasEffect || node.outputs.contains(where: { needed[$0] }) {
      for v in node.reads { needed[v] = true }
      kept.append(node)
    }
    nodes = kept.reversed()
  }
}

extension GraphNode {
  var hasEffect: Bool {
    switch work {
    case .operator(let op): op.hasEffect
    case .reorder, .readState: false
    // A nested block may write a state.
    case .control, .writeState: true
    }
  }
}
