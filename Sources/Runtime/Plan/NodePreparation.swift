// SPDX-License-Identifier: Apache-2.0
// Creates executable steps for the nodes of a graph whose values have addresses.

import CKernels
import Kernels
import MIL
import Operators
import Tensors

/// The result of preparing a node: its steps, and the constants that they read.
struct PreparedNode {
  var steps: [Plan.Step] = []
  var retained: [Tensor] = []
}

/// Prepares the nodes of a graph after placement.
struct NodePreparation {
  private let assignment: BufferAssignment
  private let runtime: RunContext
  private var graph: Graph { assignment.graph }

  init(_ assignment: BufferAssignment, _ runtime: RunContext) {
    self.assignment = assignment
    self.runtime = runtime
  }

  /// The prepared nodes, in graph order.
  ///
  /// - Parameter known: a node that has been prepared for the same shapes and addresses.
  func prepareAll(known: (_ node: Int) -> PreparedNode? = { _ in nil }) throws -> [PreparedNode] {
    // Creating a kernel mostly consists of generating code and packing weights. Kernels are independent of each other, so
    // this runs in parallel.
    var made = graph.nodes.indices.map(known)
    let missing = made.indices.filter { made[$0] == nil }
    let kernels = try Parallel.tryMap(missing.count) { index in
      let node = graph.nodes[missing[index]]
      guard case .operator = node.work else { return nil as PreparedNode? }
      return try prepare(node)
    }
    for (index, kernel) in zip(missing, kernels) { made[index] = kernel }
    return try zip(graph.nodes, made).map { try $1 ?? prepare($0) }
  }

  private func prepare(_ node: GraphNode) throws -> PreparedNode {
    var bound = BoundNode(node, assignment, runtime)
    var made = PreparedNode()
    switch node.work {
    case .operator(let op): made = try prepare(op, &bound)
    case .reorder:
      guard let from = bound.inputs["x"]?.first, let to = bound.outputs.first else { return made }
      let copy = StridedCopy(from: from, to: to)
      made.steps.append(Plan.Step("reorder", bound.name, "copy", bound.outputs) { copy.run() })
    case .control(let control):
      made.retained = bound.constants.map(\.tensor)
      made.steps.append(bound.step("block", try control.prepare(bound.inputs, bound.outputs)))
    case .readState(let state):
      guard let from = runtime.states.buffers[state]?.buffer, let to = bound.outputs.first else { return made }
      let copy = StridedCopy(from: from, to: to)
      made.steps.append(bound.step("copy") { copy.run() })
    case .writeState(let state, let parameter):
      made.retained = bound.constants.map(\.tensor)
      guard let from = bound.inputs[parameter]?.first else { throw node.call.missing(parameter) }
      guard let to = runtime.states.buffers[state]?.buffer else { return made }
      let copies = ([to] + bound.outputs.prefix(1)).map { StridedCopy(from: from, to: $0) }
      made.steps.append(bound.step("copy") { for copy in copies { copy.run() } })
    }
    if runtime.options.precision == .float16 { made.steps += roundings(node, bound.outputs) }
    return made
  }

  private func prepare(_ op: any Operator.Type, _ bound: inout BoundNode) throws -> PreparedNode {
    let post = bound.node.post.map { fused in
      FusedPostOperation(operation: fused.operation, operand: fused.operand.map { bound.buffer($0, "post") })
    }
    let work = graph.workload(of: bound.node)
    let request = KernelRequest(
      call: bound.node.call, inputs: bound.inputs, outputs: bound.outputs, post: post, scratch: runtime.scratch)
    let kernel = try op.prepare(request)
    return PreparedNode(
      steps: [bound.step(kernel.label, flops: work.flops, reads: work.bytes, sliced: kernel.sliced, kernel.run)],
      retained: bound.constants.filter { !kernel.packed.contains($0.parameter) }.map(\.tensor))
  }

  /// Steps that round every fp16 output in place, for fp16 precision.
  private func roundings(_ node: GraphNode, _ outputs: [Buffer]) -> [Plan.Step] {
    // An update in place moves rounded elements only, and what it leaves is rounded already: a cache is not read as a whole.
    if case .operator(let op) = node.work, op.inPlace, op.signature.name == "slice_update" { return [] }
    return zip(node.outputs, outputs).filter { graph.values[$0.0].dtype == .float16 }.map { v, buffer in
      let pointer = buffer.floats()
      let count = buffer.count
      return Plan.Step("round", graph.values[v].name, "fp16", [buffer]) { ck_round_half(pointer, pointer, count) }
    }
  }
}

extension Buffer {
  /// The elements of a window of a row-major buffer.
  fileprivate func part(_ window: InputWindow) -> Buffer {
    Buffer(dtype: dtype, shape: window.shape, strides: window.strides, pointer: pointer + dtype.byteCount(window.offset))
  }
}

/// A node with the buffers of its values.
private struct BoundNode {
  let node: GraphNode
  let name: String
  private(set) var inputs = ByParameter<[Buffer]>()
  let outputs: [Buffer]
  /// The constants, with the parameters that they are bound to.
  private(set) var constants: [(parameter: String, tensor: Tensor)] = []
  private let assignment: BufferAssignment
  private let shared: SharedConstants

  init(_ node: GraphNode, _ assignment: BufferAssignment, _ runtime: RunContext) {
    self.node = node
    self.assignment = assignment
    shared = runtime.constants
    name = node.outputs.first.map { assignment.graph.values[$0].name } ?? node.call.operation.name
    outputs = node.outputs.map(assignment.buffer)
    let stored = node.storedParameters(runtime.options.weights)
    for (parameter, values) in node.inputs where !stored.contains(parameter) {
      inputs[parameter] = values.map { buffer($0, parameter) }
    }
    for (parameter, window) in node.windows {
      guard let whole = inputs[parameter]?.first else { continue }
      inputs[parameter] = [whole.part(window)]
    }
  }

  mutating func buffer(_ v: Int, _ parameter: String) -> Buffer {
    let value = assignment.graph.values[v]
    guard let constant = value.constant else { return assignment.buffer(v) }
    let tensor = shared.computed(constant, order: value.order)
    constants.append((parameter, tensor))
    return Buffer(
      dtype: tensor.dtype, shape: constant.shape, order: value.order,
      pointer: tensor.withBytes { UnsafeMutableRawPointer(mutating: $0.baseAddress ?? UnsafeRawPointer(tensor.storage.base)) })
  }

  func step(
    _ label: String, flops: Int = 0, reads: Int? = nil, sliced: SlicedWork? = nil, _ run: @escaping () throws -> Void
  ) -> Plan.Step {
    Plan.Step(node.call.operation.type, name, label, outputs, flops: flops, reads: reads, sliced: sliced, run)
  }
}
