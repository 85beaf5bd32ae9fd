// SPDX-License-Identifier: Apache-2.0
// The memory of a value while a program runs.

import Tensors

extension DType {
  /// The type in which a running program stores elements of this type.
  ///
  /// Floats are computed in 32 bits, wide integers in 32 bits; sub-byte codes take one byte each.
  package var computed: DType {
    switch self {
    case .float16, .bfloat16, .float32, .float64, .float8E4M3FN, .float8E5M2: .float32
    case .int32, .int64, .uint32, .uint64: .int32
    case .uint1, .uint2, .uint3, .uint4, .uint6: .uint8
    case .int4: .int8
    case .bool, .uint8, .uint16, .int8, .int16, .string: self
    }
  }
}

/// A block of elements whose axes may be stored in an order other than the program's. It is dense, except where an operator accepts
/// part of a larger block.
///
/// Kernels receive their buffers when they are built and keep the addresses, so no lookup is needed at run time.
package struct Buffer {
  /// One of the types that `DType.computed` returns; for tensors outside of a program any of whole bytes.
  package let dtype: DType
  /// Extents in the program's axis order.
  package let shape: Shape
  /// The program's axes in memory order, outermost first; `[0, 2, 3, 1]` is NHWC for an NCHW value.
  package let order: [Int]
  /// Element strides, unless the buffer is dense.
  private let ownStrides: [Int]?
  package let pointer: UnsafeMutableRawPointer

  package init(dtype: DType, shape: Shape, order: [Int]? = nil, pointer: UnsafeMutableRawPointer) {
    self.dtype = dtype
    self.shape = shape
    self.order = order ?? Array(shape.indices)
    self.pointer = pointer
    ownStrides = nil
  }

  /// Part of a larger block, in the program's axis order.
  ///
  /// - Parameters:
  ///   - strides: of the elements, by axis; zero repeats them.
  ///   - pointer: the element at index zero of every axis.
  package init(dtype: DType, shape: Shape, strides: [Int], pointer: UnsafeMutableRawPointer) {
    self.dtype = dtype
    self.shape = shape
    order = Array(shape.indices)
    self.pointer = pointer
    ownStrides = strides
  }

  package var count: Int { shape.elementCount }
  package var byteCount: Int { dtype.byteCount(count) }
  /// Extents in memory order.
  package var storedShape: Shape { shape.permuted(by: order) }
  /// Element strides in the program's axis order.
  package var strides: [Int] {
    if let ownStrides { return ownStrides }
    let stored = storedShape.rowMajorStrides
    return order.inversePermutation.map { stored[$0] }
  }
  /// Whether memory order equals the program's order (axes of extent 1 do not matter).
  package var isPlain: Bool { ownStrides == nil && Layout.same(order, Array(shape.indices), shape) }
  /// Position of the program's `axis` (not negative) in memory order.
  package func storedAxis(_ axis: Int) -> Int { order.inversePermutation[axis] }

  package func floats() -> UnsafeMutablePointer<Float> { pointer.assumingMemoryBound(to: Float.self) }
  package func int32s() -> UnsafeMutablePointer<Int32> { pointer.assumingMemoryBound(to: Int32.self) }
  package func bytes() -> UnsafeMutablePointer<UInt8> { pointer.assumingMemoryBound(to: UInt8.self) }
  func elements<T: BitwiseCopyable>(_ type: T.Type) -> UnsafeMutablePointer<T> { pointer.assumingMemoryBound(to: T.self) }

  /// The same memory viewed with another shape, row-major.
  ///
  /// - Precondition: the buffer is row-major and the element counts agree.
  package func reshaped(_ shape: Shape) -> Buffer {
    precondition(isPlain && shape.elementCount == count)
    return Buffer(dtype: dtype, shape: shape, pointer: pointer)
  }
}

/// Axis orders in memory.
package enum Layout {
  /// The program's own order (row-major).
  package static func plain(_ rank: Int) -> [Int] { Array(0..<rank) }

  /// Channels (axis 1) innermost, for ranks 3 to 5; row-major for other ranks.
  package static func channelsLast(_ rank: Int) -> [Int] {
    (3...5).contains(rank) ? [0] + Array(2..<rank) + [1] : plain(rank)
  }

  /// Whether two axis orders place the elements of this shape at the same addresses.
  package static func same(_ a: [Int], _ b: [Int], _ shape: Shape) -> Bool {
    a == b || a.filter { shape[$0] != 1 } == b.filter { shape[$0] != 1 }
  }
}
