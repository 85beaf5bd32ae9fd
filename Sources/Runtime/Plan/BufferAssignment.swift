// SPDX-License-Identifier: Apache-2.0
// Assigns memory to the values of a graph: in the plan's arena or in memory of the caller.

import Kernels
import MIL
import Operators
import Tensors

/// Memory that a plan owns.
final class Arena {
  let base: UnsafeMutableRawPointer

  init(byteCount: Int) { base = .allocate(byteCount: byteCount, alignment: 64) }
  deinit { base.deallocate() }
}

/// The addresses of all values of a graph.
struct BufferAssignment {
  let graph: Graph
  let memory: MemoryPlan
  let arena: Arena
  private let external: ExternalBufferAssignment
  private let outside: [String: ExternalBuffer]

  /// - Parameters:
  ///   - results: the names and values of the results; the value is `nil` for constants.
  ///   - outside: memory of the caller for inputs and results, by name.
  init(_ graph: Graph, results: [(name: String, value: Int?)], _ outside: [String: ExternalBuffer]) {
    self.graph = graph
    self.outside = outside
    external = ExternalBufferAssignment(graph, inputs: graph.inputs, results: results, outside)
    memory = MemoryPlan(graph, outside: Set(external.pointers.keys))
    arena = Arena(byteCount: memory.size + 64)
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

  /// The description of a value for the plan text.
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
