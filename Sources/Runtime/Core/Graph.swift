// SPDX-License-Identifier: Apache-2.0
// The graph of a program for fixed input shapes: nodes and the values between them.

import Kernels
import MIL
import Operators
import Tensors

/// A value of a graph. Its shape is known.
package struct GraphValue {
  package let name: String
  package let dtype: DType
  package var shape: Shape
  /// The value itself if it does not depend on the inputs.
  package var constant: Tensor?
  /// Whether it is a constant that is no longer held, since kernels have packed it.
  var isReleased = false
  /// Axes in memory order.
  package var order: [Int]
  /// The value whose memory this value shares: itself, or the value that it is a view of.
  package var root: Int

  /// The size in bytes at run time.
  var byteCount: Int { dtype.computed.byteCount(shape.elementCount) }
}

/// An operator applied to values, with the post-operations fused into it.
package struct GraphNode {
  package enum Work {
    case `operator`(any Operator.Type)
    /// Copies the input to a different axis order.
    case reorder
    case control(any NestedBlocks)
    case readState(String)
    /// Writes the value of the parameter to a state, and returns it if the node has an output.
    case writeState(String, from: String)
  }

  package var work: Work
  package var call: Call
  /// Indices of values by parameter, in signature order.
  package var inputs: ByParameter<[Int]>
  package var outputs: [Int]
  package var post: [FusedNode] = []
  /// Parameters whose inputs the node reads in part, where they lie.
  package var windows = ByParameter<InputWindow>()
  /// For these, the nodes that select the part, which the graph no longer has, from the input on.
  package var selections = ByParameter<[GraphNode]>()

  package init(work: Work, call: Call, inputs: ByParameter<[Int]>, outputs: [Int]) {
    self.work = work
    self.call = call
    self.inputs = inputs
    self.outputs = outputs
  }

  /// All values that the node reads.
  package var reads: [Int] { inputs.flatMap(\.value) + post.compactMap(\.operand) }
}

/// A post-operation within a graph.
package struct FusedNode {
  package let operation: PostOperation
  package let operand: Int?
}

/// Nodes in a valid execution order.
package struct Graph {
  package var values: [GraphValue] = []
  package var nodes: [GraphNode] = []
  /// Input values, by name.
  package var inputs: [Int] = []
  /// Output values.
  package var outputs: [Int] = []
  /// The states that the graph reads or writes; those that it writes follow the other outputs.
  package var states: [GraphState] = []
  /// Inputs that keep their content between runs.
  package var pinned: Set<Int> = []

  package init() {}

  package mutating func add(
    _ name: String, _ dtype: DType, _ shape: Shape, constant: Tensor? = nil
  ) -> Int {
    values.append(
      GraphValue(
        name: name, dtype: dtype, shape: shape, constant: constant, order: Array(shape.indices), root: values.count))
    return values.count - 1
  }

  /// The work of a node, including its post-operations.
  func workload(of node: GraphNode) -> Workload {
    let outputs = node.outputs.map { values[$0].shape }
    var read = node.reads.reduce(node.call.encodedByteCount) { $0 + values[$1].byteCount }
    for (parameter, window) in node.windows {
      guard let v = node.inputs[parameter]?.first else { continue }
      read += values[v].dtype.computed.byteCount(window.shape.elementCount) - values[v].byteCount
    }
    guard case .operator(let op) = node.work else { return Workload(bytes: read) }
    var work = op.cost(node.call, outputs: outputs, reading: read)
    work.flops += node.post.count * (outputs.first?.elementCount ?? 0)
    return work
  }

  /// Removes the nodes with these indices, whose work other nodes have taken over.
  mutating func removeNodes(_ gone: Set<Int>) {
    guard !gone.isEmpty else { return }
    nodes = nodes.indices.filter { !gone.contains($0) }.map { nodes[$0] }
  }

  /// Removes nodes whose outputs are not read.
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

  /// How the node's operator computes on quantized codes; `nil` if it does not, or if post-operations are fused into
  /// the node.
  var codes: ActivationTraits.Codes? {
    guard case .operator(let op) = work, post.isEmpty else { return nil }
    return op.activations.codes
  }

  /// The parameters for which the kernel reads the constant in its stored, compressed form.
  func storedParameters(_ policy: WeightPolicy) -> Set<String> {
    guard case .operator(let op) = work, let reader = op as? any StoredWeights.Type else { return [] }
    return reader.storedParameters(call, policy)
  }
}
