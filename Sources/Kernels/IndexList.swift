// SPDX-License-Identifier: Apache-2.0
// Indices given by an integer tensor, checked before any access.

import Tensors

/// An index outside its axis.
package struct IndexFault: Error, Equatable {
  package let index: Int
  /// Position of the index in the tensor of indices, in row-major order.
  package let position: Int
  /// The extent of the axis.
  package let extent: Int
}

/// How an index outside `0..<extent` is handled.
package enum IndexPolicy: Sendable {
  /// Negative indices count from the end; when still outside, reads use the nearest valid index and writes are
  /// skipped.
  case fromEnd
  /// The same, but negative indices do not count from the end.
  case outside
  /// Throws an `IndexFault`, for negative indices too.
  case validated
}

/// Indices in memory, of any integer type that a running program stores.
package struct IndexList {
  private let pointer: UnsafeRawPointer
  private let dtype: DType
  private let policy: IndexPolicy
  package let count: Int

  /// - Precondition: the buffer is row-major and holds integers.
  package init(_ buffer: Buffer, policy: IndexPolicy = .fromEnd) {
    precondition(buffer.dtype.isInteger && buffer.isPlain, "indices of \(buffer.dtype)")
    pointer = UnsafeRawPointer(buffer.pointer)
    dtype = buffer.dtype
    self.policy = policy
    count = buffer.count
  }

  /// The integer as stored.
  @inline(__always)
  package subscript(position: Int) -> Int {
    switch dtype {
    case .int8: Int(pointer.load(fromByteOffset: position, as: Int8.self))
    case .uint8: Int(pointer.load(fromByteOffset: position, as: UInt8.self))
    case .int16: Int(pointer.load(fromByteOffset: position * 2, as: Int16.self))
    case .uint16: Int(pointer.load(fromByteOffset: position * 2, as: UInt16.self))
    default: Int(pointer.load(fromByteOffset: position * 4, as: Int32.self))
    }
  }

  /// The checked index for reading along an axis.
  ///
  /// - Precondition: `extent` is positive.
  /// - Throws: `IndexFault` with the policy `validated`.
  @inline(__always)
  package func index(_ position: Int, extent: Int) throws(IndexFault) -> Int {
    min(max(try resolved(position, extent: extent), 0), extent - 1)
  }

  /// The checked index for writing along an axis; `nil` when it is outside.
  ///
  /// - Throws: `IndexFault` with the policy `validated`.
  @inline(__always)
  package func target(_ position: Int, extent: Int) throws(IndexFault) -> Int? {
    let index = try resolved(position, extent: extent)
    return index >= 0 && index < extent ? index : nil
  }

  @inline(__always)
  private func resolved(_ position: Int, extent: Int) throws(IndexFault) -> Int {
    let index = self[position]
    if index >= 0 && index < extent { return index }
    switch policy {
    case .validated: throw IndexFault(index: index, position: position, extent: extent)
    case .outside: return index
    case .fromEnd: return index < 0 ? index + extent : index
    }
  }

  /// The offset, in elements, that the index tuple starting at `position` addresses for reading, with the given extents and
  /// strides.
  @inline(__always)
  package func offset(_ position: Int, extents: [Int], strides: [Int]) throws(IndexFault) -> Int {
    var offset = 0
    for axis in extents.indices { offset += try index(position + axis, extent: extents[axis]) * strides[axis] }
    return offset
  }

  /// The same for writing; `nil` when one of the indices is outside.
  @inline(__always)
  package func targetOffset(_ position: Int, extents: [Int], strides: [Int]) throws(IndexFault) -> Int? {
    var offset = 0
    for axis in extents.indices {
      guard let index = try target(position + axis, extent: extents[axis]) else { return nil }
      offset += index * strides[axis]
    }
    return offset
  }
}
