// SPDX-License-Identifier: Apache-2.0
// Caller-owned memory that a plan uses without copies: parameters, gradients, batches.

import Kernels
import Platform
import Tensors

/// A row-major block of elements in the computed type, at a fixed address.
package final class ExternalBuffer {
  /// One of the types that `DType.computed` returns.
  package let dtype: DType
  package let shape: Shape
  package let pointer: UnsafeMutableRawPointer
  private let allocated: UnsafeMutableRawPointer

  package var count: Int { shape.elementCount }
  package var byteCount: Int { dtype.byteCount(count) }

  /// Zero-initialized; `dtype` is converted to the computed type.
  package init(zeros dtype: DType, _ shape: Shape) {
    self.dtype = dtype.computed
    self.shape = shape
    let bytes = dtype.computed.byteCount(shape.elementCount)
    // The system provides pages of zeros when they are first used: of a long cache, only the part in use takes memory.
    guard let allocated = calloc(bytes + 64, 1) else { fatalError("out of memory: \(bytes) bytes") }
    self.allocated = allocated
    pointer = allocated.alignedUp(toMultipleOf: 64)
  }

  /// A copy of the tensor's elements.
  package convenience init(_ tensor: Tensor) {
    self.init(zeros: tensor.dtype, tensor.shape)
    store(tensor)
  }

  deinit { free(allocated) }

  /// The elements as floats.
  ///
  /// - Precondition: the elements are float32.
  package var floats: UnsafeMutableBufferPointer<Float> {
    precondition(dtype == .float32, "\(dtype) elements read as floats")
    return UnsafeMutableBufferPointer(start: pointer.assumingMemoryBound(to: Float.self), count: count)
  }

  /// Copies the tensor's elements in, converted to the computed type.
  ///
  /// - Precondition: the shapes agree.
  package func store(_ tensor: Tensor) {
    precondition(tensor.shape == shape, "a tensor of shape \(tensor.shape) for a buffer of \(shape)")
    if dtype == .float32 { return tensor.copyFloats(to: pointer.assumingMemoryBound(to: Float.self)) }
    tensor.cast(to: dtype).withBytes { from in
      if let from = from.baseAddress { pointer.copyMemory(from: from, byteCount: byteCount) }
    }
  }

  /// Sets all elements to zero.
  package func clear() { pointer.initializeMemory(as: UInt8.self, repeating: 0, count: byteCount) }

  /// A copy of the elements.
  package var tensor: Tensor { Tensor(dtype: dtype, shape: shape, bytes: UnsafeRawBufferPointer(start: pointer, count: byteCount)) }

  var buffer: Buffer { Buffer(dtype: dtype, shape: shape, pointer: pointer) }
}

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
