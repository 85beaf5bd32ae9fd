// SPDX-License-Identifier: Apache-2.0
// Parts of a buffer along one axis.

import Tensors

extension Buffer {
  /// Whether the elements of an index range of `axis` are contiguous: no axis of more than one element is stored outside of it.
  package func isOutermost(_ axis: Int) -> Bool { storedShape[..<storedAxis(axis)].allSatisfy { $0 == 1 } }

  /// The elements at `range` of `axis`, dense like the whole.
  ///
  /// - Precondition: `isOutermost(axis)`.
  package func part(_ range: Range<Int>, of axis: Int) -> Buffer {
    precondition(isOutermost(axis), "a part along axis \(axis) of \(shape), stored as \(order), is not contiguous")
    var part = shape
    part[axis] = range.count
    return Buffer(dtype: dtype, shape: part, order: order, pointer: pointer + dtype.byteCount(range.lowerBound * strides[axis]))
  }
}
