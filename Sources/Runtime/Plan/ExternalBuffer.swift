// SPDX-License-Identifier: Apache-2.0
// Memory of a caller's own that a plan reads and writes where it is: parameters, gradients, batches.

import Kernels
import Tensors

/// A row-major block of elements in the type that a program computes with, at an address that stays.
package final class ExternalBuffer {
  /// One of the types that `DType.computed` gives.
  package let dtype: DType
  package let shape: Shape
  package let pointer: UnsafeMutableRawPointer

  package var count: Int { shape.elementCount }
  package var byteCount: Int { dtype.byteCount(count) }

  /// All elements zero; `dtype` becomes the type that is computed with.
  package init(zeros dtype: DType, _ shape: Shape) {
    self.dtype = dtype.computed
    self.shape = shape
    let bytes = dtype.computed.byteCount(shape.elementCount)
    pointer = .allocate(byteCount: max(bytes, 64), alignment: 64)
    pointer.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
  }

  /// A copy of the tensor's elements.
  package convenience init(_ tensor: Tensor) {
    self.init(zeros: tensor.dtype, tensor.shape)
    store(tensor)
  }

  deinit { pointer.deallocate() }

  /// The elements as floats.
  ///
  /// - Precondition: they are.
  package var floats: UnsafeMutableBufferPointer<Float> {
    precondition(dtype == .float32, "\(dtype) elements read as floats")
    return UnsafeMutableBufferPointer(start: pointer.assumingMemoryBound(to: Float.self), count: count)
  }

  /// Copies the tensor's elements in, converting them to the type that is computed with.
  ///
  /// - Precondition: the shapes agree.
  package func store(_ tensor: Tensor) {
    precondition(tensor.shape == shape, "a tensor of shape \(tensor.shape) for a buffer of \(shape)")
    if dtype == .float32 { return tensor.copyFloats(to: pointer.assumingMemoryBound(to: Float.self)) }
    tensor.cast(to: dtype).withBytes { from in
      if let from = from.baseAddress { pointer.copyMemory(from: from, byteCount: byteCount) }
    }
  }

  /// A copy of the elements.
  package var tensor: Tensor { Tensor(dtype: dtype, shape: shape, bytes: UnsafeRawBufferPointer(start: pointer, count: byteCount)) }

  var buffer: Buffer { Buffer(dtype: dtype, shape: shape, pointer: pointer) }
}

/// Which values of a graph lie in a caller's memory, and which results have to be copied there.
struct ExternalPlacement {
  /// By root.
  private(set) var pointers: [Int: UnsafeMutableRawPointer] = [:]
  private(set) var copied: [(name: String, value: Int)] = []

  /// - Parameter graph: what it computes in place is settled.
  init(_ graph: Graph, inputs: [Int], results: [(name: String, value: Int?)], _ outside: [String: ExternalBuffer]) {
    var taken = Set<UnsafeMutableRawPointer>()
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
      // What lies in an input's memory, or is a result already, or is to become an input, is copied at the end: until then
      // somebody may read what was there.
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
