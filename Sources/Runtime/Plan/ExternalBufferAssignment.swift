// SPDX-License-Identifier: Apache-2.0
// Which values of a graph lie in memory of the caller.

import Kernels
import Tensors

/// Which values of a graph use the caller's memory, and which results must be copied to it.
struct ExternalBufferAssignment {
  /// Addresses by root value.
  private(set) var pointers: [Int: UnsafeMutableRawPointer] = [:]
  private(set) var copied: [(name: String, value: Int)] = []

  /// - Parameters:
  ///   - graph: its in-place decisions are final.
  ///   - states: the memory of the states.
  init(
    _ graph: Graph, inputs: [Int], results: [(name: String, value: Int?)], _ outside: [String: ExternalBuffer], states: StateMemory
  ) {
    var taken = Set<UnsafeMutableRawPointer>()
    for state in graph.states {
      guard let v = state.initial, let buffer = states.buffers[state.name] else { continue }
      pointers[v] = buffer.pointer
      taken.insert(buffer.pointer)
    }
    for v in inputs {
      guard let buffer = outside[graph.values[v].name] else { continue }
      pointers[graph.values[v].root] = buffer.pointer
      taken.insert(buffer.pointer)
    }
    for (name, value) in results {
      guard let value, let buffer = outside[name], graph.values[value].constant == nil else { continue }
      let known = graph.values[value]
      let isPlain = Layout.same(known.order, Layout.plain(known.shape.count), known.shape)
      let isWhole = graph.values[known.root].shape.elementCount == known.shape.elementCount
      // A result that shares an input's memory, is a result already, or will overwrite an input is copied at the end: until
      // then the old content may still be read.
      let isFree = pointers[known.root] == nil && !taken.contains(buffer.pointer) && !graph.inputs.contains(known.root)
      if isPlain, isWhole, isFree, graph.values[known.root].dtype.computed == known.dtype.computed {
        pointers[known.root] = buffer.pointer
        taken.insert(buffer.pointer)
      } else {
        copied.append((name, value))
      }
    }
  }
}
