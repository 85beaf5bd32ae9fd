// SPDX-License-Identifier: Apache-2.0
// Arithmetic on shapes: counts, strides, broadcasting, axes.

/// The extents of a tensor, outermost axis first. A scalar has the empty shape.
package typealias Shape = [Int]

extension Array where Element == Int {
  /// Number of elements of a tensor of this shape.
  package var elementCount: Int { reduce(1, *) }

  /// Number of elements, or `nil` if it overflows an `Int` or an extent is negative.
  package var checkedElementCount: Int? {
    var n = 1
    for d in self {
      guard d >= 0 else { return nil }
      let (m, overflow) = n.multipliedReportingOverflow(by: d)
      guard !overflow else { return nil }
      n = m
    }
    return n
  }

  /// Row-major strides, in elements.
  package var rowMajorStrides: [Int] {
    var strides = [Int](repeating: 1, count: count)
    for i in stride(from: count - 2, through: 0, by: -1) {
      strides[i] = strides[i + 1] * Swift.max(self[i + 1], 1)
    }
    return strides
  }

  /// The axis counted from the front (`-1` is the last), or `nil` if it is out of range.
  package func normalizedAxis(_ axis: Int) -> Int? {
    let a = axis < 0 ? axis + count : axis
    return indices.contains(a) ? a : nil
  }

  /// NumPy's broadcast of two shapes, or `nil` if they are incompatible.
  package func broadcast(with other: Shape) -> Shape? {
    let rank = Swift.max(count, other.count)
    var out = Shape(repeating: 1, count: rank)
    for i in 0..<rank {
      let a = i < rank - count ? 1 : self[i - (rank - count)]
      let b = i < rank - other.count ? 1 : other[i - (rank - other.count)]
      guard a == b || a == 1 || b == 1 else { return nil }
      out[i] = a == 1 ? b : a
    }
    return out
  }

  /// The elements in the given order: `result[i] = self[order[i]]`.
  package func permuted(by order: [Int]) -> [Int] { order.map { self[$0] } }

  /// The inverse permutation.
  package var inversePermutation: [Int] {
    var inverse = [Int](repeating: 0, count: count)
    for (i, p) in enumerated() { inverse[p] = i }
    return inverse
  }
}
