// SPDX-License-Identifier: Apache-2.0
// Lookup tables with scales that belong to a whole weight: the tables are repeated where the weight has more scales.

import Encodings
import Tensors

extension EncodedWeight {
  /// Tables times the scales of the weight that they are for.
  ///
  /// iOS18 wants scales before the look-up; like coremltools' canonicalization this repeats the tables along each axis on
  /// which there are more scales.
  ///
  /// - Parameter tables: of shape `counts + [entries, 1]`; along each axis the numbers of tables and scales divide.
  static func blockwise(tables: Tensor, scale: Tensor, offset: Tensor?) throws(EncodingError) -> EncodedWeight {
    let counts = zip(tables.shape, scale.shape).map { max($0, $1) }
    return .blockwise(
      data: .dense(try tables.repeated(to: counts)), scale: scale.reshaped(scale.shape + [1, 1]),
      offset: offset.map { $0.reshaped($0.shape + [1, 1]) })
  }
}

extension Tensor {
  /// The tables, each of them repeated so that along each axis there are as many as `counts` says.
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
  /// For each element, in order, the number of its block.
  var blockNumbers: [Int] {
    var numbers: [Int] = []
    numbers.reserveCapacity(shape.elementCount)
    forEachRun { _, count, block in numbers += repeatElement(block, count: count) }
    return numbers
  }
}
