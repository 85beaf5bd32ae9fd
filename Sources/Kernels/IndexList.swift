// SPDX-License-Identifier: Apache-2.0
// Positions given by a tensor of integers, checked before anything is read or written there.

import Tensors

/// An index that points outside of its axis.
package struct IndexFault: Error, Equatable {
  package let index: Int
  /// Where the index stands in the tensor of indices, in row-major order.
  package let position: Int
  /// The extent of the axis.
  package let extent: Int
}

/// What is done with an index outside of `0..<extent`.
package enum IndexPolicy: Sendable {
  /// Counted from the end when negative; when still outside, readers take the nearest valid index and writers write
  /// nothing.
  case fromEnd
  /// The same without counting from the end.
  case outside
  /// An `IndexFault`; negative ones too.
  case validated
}

/// Indices in memory, of any integer type that a running program keeps.
package struct IndexList {
  private let pointer: UnsafeRawPointer
  private let dtype: DType
  private let policy: IndexPolicy
  package let count: Int

  /// - Precondition: the buffer is plain and holds integers.
  package init(_ buffer: Buffer, policy: IndexPolicy = .fromEnd) {
    precondition(buffer.dtype.isInteger && buffer.isPlain, "indices of \(buffer.dtype)")
    pointer = UnsafeRawPointer(buffer.pointer)
    dtype = buffer.dtype
    self.policy = policy
    count = buffer.count
  }

  /// The integer as it stands.
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

  /// The index of an axis to read at.
  ///
  /// - Precondition: `extent` is positive.
  /// - Throws: `IndexFault` under the policy `validated`.
  @inline(__always)
  package func index(_ position: Int, extent: Int) throws(IndexFault) -> Int {
    min(max(try resolved(position, extent: extent), 0), extent - 1)
  }

  /// The index of an axis to write at; `nil` when it is outside.
  ///
  /// - Throws: `IndexFault` under the policy `validated`.
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

  /// Where the tuple of indices that starts at `position` points for reading, in elements, under the given extents and
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
