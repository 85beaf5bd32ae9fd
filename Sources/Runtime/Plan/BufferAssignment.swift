// SPDX-License-Identifier: Apache-2.0
// Assigns memory to the values of a graph: in the plan's arena or in memory of the caller.

import Kernels
import MIL
import Operators
import Platform
import Tensors

/// Memory that a plan owns.
final class Arena {
  let base: UnsafeMutableRawPointer

  /// - Throws: `RuntimeError.noMemory`.
  init(byteCount: Int) throws(RuntimeError) {
    guard byteCount <= physicalMemory, let base = aligned_alloc(64, byteCount.alignedToLine) else {
      throw .noMemory(what: "the values of the program", bytes: byteCount)
    }
    self.base = base
  }

  deinit { free(base) }
}

/// The addresses of all values of a graph.
struct BufferAssignment {
  private(set) var graph: Graph
  let memory: MemoryPlan
  let arena: Arena
  private let external: ExternalBufferAssignment
  private let outside: [String: ExternalBuffer]
  private let states: StateMemory

  /// - Parameters:
  ///   - results: the names and values of the results; the value is `nil` for constants.
  ///   - outside: memory of the caller for inputs and results, by name.
  ///   - states: the memory of the states.
  /// - Throws: `RuntimeError.noMemory`.
  init(_ graph: Graph, results: [(name: String, value: Int?)], _ outside: [String: ExternalBuffer], states: StateMemory)
    throws(RuntimeError)
  {
    self.graph = graph
    self.outside = outside
    self.states = states
    external = ExternalBufferAssignment(graph, inputs: graph.inputs, results: results, outside, states: states)
    memory = MemoryPlan(graph, outside: Set(external.pointers.keys))
    arena = try Arena(byteCount: memory.size + 64)
  }

  private init(_ other: BufferAssignment, _ graph: Graph, _ memory: MemoryPlan, _ arena: Arena) {
    (self.graph, self.memory, self.arena) = (graph, memory, arena)
    (external, outside, states) = (other.external, other.outside, other.states)
  }

  /// Frees constants that are not read any more.
  mutating func release(_ release: ConstantRelease) { release.apply(to: &graph) }

  /// The addresses of the values of a graph with other shapes: the same ones, if its values fit there.
  func resized(_ resized: ResizedGraph) throws(RuntimeError) -> BufferAssignment {
    if memory.fits(resized.graph) { return BufferAssignment(self, resized.graph, memory, arena) }
    let memory = MemoryPlan(resized.graph, outside: Set(external.pointers.keys)) { resized.isChangedValue[$0] }
    return BufferAssignment(self, resized.graph, memory, try Arena(byteCount: memory.size + 64))
  }

  /// The buffer of a value that is not a constant.
  func buffer(_ v: Int) -> Buffer {
    let value = graph.values[v]
    let place = external.pointers[value.root] ?? arena.base + (memory.offsets[v] ?? 0)
    return Buffer(dtype: value.dtype.computed, shape: value.shape, order: value.order, pointer: place)
  }

  /// The buffers of the inputs; `nil` for inputs that are not read and inputs in memory of the caller.
  func inputs(_ names: [String]) -> [Buffer?] {
    let fed = Dictionary(graph.inputs.map { (graph.values[$0].name, $0) }, uniquingKeysWith: { a, _ in a })
    return names.map { name in
      fed[name].flatMap { memory.offsets[$0] == nil || outside[name] != nil ? nil : buffer($0) }
    }
  }

  /// Steps that copy results that could not be computed directly in memory of the caller.
  func copies() -> [Plan.Step] {
    external.copied.compactMap { name, value in
      guard let to = outside[name] else { return nil }
      let copy = StridedCopy(from: buffer(value), to: to.buffer)
      return Plan.Step("reorder", name, "copy", [to.buffer]) { copy.run() }
    }
  }

  /// Steps that store the last contents of states that could not be updated in place, and the constants among them.
  func stateCopies() -> (steps: [Plan.Step], constants: [Tensor]) {
    var steps: [Plan.Step] = []
    var constants: [Tensor] = []
    for state in graph.states where state.final != state.initial && !graph.isInPlace(state) {
      guard let to = states.buffers[state.name]?.buffer else { continue }
      var from = buffer(state.final)
      if let constant = graph.values[state.final].constant?.computed() {
        constants.append(constant)
        let bytes = constant.withBytes { UnsafeMutableRawPointer(mutating: $0.baseAddress ?? UnsafeRawPointer(constant.storage.base)) }
        from = Buffer(dtype: constant.dtype, shape: constant.shape, pointer: bytes)
      }
      let copy = StridedCopy(from: from, to: to)
      steps.append(Plan.Step("write_state", state.name, "copy", [to]) { copy.run() })
    }
    return (steps, constants)
  }

  /// The description of a value for the plan text.
  func described(_ v: Int) -> PlanText.Value {
    let value = graph.values[v]
    let place: PlanText.Place =
      if value.constant != nil || value.isReleased {
        .constant
      } else if let offset = memory.offsets[v], external.pointers[value.root] == nil {
        .arena(offset)
      } else {
        .outside
      }
    return PlanText.Value(name: value.name, dtype: value.dtype.computed, shape: value.shape, order: value.order, place: place)
  }
}
