// SPDX-License-Identifier: Apache-2.0
// Memory of results, and tensors as the buffers of kernels.

import Kernels
import Platform
import Tensors

extension Tensor {
  /// The most elements of a result; a larger number is probably a typing error.
  package static let mostElements = 1 << 32

  /// A tensor for a result, with uninitialized elements.
  ///
  /// - Throws: `AlgebraError.tooLarge` if it exceeds the memory of the machine.
  package static func result(_ dtype: DType, _ shape: Shape, of function: String) throws(AlgebraError) -> Tensor {
    Tensor(uninitialized: dtype, try allocatable(dtype, shape, of: function))
  }

  /// The shape, if a tensor of it fits in memory.
  ///
  /// - Throws: `AlgebraError.tooLarge`.
  package static func allocatable(_ dtype: DType, _ shape: Shape, of function: String) throws(AlgebraError) -> Shape {
    guard let count = shape.checkedElementCount, count <= mostElements, dtype.byteCount(count) <= physicalMemory else {
      throw .tooLarge(function: function, dtype: dtype, shape: shape)
    }
    return shape
  }

  /// The elements without a copy. The caller keeps the tensor alive, and writes only to tensors that it has just made.
  ///
  /// - Precondition: the dtype has whole bytes.
  var buffer: Buffer {
    Buffer(
      dtype: dtype, shape: shape,
      pointer: withBytes { UnsafeMutableRawPointer(mutating: $0.baseAddress ?? UnsafeRawPointer(storage.base)) })
  }

  /// The elements one per byte if they are packed, as uint8 or, for int4, int8; otherwise the tensor itself.
  var unpacked: Tensor {
    guard dtype.isSubByte else { return self }
    return Tensor(dtype: dtype.isSigned ? .int8 : .uint8, shape: shape, storage: Tensor(codes(), shape: shape).storage)
  }

  /// The inverse of ``unpacked``.
  func packed(as dtype: DType) -> Tensor {
    guard dtype.isSubByte, self.dtype != dtype else { return self }
    return Tensor(codes: codes(), dtype: dtype, shape: shape)
  }

  /// The shape that the operands broadcast to.
  ///
  /// - Throws: `AlgebraError.shapes` with the first axis from the end whose extents differ.
  package static func broadcast(_ shapes: [Shape], for function: String) throws(AlgebraError) -> Shape {
    var out: Shape = []
    for shape in shapes {
      guard let both = out.broadcast(with: shape) else {
        let rank = shapes.map(\.count).max() ?? 0
        let axis = (1...max(rank, 1)).first { back in
          let extents = shapes.compactMap { $0.count >= back ? $0[$0.count - back] : nil }.filter { $0 != 1 }
          return Set(extents).count > 1
        }
        throw .shapes(function: function, shapes, axis: -(axis ?? 1))
      }
      out = both
    }
    return out
  }

  /// The axis counted from the front.
  ///
  /// - Throws: `AlgebraError.axis`.
  package func axis(_ axis: Int, for function: String) throws(AlgebraError) -> Int {
    guard let counted = shape.normalizedAxis(axis) else { throw .axis(function: function, axis: axis, shape: shape) }
    return counted
  }

  /// The axes counted from the front, in the given order; all axes for `nil`.
  ///
  /// - Throws: `AlgebraError.axis`, `AlgebraError.repeatedAxis`.
  package func axes(_ axes: [Int]?, for function: String) throws(AlgebraError) -> [Int] {
    guard let axes else { return Array(shape.indices) }
    var counted: [Int] = []
    for given in axes {
      let axis = try axis(given, for: function)
      guard !counted.contains(axis) else { throw .repeatedAxis(function: function, axis: given) }
      counted.append(axis)
    }
    return counted
  }
}
