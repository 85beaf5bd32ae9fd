// SPDX-License-Identifier: Apache-2.0
// A routine prepared for exactly these shapes: a flat list of steps over one arena.

import CKernels
import Kernels
import MIL
import Operators
import Tensors

#if canImport(Glibc)
  import Glibc
#else
  import Darwin
#endif

/// Prepared steps. Running them is a loop without look-ups or allocation.
final class Plan {
  /// What the routine gives back, each a constant or a place in the arena.
  enum Result {
    case constant(Tensor)
    case buffer(Buffer, DType)
  }

  struct Step {
    let operation: String
    let name: String
    let label: String
    /// Floating-point operations.
    let flops: Int
    /// Bytes read and written, each value once.
    let bytes: Int
    let outputs: [Buffer]
    let run: () throws -> Void

    init(
      _ operation: String, _ name: String, _ label: String, _ outputs: [Buffer], flops: Int = 0, reads: Int? = nil,
      _ run: @escaping () throws -> Void
    ) {
      let written = outputs.reduce(0) { $0 + $1.byteCount }
      (self.operation, self.name, self.label, self.flops) = (operation, name, label, flops)
      bytes = written + (reads ?? written)
      (self.outputs, self.run) = (outputs, run)
    }
  }

  let inputs: [Buffer?]
  let results: [Result]
  /// How to go on when a shape had to be waited for.
  let continuation: Continuation?
  /// Whether nothing could be planned, because the first operation waits for a value.
  let stoppedAtOnce: Bool
  private(set) var steps: [Step] = []
  let memory: MemoryPlan
  private let arena: UnsafeMutableRawPointer
  /// Constants that kernels read while running.
  private var retained: [Tensor] = []
  private let runtime: RunContext
  /// Memory of the caller's that steps read and write.
  private let external: [ExternalBuffer]

  /// Plans a routine.
  ///
  /// - Parameters:
  ///   - types: type of each input; `nil` for states.
  ///   - values: inputs to treat as constants.
  ///   - pinned: inputs that keep their content from run to run.
  ///   - outside: memory of the caller's for inputs and results, by name.
  init(
    _ routine: Routine, types: [TensorType?], values: [String: Tensor] = [:], pinned: Set<String> = [],
    outside: [String: ExternalBuffer] = [:], runtime: RunContext
  ) throws {
    let made = try Specializer.specialize(routine, types: types, values: values, runtime: runtime)
    var graph = made.graph
    let resultNames: [String]
    stoppedAtOnce = made.stop == 0
    if let stop = made.stop {
      let rest = try Continuation(routine, from: stop, made, runtime: runtime)
      continuation = rest
      resultNames = rest.feeds
    } else {
      continuation = nil
      resultNames = routine.outputs
    }
    for name in resultNames where made.scope[name]?.constant == nil {
      guard let v = made.named[name] else { throw RuntimeError.unknownOutput(name) }
      graph.outputs.append(v)
    }
    if runtime.options.precision == .float32 {
      graph.foldScalesIntoWeights()
      graph.recognizeGatedActivations()
      if runtime.options.weights != .dense { graph.takeCodes() }
      graph.fusePostOperations()
      graph.gateGradients()
      graph.giveCodes()
    }
    graph.removeDeadNodes()
    graph.assignLayouts()
    let fixed = Set(graph.inputs.filter { pinned.contains(graph.values[$0].name) || outside[graph.values[$0].name] != nil })
    graph.shareMemoryInPlace(pinned: fixed, weights: runtime.options.weights)
    let placement = ExternalPlacement(graph, inputs: graph.inputs, results: resultNames.map { ($0, made.named[$0]) }, outside)
    memory = MemoryPlan(graph, pinned: fixed, outside: Set(placement.pointers.keys))
    self.runtime = runtime
    external = Array(outside.values)
    arena = .allocate(byteCount: memory.size + 64, alignment: 64)

    let base = arena
    let offsets = memory.offsets
    func buffer(_ v: Int) -> Buffer {
      let value = graph.values[v]
      let place = placement.pointers[value.root] ?? base + (offsets[v] ?? 0)
      return Buffer(dtype: value.dtype.computed, shape: value.shape, order: value.order, pointer: place)
    }
    let fed = Dictionary(graph.inputs.map { (graph.values[$0].name, $0) }, uniquingKeysWith: { a, _ in a })
    inputs = routine.inputs.map { input in
      fed[input.name].flatMap { offsets[$0] == nil || outside[input.name] != nil ? nil : buffer($0) }
    }
    results = try resultNames.map { name in
      if let constant = made.scope[name]?.constant {
        guard let tensor = constant.tensor else {
          throw RuntimeError.unsupported(operation: name, reason: "a result that is not a tensor")
        }
        return .constant(tensor)
      }
      guard let v = made.named[name] else { throw RuntimeError.unknownOutput(name) }
      let dtype = graph.values[v].dtype
      return .buffer(buffer(v), runtime.options.keepsComputedResults ? dtype.computed : dtype)
    }
    let isBrief = graph.nodes.reduce(into: Workload()) { $0 += graph.workload(of: $1) }.isBriefPlan
    // Making a kernel is mostly generating code and packing weights, and no kernel needs another.
    let kernels = try ThreadTeam.prepare(graph.nodes.count) { index in
      let node = graph.nodes[index]
      guard case .operator = node.work else { return nil as Prepared? }
      return try prepare(node, graph, buffer, isBrief: isBrief)
    }
    for (node, kernel) in zip(graph.nodes, kernels) {
      let made = try kernel ?? prepare(node, graph, buffer, isBrief: isBrief)
      steps += made.steps
      retained += made.retained
    }
    for (name, value) in placement.copied {
      guard let to = outside[name] else { continue }
      let copy = StridedCopy(from: buffer(value), to: to.buffer)
      steps.append(Step("reorder", name, "copy", [to.buffer]) { copy.run() })
    }
    for (name, result) in zip(resultNames, results) {
      if case .constant(let tensor) = result { outside[name]?.store(tensor) }
    }
  }

  deinit { arena.deallocate() }

  // MARK: Preparing

  /// What a node came to: its steps, and the constants that they read.
  private struct Prepared {
    var steps: [Step] = []
    var retained: [Tensor] = []
  }

  private func prepare(_ node: GraphNode, _ graph: Graph, _ place: (Int) -> Buffer, isBrief: Bool) throws -> Prepared {
    var made = Prepared()
    var constants: [(parameter: String, tensor: Tensor)] = []
    func buffer(_ v: Int, _ parameter: String) -> Buffer {
      guard let constant = graph.values[v].constant else { return place(v) }
      let order = graph.values[v].order
      let tensor = constant.computed().stored(in: order)
      constants.append((parameter, tensor))
      return Buffer(
        dtype: tensor.dtype, shape: constant.shape, order: order,
        pointer: tensor.withBytes { UnsafeMutableRawPointer(mutating: $0.baseAddress ?? UnsafeRawPointer(tensor.storage.base)) })
    }
    var inputs: [String: [Buffer]] = [:]
    let stored = node.storedParameters(runtime.options.weights)
    for (parameter, values) in node.inputs where !stored.contains(parameter) { inputs[parameter] = values.map { buffer($0, parameter) } }
    let outputs = node.outputs.map(place)
    let name = node.outputs.first.map { graph.values[$0].name } ?? node.call.operation.name
    switch node.work {
    case .operator(let op):
      let post = node.post.map { touch in
        FusedPostOperation(operation: touch.operation, operand: touch.operand.map { buffer($0, "post") })
      }
      let work = graph.workload(of: node)
      let request = KernelRequest(call: node.call, inputs: inputs, outputs: outputs, post: post, scratch: runtime.scratch)
      let kernel = try isBrief || work.isBriefKernel ? ThreadTeam.alone { try op.prepare(request) } : op.prepare(request)
      made.retained += constants.filter { !kernel.packed.contains($0.parameter) }.map(\.tensor)
      made.steps.append(
        Step(node.call.operation.type, name, kernel.label, outputs, flops: work.flops, reads: work.bytes, kernel.run))
    case .reorder:
      guard let from = inputs["x"]?.first, let to = outputs.first else { return made }
      let copy = StridedCopy(from: from, to: to)
      made.steps.append(Step("reorder", name, "copy", outputs) { copy.run() })
    case .control(let control):
      made.retained += constants.map(\.tensor)
      let runner = try control.prepare(inputs, outputs)
      made.steps.append(Step(node.call.operation.type, name, "block", outputs, runner))
    case .readState(let state):
      let runtime = runtime
      let to = outputs[0]
      made.steps.append(Step(node.call.operation.type, name, "copy", outputs) { runtime.state?.copy(state, to: to) })
    case .writeState(let state, let parameter):
      made.retained += constants.map(\.tensor)
      let runtime = runtime
      guard let from = inputs[parameter]?.first else { throw node.call.missing(parameter) }
      let copy = outputs.first.map { StridedCopy(from: from, to: $0) }
      made.steps.append(
        Step(node.call.operation.type, name, "copy", outputs) {
          runtime.state?.replace(state, from: from)
          copy?.run()
        })
    }
    if runtime.options.precision == .float16 { made.steps += roundings(node, graph, outputs) }
    return made
  }

  /// In fp16 precision every fp16 output is rounded where it lies.
  private func roundings(_ node: GraphNode, _ graph: Graph, _ outputs: [Buffer]) -> [Step] {
    zip(node.outputs, outputs).filter { graph.values[$0.0].dtype == .float16 }.map { v, buffer in
      let pointer = buffer.floats()
      let count = buffer.count
      return Step("round", graph.values[v].name, "fp16", [buffer]) { ck_round_half(pointer, pointer, count) }
    }
  }

  // MARK: Running

  /// Copies a fed value to its place, converting it to the type that is computed with.
  func load(_ index: Int, _ tensor: Tensor) {
    guard let to = inputs[index] else { return }
    if to.dtype == .float32 {
      tensor.copyFloats(to: to.floats())
    } else {
      tensor.computed().withBytes { from in
        if let from = from.baseAddress { to.pointer.copyMemory(from: from, byteCount: to.byteCount) }
      }
    }
  }

  func execute() throws {
    if let profile = runtime.profile {
      try execute(into: profile)
      return
    }
    for step in steps {
      if runtime.isCancelled() { throw RuntimeError.interrupted }
      try step.run()
    }
  }

  private func execute(into profile: ProfileCollector) throws {
    for step in steps {
      if runtime.isCancelled() { throw RuntimeError.interrupted }
      let start = profile.now()
      try step.run()
      profile.add(step, seconds: profile.now() - start)
    }
  }

  /// A result, in the type that the program declares and the program's order of axes.
  func result(_ index: Int) -> Tensor {
    switch results[index] {
    case .constant(let tensor): return tensor
    case .buffer(let buffer, let dtype):
      var out = Tensor(uninitialized: buffer.dtype, buffer.shape)
      out.withMutableBytes { bytes in
        guard let to = bytes.baseAddress else { return }
        StridedCopy(from: buffer, to: Buffer(dtype: buffer.dtype, shape: buffer.shape, pointer: to)).run()
      }
      return out.cast(to: dtype)
    }
  }
}

extension Tensor {
  /// The elements rearranged so that the axes lie in the given order of memory.
  fileprivate func stored(in order: [Int]) -> Tensor {
    guard !Layout.same(order, Layout.plain(rank), shape) else { return self }
    var out = Tensor(uninitialized: dtype, shape)
    withBytes { from in
      out.withMutableBytes { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return }
        let source = Buffer(dtype: dtype, shape: shape, pointer: UnsafeMutableRawPointer(mutating: from))
        StridedCopy(from: source, to: Buffer(dtype: dtype, shape: shape, order: order, pointer: to)).run()
      }
    }
    return out
  }
}

extension GraphNode {
  /// Parameters whose constants the kernel takes as the program stores them.
  func storedParameters(_ policy: WeightPolicy) -> Set<String> {
    guard case .operator(let op) = work, let reader = op as? any StoredWeights.Type else { return [] }
    return reader.storedParameters(call, policy)
  }
}
