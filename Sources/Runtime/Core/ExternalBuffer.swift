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
