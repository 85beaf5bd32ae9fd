// SPDX-License-Identifier: Apache-2.0
// Strided views: slices, reversals and permutations of axes without copying.

import Tensors

/// A view with a byte stride for each axis.
///
/// Every method returns another view of the same memory. Axes are the program's, in any memory order.
package struct StridedView {
  /// Address of the element at index zero of every axis.
  package private(set) var base: UnsafeMutableRawPointer
  /// Size of one element in bytes.
  package let elementSize: Int
  package private(set) var extents: Shape
  /// Stride of each axis in bytes; zero broadcasts, negative reverses.
  package private(set) var strides: [Int]

  package init(base: UnsafeMutableRawPointer, elementSize: Int, extents: Shape, strides: [Int]) {
    precondition(extents.count == strides.count)
    self.base = base
    self.elementSize = elementSize
    self.extents = extents
    self.strides = strides
  }

  /// All elements of a buffer.
  package init(_ buffer: Buffer) {
    let size = buffer.dtype.byteCount(1)
    self.init(base: buffer.pointer, elementSize: size, extents: buffer.shape, strides: buffer.strides.map { $0 * size })
  }

  /// The first element of a buffer, broadcast to `extents`.
  package init(repeating element: Buffer, extents: Shape) {
    self.init(
      base: element.pointer, elementSize: element.dtype.byteCount(1), extents: extents,
      strides: Array(repeating: 0, count: extents.count))
  }

  package var rank: Int { extents.count }
  package var count: Int { extents.elementCount }

  /// `count` elements along `axis` starting at `start`, `step` apart (which may be negative).
  package func sliced(_ axis: Int, from start: Int, count: Int, step: Int = 1) -> StridedView {
    precondition(
      count == 0 || ((0..<extents[axis]).contains(start) && (0..<extents[axis]).contains(start + (count - 1) * step)),
      "slice of \(count) from \(start) by \(step) leaves the extent \(extents[axis])")
    var view = self
    if count > 0 { view.base += start * strides[axis] }
    view.extents[axis] = count
    view.strides[axis] *= step
    return view
  }

  /// The axis reversed.
  package func reversed(_ axis: Int) -> StridedView {
    sliced(axis, from: max(extents[axis] - 1, 0), count: extents[axis], step: -1)
  }

  /// Drops `axis` at index `index`.
  package func removing(_ axis: Int, at index: Int = 0) -> StridedView {
    var view = sliced(axis, from: index, count: 1)
    view.extents.remove(at: axis)
    view.strides.remove(at: axis)
    return view
  }

  /// Inserts an axis before `axis` along which the elements repeat.
  package func repeating(_ count: Int, at axis: Int) -> StridedView {
    var view = self
    view.extents.insert(count, at: axis)
    view.strides.insert(0, at: axis)
    return view
  }

  /// Permutes the axes: axis `i` of the result is `order[i]` of this view.
  package func permuted(by order: [Int]) -> StridedView {
    var view = self
    view.extents = extents.permuted(by: order)
    view.strides = strides.permuted(by: order)
    return view
  }

  /// Splits the axis into several, outermost first.
  ///
  /// - Precondition: the product of `parts` is the axis's extent.
  package func splitting(_ axis: Int, into parts: [Int]) -> StridedView {
    precondition(parts.elementCount == extents[axis], "\(extents[axis]) elements split into \(parts)")
    var view = self
    view.extents.replaceSubrange(axis...axis, with: parts)
    view.strides.replaceSubrange(axis...axis, with: parts.rowMajorStrides.map { $0 * strides[axis] })
    return view
  }

  /// Splits the axis into overlapping windows of `size` elements, `step` apart: two axes, windows first.
  package func windows(_ axis: Int, size: Int, step: Int) -> StridedView {
    let count = max((extents[axis] - size) / step + 1, 0)
    var view = self
    view.extents.replaceSubrange(axis...axis, with: [count, size])
    view.strides.replaceSubrange(axis...axis, with: [strides[axis] * step, strides[axis]])
    return view
  }
}
