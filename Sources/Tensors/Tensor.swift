// SPDX-License-Identifier: Apache-2.0
// A dense row-major array with elements of one dtype.

import Platform

/// A dense, row-major array with value semantics.
///
/// Copies share their bytes until one of them is written (copy-on-write). The bytes may be in a mapped file, in which
/// case they are read on access. Sub-byte integers are packed with the lowest bits first, element 0 in the lowest
/// bits, as in Core ML's weight file; a `bool` takes one byte.
package struct Tensor: Sendable {
  package let dtype: DType
  package let shape: Shape
  package private(set) var storage: TensorStorage
  /// The offset of the first element in `storage`.
  private let byteOffset: Int

  /// Number of elements.
  package var count: Int { shape.elementCount }
  /// Bytes of the elements.
  package var byteCount: Int { dtype.byteCount(count) }
  package var rank: Int { shape.count }

  /// A tensor with uninitialized elements, which the caller must set.
  package init(uninitialized dtype: DType, _ shape: Shape) {
    precondition(dtype != .string, "a tensor does not hold strings")
    self.dtype = dtype
    self.shape = shape
    byteOffset = 0
    storage = TensorStorage(byteCount: dtype.byteCount(shape.elementCount))
  }

  /// All elements zero.
  package init(zeros dtype: DType, _ shape: Shape) {
    self.init(uninitialized: dtype, shape)
    storage.base.initializeMemory(as: UInt8.self, repeating: 0, count: storage.byteCount)
  }

  /// A view of bytes that contain the elements.
  ///
  /// - Precondition: `storage` has enough bytes for the elements from `byteOffset` on.
  package init(dtype: DType, shape: Shape, storage: TensorStorage, byteOffset: Int = 0) {
    precondition(
      byteOffset >= 0 && byteOffset + dtype.byteCount(shape.elementCount) <= storage.byteCount,
      "storage too small for \(dtype)\(shape)")
    self.dtype = dtype
    self.shape = shape
    self.storage = storage
    self.byteOffset = byteOffset
  }

  /// A tensor with the given elements in row-major order; a scalar if `shape` is omitted and there is one element.
  package init<T: TensorElement>(_ elements: [T], shape: Shape? = nil) {
    let shape = shape ?? [elements.count]
    precondition(
      shape.elementCount == elements.count, "\(elements.count) elements for shape \(shape)")
    self.init(uninitialized: T.dtype, shape)
    elements.withUnsafeBytes {
      storage.base.copyMemory(
        from: $0.baseAddress ?? UnsafeRawPointer(storage.base), byteCount: $0.count)
    }
  }

  /// A tensor of rank 0.
  package init<T: TensorElement>(scalar value: T) { self.init([value], shape: []) }

  /// A tensor with the given bytes, which are packed for sub-byte dtypes.
  package init(dtype: DType, shape: Shape, bytes: UnsafeRawBufferPointer) {
    self.init(uninitialized: dtype, shape)
    precondition(bytes.count == byteCount, "\(bytes.count) bytes for \(dtype)\(shape)")
    if let source = bytes.baseAddress {
      storage.base.copyMemory(from: source, byteCount: bytes.count)
    }
  }

  // MARK: Bytes

  /// Calls `body` with the packed bytes, which must not escape.
  package func withBytes<R, E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> R) throws(E)
    -> R
  {
    defer { withExtendedLifetime(storage) {} }
    return try body(UnsafeRawBufferPointer(start: storage.base + byteOffset, count: byteCount))
  }

  /// Calls `body` with the packed bytes for writing, after copying them if they are shared.
  package mutating func withMutableBytes<R, E: Error>(
    _ body: (UnsafeMutableRawBufferPointer) throws(E) -> R
  ) throws(E) -> R {
    makeUnique()
    defer { withExtendedLifetime(storage) {} }
    return try body(
      UnsafeMutableRawBufferPointer(start: storage.base + byteOffset, count: byteCount))
  }

  /// Calls `body` with the elements, which must not escape.
  ///
  /// - Precondition: `T.dtype == dtype`.
  package func withElements<T: TensorElement, R, E: Error>(
    of type: T.Type, _ body: (UnsafeBufferPointer<T>) throws(E) -> R
  ) throws(E) -> R {
    precondition(T.dtype == dtype, "\(dtype) elements read as \(T.dtype)")
    return try withBytes { (raw) throws(E) -> R in
      // Blobs in weight files are aligned to 64 bytes; other borrowed bytes are copied by their borrower.
      try body(raw.bindMemory(to: T.self))
    }
  }

  /// Calls `body` with the elements for writing.
  ///
  /// - Precondition: `T.dtype == dtype`.
  package mutating func withMutableElements<T: TensorElement, R, E: Error>(
    of type: T.Type, _ body: (UnsafeMutableBufferPointer<T>) throws(E) -> R
  ) throws(E) -> R {
    precondition(T.dtype == dtype, "\(dtype) elements written as \(T.dtype)")
    return try withMutableBytes { (raw) throws(E) -> R in try body(raw.bindMemory(to: T.self)) }
  }

  private mutating func makeUnique() {
    guard
      !storage.isOwned || !isKnownUniquelyReferenced(&storage) || byteOffset != 0
        || storage.byteCount != byteCount
    else { return }
    let copy = withBytes { Tensor(dtype: dtype, shape: shape, bytes: $0) }
    self = copy
  }

  // MARK: Shape

  /// The same elements with a different shape of the same count.
  package func reshaped(_ shape: Shape) -> Tensor {
    precondition(shape.elementCount == count, "\(self.shape) reshaped to \(shape)")
    return Tensor(dtype: dtype, shape: shape, storage: storage, byteOffset: byteOffset)
  }

  /// The same bytes with a different dtype and shape.
  ///
  /// - Precondition: both have the same size in bytes.
  package func reinterpreted(as dtype: DType, _ shape: Shape) -> Tensor {
    precondition(dtype.byteCount(shape.elementCount) == byteCount, "\(self.dtype)\(self.shape) as \(dtype)\(shape)")
    return Tensor(dtype: dtype, shape: shape, storage: storage, byteOffset: byteOffset)
  }

  /// The indices `from..<to` of the first axis. The bytes are shared, except if sub-byte rows are not whole bytes.
  package func rows(_ range: Range<Int>) -> Tensor {
    precondition(
      rank > 0 && range.lowerBound >= 0 && range.upperBound <= shape[0], "rows \(range) of \(shape)"
    )
    let row = Array(shape.dropFirst()).elementCount
    let newShape = [range.count] + shape.dropFirst()
    guard dtype.isSubByte, (row * dtype.bits) % 8 != 0 else {
      let start = byteOffset + dtype.byteCount(row * range.lowerBound)
      return Tensor(dtype: dtype, shape: newShape, storage: storage, byteOffset: start)
    }
    let elements = codes()
    return Tensor(
      codes: Array(elements[range.lowerBound * row..<range.upperBound * row]), dtype: dtype,
      shape: newShape)
  }
}

extension Tensor: Equatable {
  /// Whether dtype, shape and bytes are equal (so NaN equals itself and -0 differs from 0).
  package static func == (a: Tensor, b: Tensor) -> Bool {
    guard a.dtype == b.dtype, a.shape == b.shape else { return false }
    return a.withBytes { x in
      b.withBytes { y in
        guard let p = x.baseAddress, let q = y.baseAddress, p != q else { return true }
        return memcmp(p, q, x.count) == 0
      }
    }
  }
}
