// SPDX-License-Identifier: Apache-2.0
// The elements of a value that a chain of slices, repetitions and reshapes selects, as strides over the value itself.

import Kernels
import MIL
import Tensors

/// A strided part of a dense value: what an operator reads instead of a copy.
package struct InputWindow: Sendable, Equatable {
  /// The first element, in elements from the start of the value.
  package private(set) var offset = 0
  package private(set) var shape: Shape
  /// In elements; zero along axes that repeat the elements.
  package private(set) var strides: [Int]
  /// Whether an axis of repetitions, of extent one here, is inserted before the last two: it and the axis before it are one axis of the
  /// value that the program computes.
  package private(set) var isGrouped = false

  /// The operations that may select elements.
  package static let operations: Set = ["slice_by_index", "tile", "expand_dims", "squeeze", "reshape", "transpose"]
  /// Those that otherwise copy elements.
  package static let copies: Set = ["slice_by_index", "tile"]

  /// All elements of a row-major value.
  package init(_ shape: Shape) {
    self.shape = shape
    strides = shape.rowMajorStrides
  }

  /// The elements that an operation on this window selects.
  ///
  /// - Parameter output: the shape of the operation's result.
  /// - Returns: `nil` if they cannot be addressed by strides, or depend on values that are not known.
  package func applying(_ call: Call, output: Shape) -> InputWindow? {
    guard !isGrouped else { return nil }
    switch call.operation.type {
    case "slice_by_index": return sliced(call)
    case "tile": return tiled(call, output)
    case "expand_dims", "squeeze": return reshaped(output)
    case "reshape": return reshaped(output) ?? grouped(output)
    case "transpose": return permuted(call)
    default: return nil
    }
  }

  private func sliced(_ call: Call) -> InputWindow? {
    guard let bounds = try? SliceBounds(call, rank: shape.count), let begins = try? call.integers("begin"),
      let ends = try? call.integers("end")
    else { return nil }
    var window = InputWindow([])
    window.offset = offset
    for axis in shape.indices {
      guard let range = try? bounds.range(axis, of: shape[axis], begin: begins[axis], end: ends[axis], call), range.count > 0 else {
        return nil
      }
      window.offset += range.start * strides[axis]
      guard !bounds.squeezes(axis) else { continue }
      window.shape.append(range.count)
      window.strides.append(strides[axis] * bounds.steps[axis])
    }
    return window
  }

  private func tiled(_ call: Call, _ output: Shape) -> InputWindow? {
    guard output.count == shape.count else { return nil }
    var window = self
    for (axis, extent) in output.enumerated() where extent != shape[axis] {
      guard shape[axis] == 1 else { return nil }
      window.shape[axis] = extent
      window.strides[axis] = 0
    }
    return window
  }

  private func permuted(_ call: Call) -> InputWindow? {
    guard let perm = try? call.integers("perm"), perm.count == shape.count else { return nil }
    let axes = perm.map { $0 < 0 ? $0 + shape.count : $0 }
    var window = self
    window.shape = shape.permuted(by: axes)
    window.strides = strides.permuted(by: axes)
    return window
  }

  /// The same elements with another shape: axes are divided, and merged where their strides permit it.
  private func reshaped(_ output: Shape) -> InputWindow? {
    guard output.elementCount == shape.elementCount, output.elementCount > 0 else { return nil }
    let old = shape.indices.filter { shape[$0] != 1 }
    var made = [Int](repeating: 0, count: output.count)
    var (i, j) = (0, 0)
    while i < old.count {
      var last = i
      var from = shape[old[i]]
      while j < output.count, output[j] == 1 { j += 1 }
      guard j < output.count else { return nil }
      var end = j
      var to = output[j]
      while from != to {
        if from < to {
          last += 1
          guard last < old.count else { return nil }
          from *= shape[old[last]]
        } else {
          end += 1
          guard end < output.count else { return nil }
          to *= output[end]
        }
      }
      for k in i..<last where strides[old[k]] != strides[old[k + 1]] * shape[old[k + 1]] { return nil }
      var stride = strides[old[last]]
      for k in (j...end).reversed() {
        made[k] = stride
        stride *= output[k]
      }
      (i, j) = (last + 1, end + 1)
    }
    var window = self
    window.shape = output
    window.strides = made
    return window
  }

  /// `[*, heads, repetitions, positions, features]` seen as `[*, heads · repetitions, positions, features]`.
  private func grouped(_ output: Shape) -> InputWindow? {
    let rank = shape.count
    guard rank >= 4, output.count == rank - 1, strides[rank - 3] == 0,
      output == Array(shape[..<(rank - 4)]) + [shape[rank - 4] * shape[rank - 3]] + shape[(rank - 2)...]
    else { return nil }
    var window = self
    window.shape[rank - 3] = 1
    window.isGrouped = true
    return window
  }
}
