// SPDX-License-Identifier: Apache-2.0
// A plan: a routine prepared for fixed shapes as a list of steps over one arena.

import Kernels
import MIL
import Operators
import Tensors

/// Prepared steps. Running them is a loop without lookups or allocations.
package final class Plan {
  /// A result of the routine: a constant or a location in the arena.
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
    /// The same work in slices, where they may alternate with those of other steps.
    let sliced: SlicedWork?
    let run: () throws -> Void

    init(
      _ operation: String, _ name: String, _ label: String, _ outputs: [Buffer], flops: Int = 0, reads: Int? = nil,
      sliced: SlicedWork? = nil, _ run: @escaping () throws -> Void
    ) {
      let written = outputs.reduce(0) { $0 + $1.byteCount }
      (self.operation, self.name, self.label, self.flops) = (operation, name, label, flops)
      bytes = written + (reads ?? written)
      (self.outputs, self.sliced, self.run) = (outputs, sliced, run)
    }
  }

  let inputs: [Buffer?]
  let results: [Result]
  /// The continuation if the plan is incomplete because a shape is not known yet.
  let continuation: Continuation?
  /// Whether the plan is empty because the shapes of the first operation are not known yet.
  let stoppedAtOnce: Bool
  let steps: [Step]
  /// Steps that were prepared for a plan for other shapes.
  let sharedSteps: Int
  /// The steps as they run: those in slices in chains.
  private let parts: [Part]
  /// What each node became. The graph and its memory are kept for texts, and so that the plan can be made for other shapes.
  private let prepared: [PreparedNode]
  private let assignment: BufferAssignment
  private let specialized: SpecializedGraph
  private let names: [String]
  /// Made when a plan for other shapes is.
  private lazy var occurrences = OccurrenceIndex(assignment.graph)
  /// Constants that steps of no node read while running.
  private let retained: [Tensor]
  private let runtime: RunContext
  /// Memory of the caller that steps read and write.
  private let external: [ExternalBuffer]

  /// Plans a routine.
  ///
  /// - Parameters:
  ///   - types: the type of each input; `nil` for states.
  ///   - values: inputs to treat as constants.
  ///   - pinned: inputs that keep their content between runs.
  ///   - outside: memory of the caller for inputs and results, by name.
  init(
    _ routine: Routine, types: [TensorType?], values: [String: Tensor] = [:], pinned: Set<String> = [],
    outside: [String: ExternalBuffer] = [:], runtime: RunContext
  ) throws {
    let made = try Specializer.specialize(routine, types: types, values: values, runtime: runtime)
    stoppedAtOnce = made.stop == 0
    continuation = try made.stop.map { try Continuation(routine, from: $0, made, runtime: runtime) }
    let names = continuation?.feeds ?? routine.outputs
    let graph = try made.graph(giving: names, pinned: pinned.union(outside.keys)).rewritten(runtime.options)
    var assignment = try BufferAssignment(graph, results: names.map { ($0, made.named[$0]) }, outside, states: runtime.states)
    (self.runtime, external, self.names) = (runtime, Array(outside.values), names)
    inputs = assignment.inputs(routine.inputs.map(\.name))
    results = try made.results(names, assignment, runtime.options)
    prepared = try NodePreparation(assignment, runtime).prepareAll()
    let stored = assignment.stateCopies()
    steps = prepared.flatMap(\.steps) + assignment.copies() + stored.steps
    parts = Part.parts(of: steps, runtime.scratch)
    sharedSteps = 0
    retained = stored.constants
    let constants = results.compactMap { if case .constant(let tensor) = $0 { tensor } else { nil } }
    let release = ConstantRelease(routine, retained: prepared.flatMap(\.retained) + constants, runtime.constants)
    assignment.release(release)
    var specialized = made
    specialized.graph = Graph()
    release.apply(to: &specialized.scope, of: assignment.graph)
    (self.assignment, self.specialized) = (assignment, specialized)
    for (name, result) in zip(names, results) {
      if case .constant(let tensor) = result { outside[name]?.store(tensor) }
    }
  }

  /// A complete plan for other shapes of the inputs, which shares the memory and all steps that do not depend on them.
  private init(_ other: Plan, _ routine: Routine, scope: Scope, _ resized: ResizedGraph) throws {
    (runtime, external, names) = (other.runtime, [], other.names)
    (stoppedAtOnce, continuation) = (false, nil)
    var specialized = other.specialized
    specialized.scope = scope
    self.specialized = specialized
    assignment = try other.assignment.resized(resized)
    inputs = assignment.inputs(routine.inputs.map(\.name))
    results = try specialized.results(names, assignment, runtime.options)
    let isMoved = assignment.arena !== other.assignment.arena
    let known = zip(other.prepared, resized.isChangedNode).map { isMoved || $1 ? nil : $0 }
    prepared = try NodePreparation(assignment, runtime).prepareAll { known[$0] }
    sharedSteps = known.reduce(0) { $0 + ($1?.steps.count ?? 0) }
    let stored = assignment.stateCopies()
    steps = prepared.flatMap(\.steps) + assignment.copies() + stored.steps
    parts = Part.parts(of: steps, runtime.scratch)
    retained = stored.constants
  }

  /// The plan for other shapes of the inputs: made from this one, if that gives the plan that would be made from the routine.
  ///
  /// - Parameters:
  ///   - routine: from which this plan was made, without memory of the caller and inputs that keep their content.
  ///   - types: the type of each input; `nil` for states.
  /// - Throws: `OperatorError`, `RuntimeError`.
  func resized(_ routine: Routine, _ readers: NameReaders, to types: [TensorType?]) throws -> Plan? {
    guard continuation == nil,
      let change = try Respecialization(routine, readers, from: specialized.scope, types: types, runtime: runtime),
      let resized = ResizedGraph(assignment.graph, occurrences, change, runtime.options.weights)
    else { return nil }
    if runtime.options.verifiesPasses { try resized.graph.verify(after: "resize") }
    let plan = try Plan(self, routine, scope: change.scope, resized)
    plan.occurrences = occurrences
    return plan
  }

  /// The steps with their kernels and the places of their values.
  var text: PlanText {
    PlanText(assignment, kernels: prepared.map { $0.steps.first?.label ?? "" }, awaited: continuation?.feeds ?? [], runtime.options)
  }

  var memory: MemoryPlan { assignment.memory }

  // MARK: Running

  /// Copies an input to its location and converts it to the dtype of the computation.
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
    for part in parts {
      if runtime.isCancelled() { throw RuntimeError.interrupted }
      switch part {
      case .step(let step): try step.run()
      case .chain(let chain): try chain.run(scratch: runtime.scratch.base, isCancelled: runtime.isCancelled)
      }
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

  /// A result with the dtype and axis order that the program declares.
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

/// A step, or consecutive steps in slices.
private enum Part {
  case step(Plan.Step)
  case chain(Chain)

  static func parts(of steps: [Plan.Step], _ scratch: Scratch) -> [Part] {
    var parts: [Part] = []
    for run in steps.split(whereBorder: { $0.sliced == nil || $1.sliced == nil }) {
      let works = run.compactMap(\.sliced)
      guard run.count > 1, works.contains(where: { $0.accesses.count > 1 }) else {
        parts += run.map(Part.step)
        continue
      }
      let chain = Chain(works)
      scratch.reserve(chain.scratchByteCount)
      parts.append(.chain(chain))
    }
    return parts
  }
}

extension Array {
  /// Consecutive elements, cut where `isBorder` holds for two neighbors.
  fileprivate func split(whereBorder isBorder: (Element, Element) -> Bool) -> [ArraySlice<Element>] {
    var runs: [ArraySlice<Element>] = []
    var start = startIndex
    for i in indices where i + 1 == endIndex || isBorder(self[i], self[i + 1]) {
      runs.append(self[start...i])
      start = i + 1
    }
    return runs
  }
}

extension SpecializedGraph {
  /// The graph that computes the named values, excluding those that are constant.
  ///
  /// - Parameter pinned: names of inputs that keep their content between runs.
  fileprivate func graph(giving names: [String], pinned: Set<String>) throws -> Graph {
    var graph = graph
    for name in names where scope[name]?.constant == nil {
      guard let v = named[name] else { throw RuntimeError.unknownOutput(name) }
      graph.outputs.append(v)
    }
    graph.outputs += graph.states.filter { $0.final != $0.initial }.map(\.final)
    graph.pinned = Set(graph.inputs.filter { pinned.contains(graph.values[$0].name) })
    return graph
  }

  /// The locations of the results.
  fileprivate func results(_ names: [String], _ assignment: BufferAssignment, _ options: RuntimeOptions) throws -> [Plan.Result] {
    var computed = assignment.graph.outputs.makeIterator()
    return try names.map { name in
      if let constant = scope[name]?.constant {
        guard let tensor = constant.tensor else {
          throw RuntimeError.unsupported(operation: name, reason: "the result is not a tensor")
        }
        return .constant(tensor)
      }
      guard let v = computed.next() else { throw RuntimeError.unknownOutput(name) }
      let dtype = assignment.graph.values[v].dtype
      return .buffer(assignment.buffer(v), options.keepsComputedResults ? dtype.computed : dtype)
    }
  }
}
