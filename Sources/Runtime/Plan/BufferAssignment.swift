// SPDX-License-Identifier: Apache-2.0
// Where the values of a graph lie: in the plan's arena or in memory of the caller's.

import Kernels
import MIL
import Operators
import Tensors

/// Memory of a plan's own.
final class Arena {
  let base: UnsafeMutableRawPointer

  init(byteCount: Int) { base = .allocate(byteCount: byteCount, alignment: 64) }
  deinit { base.deallocate() }
}

/// Addresses for all values of a graph that is ready to be planned.
struct BufferAssignment {
  let graph: Graph
  let memory: MemoryPlan
  let arena: Arena
  private let external: ExternalBufferAssignment
  private let outside: [String: ExternalBuffer]

  /// - Parameters:
  ///   - results: the names to be given back with their values; `nil` for constants.
  ///   - outside: memory of the caller's for inputs and results, by name.
  init(_ graph: Graph, results: [(name: String, value: Int?)], _ outside: [String: ExternalBuffer]) {
    self.graph = graph
    self.outside = outside
    external = ExternalBufferAssignment(graph, inputs: graph.inputs, results: results, outside)
    memory = MemoryPlan(graph, outside: Set(external.pointers.keys))
    arena = Arena(byteCount: memory.size + 64)
  }

  /// The memory of a value that is not a constant.
  func buffer(_ v: Int) -> Buffer {
    let value = graph.values[v]
    let place = external.pointers[value.root] ?? arena.base + (memory.offsets[v] ?? 0)
    return Buffer(dtype: value.dtype.computed, shape: value.shape, order: value.order, pointer: place)
  }

  /// Buffers of a routine's inputs; `nil` for those that nobody reads and those that the caller keeps.
  func inputs(_ names: [String]) -> [Buffer?] {
    let fed = Dictionary(graph.inputs.map { (graph.values[$0].name, $0) }, uniquingKeysWith: { a, _ in a })
    return names.map { name in
      fed[name].flatMap { memory.offsets[$0] == nil || outside[name] != nil ? nil : buffer($0) }
    }
  }

  /// Copies of results that could not be made where the caller wants them.
  func copies() -> [Plan.Step] {
    external.copied.compactMap { name, value in
      guard let to = outside[name] else { return nil }
      let copy = StridedCopy(from: buffer(value), to: to.buffer)
      return Plan.Step("reorder", name, "copy", [to.buffer]) { copy.run() }
    }
  }

  /// What a plan's text says of a value.
  func described(_ v: Int) -> PlanText.Value {
    let value = graph.values[v]
    let place: PlanText.Place =
      if value.constant != nil {
        .constant
      } else if let offset = memory.offsets[v], external.pointers[value.root] == nil {
        .arena(offset)
      } else {
        .outside
      }
    return PlanText.Value(name: value.name, dtype: value.dtype.computed, shape: value.shape, order: value.order, place: place)
  }
}
