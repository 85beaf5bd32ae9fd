// SPDX-License-Identifier: Apache-2.0
// Writing or combining elements and blocks of elements by index.

import CKernels
import Tensors

/// How an update is combined with the existing element.
package enum ScatterMode: String, Sendable, CaseIterable {
  case update, add, sub, mul, div, max, min
}

/// An element type in which updates can be combined.
protocol ScatterElement: BitwiseCopyable {
  static func combine(_ mode: ScatterMode, _ old: Self, _ update: Self) -> Self
}

extension Float: ScatterElement {
  @inline(__always)
  static func combine(_ mode: ScatterMode, _ old: Float, _ update: Float) -> Float {
    switch mode {
    case .update: update
    case .add: old + update
    case .sub: old - update
    case .mul: old * update
    case .div: old / update
    case .max: Swift.max(old, update)
    case .min: Swift.min(old, update)
    }
  }
}

extension Int32: ScatterElement {
  /// Sums and products wrap; quotients are truncated, and division by zero leaves the element unchanged.
  @inline(__always)
  static func combine(_ mode: ScatterMode, _ old: Int32, _ update: Int32) -> Int32 {
    switch mode {
    case .update: update
    case .add: old &+ update
    case .sub: old &- update
    case .mul: old &* update
    case .div: old.dividedReportingOverflow(by: update).partialValue
    case .max: Swift.max(old, update)
    case .min: Swift.min(old, update)
    }
  }
}

/// Writes at indices known only at run time. All buffers are row-major; elements are floats or int32.
/// Indices are processed in order, so of several updates of one element the last wins; updates outside the axis are skipped.
package enum Scatter {
  /// `y[o, indices[j], :] ∘= updates[o, j, :]`.
  ///
  /// - Parameter isFloat: whether elements are floats; int32 otherwise.
  package static func blocks(
    _ updates: UnsafeRawPointer, _ indices: IndexList, into y: UnsafeMutableRawPointer, mode: ScatterMode, isFloat: Bool,
    outer: Int, extent: Int, inner: Int
  ) throws(IndexFault) {
    for o in 0..<outer {
      for j in 0..<indices.count {
        guard let index = try indices.target(j, extent: extent) else { continue }
        combine(updates, (o * indices.count + j) * inner, y, (o * extent + index) * inner, count: inner, mode, isFloat)
      }
    }
  }

  /// `y[o, indices[o, j, i], i] ∘= updates[o, j, i]`.
  package static func alongAxis(
    _ updates: UnsafeRawPointer, _ indices: IndexList, into y: UnsafeMutableRawPointer, mode: ScatterMode, isFloat: Bool,
    outer: Int, extent: Int, picks: Int, inner: Int
  ) throws(IndexFault) {
    var position = 0
    for o in 0..<outer {
      for _ in 0..<picks {
        for i in 0..<inner {
          if let index = try indices.target(position, extent: extent) {
            combine(updates, position, y, (o * extent + index) * inner + i, count: 1, mode, isFloat)
          }
          position += 1
        }
      }
    }
  }

  /// `y[indices[j, 0], indices[j, 1], …, :] ∘= updates[j, :]`.
  ///
  /// - Parameters:
  ///   - extents: extents of the indexed axes.
  ///   - strides: the row-major strides of these extents.
  ///   - inner: number of elements of the block that an index tuple addresses.
  package static func tuples(
    _ updates: UnsafeRawPointer, _ indices: IndexList, into y: UnsafeMutableRawPointer, mode: ScatterMode, isFloat: Bool,
    extents: [Int], strides: [Int], picks: Int, inner: Int
  ) throws(IndexFault) {
    for j in 0..<picks {
      guard let block = try indices.targetOffset(j * extents.count, extents: extents, strides: strides) else { continue }
      combine(updates, j * inner, y, block * inner, count: inner, mode, isFloat)
    }
  }

  @inline(__always)
  private static func combine(
    _ updates: UnsafeRawPointer, _ from: Int, _ y: UnsafeMutableRawPointer, _ to: Int, count: Int,
    _ mode: ScatterMode, _ isFloat: Bool
  ) {
    if isFloat {
      combine(updates.assumingMemoryBound(to: Float.self) + from, y.assumingMemoryBound(to: Float.self) + to, count, mode)
    } else {
      combine(updates.assumingMemoryBound(to: Int32.self) + from, y.assumingMemoryBound(to: Int32.self) + to, count, mode)
    }
  }

  @inline(__always)
  private static func combine<E: ScatterElement>(
    _ updates: UnsafePointer<E>, _ y: UnsafeMutablePointer<E>, _ count: Int, _ mode: ScatterMode
  ) {
    for i in 0..<count { y[i] = E.combine(mode, y[i], updates[i]) }
  }
}

extension Scatter {
  /// Clears `extent` blocks of `inner` floats and adds the block of each pick to the one at its index. Negative indices count
  /// from the end; indices still outside are clamped, as in a gather.
  package static func sum(
    _ picks: UnsafePointer<Float>, _ indices: IndexList, from first: Int, picks count: Int,
    into sums: UnsafeMutablePointer<Float>, extent: Int, inner: Int
  ) {
    sums.update(repeating: 0, count: extent * inner)
    for pick in 0..<count {
      let index = indices[first + pick]
      let place = min(max(index < 0 ? index + extent : index, 0), extent - 1)
      ck_add(sums + place * inner, sums + place * inner, picks + pick * inner, inner)
    }
  }
}
