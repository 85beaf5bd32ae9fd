// SPDX-License-Identifier: Apache-2.0
// Lookup tables with scales of a whole weight: tables are repeated if the weight has more scales than tables.

import Encodings
import Tensors

extension EncodedWeight {
  /// Tables multiplied by the scales of their weight.
  ///
  /// iOS18 applies scales before the lookup; like coremltools' canonicalization this repeats the tables along each axis
  /// that has more scales.
  ///
  /// - Parameter tables: of shape `counts + [entries, 1]`; along each axis one of the counts of tables and scales divides the other.
  package static func blockwise(tables: Tensor, scale: Tensor, offset: Tensor?) throws(EncodingError) -> EncodedWeight {
    let counts = zip(tables.shape, scale.shape).map { max($0, $1) }
    return .blockwise(
      data: .dense(try tables.repeated(to: counts)), scale: scale.reshaped(scale.shape + [1, 1]),
      offset: offset.map { $0.reshaped($0.shape + [1, 1]) })
  }
}

extension Tensor {
  /// The tables, repeated so that there are `counts[i]` tables along axis `i`.
  fileprivate func repeated(to counts: Shape) throws(EncodingError) -> Tensor {
    let own = Shape(shape.dropLast(2))
    guard own != counts else { return self }
    let numbers = try BlockGrid(counts, into: own, part: "lut").blockNumbers
    // At least two entries of at least four bits: a table fills whole bytes.
    let size = byteCount / max(own.elementCount, 1)
    let bytes = withBytes { bytes in numbers.flatMap { bytes[$0 * size..<($0 + 1) * size] } }
    return bytes.withUnsafeBytes { Tensor(dtype: dtype, shape: counts + shape.suffix(2), bytes: $0) }
  }
}

extension BlockGrid {
  /// The block number of each element, in order.
  package var blockNumbers: [Int] {
    var numbers: [Int] = []
    numbers.reserveCapacity(shape.elementCount)
    forEachRun { _, count, block in numbers += repeatElement(block, count: count) }
    return numbers
  }
}
