// SPDX-License-Identifier: Apache-2.0
// The tables of a weight that is palettized already, from which its training starts.

import Encodings
import Tensors

/// Tables and values of a palettized weight.
package struct PaletteStart: Sendable {
  package let bits: Int
  /// The length of the tables' vectors, along the output channels.
  package let dim: Int
  package let isQuantized: Bool
  /// The centroids of each group of output channels, vector by vector.
  let tables: [[Float]]
  /// The decoded weight.
  package let values: Tensor
  /// Whether the weight is sparse, with a table for the elements that are not zero.
  package let isSparse: Bool

  package var groupCount: Int { tables.count }

  /// - Throws: `MethodSkip` for a weight that has no tables, or in a form that training does not have.
  package init(_ weight: EncodedWeight) throws {
    let lut: EncodedWeight
    let vectorAxis: Int?
    switch weight {
    case .palette(_, let tables, let axis): (lut, vectorAxis, isSparse) = (tables, axis, false)
    case .sparse(.palette(.plain, let tables, let axis)): (lut, vectorAxis, isSparse) = (tables, axis, true)
    default: throw MethodSkip("it is stored as \(weight.scheme)")
    }
    let shape = lut.shape
    let rank = weight.shape.count
    guard shape.count == rank + 2, shape[1..<rank].allSatisfy({ $0 == 1 }), vectorAxis ?? 0 == 0 else {
      throw MethodSkip("its tables \(shape) are not for groups of output channels")
    }
    switch lut {
    case .dense: isQuantized = false
    case .blockwise(let data, _, _) where data.dtype.isInteger: isQuantized = true
    default: throw MethodSkip("its tables have scales of channels, which training computes by itself")
    }
    (bits, dim) = (shape[rank].trailingZeroBitCount, shape[rank + 1])
    let numbers = try lut.decoded().floats()
    let size = shape[rank] * dim
    tables = (0..<shape[0]).map { Array(numbers[$0 * size..<($0 + 1) * size]) }
    values = try weight.decoded().cast(to: .float32)
  }
}
