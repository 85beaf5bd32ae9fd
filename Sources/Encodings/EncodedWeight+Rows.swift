// SPDX-License-Identifier: Apache-2.0
// Slices of an encoded weight along its first axis, for decoding a large weight in parts.

import Tensors

extension EncodedWeight {
  /// Slices must start and end at multiples of this many indices of the first axis.
  package var rowStep: Int {
    switch self {
    case .dense(let tensor), .cast(let tensor): tensor.rowStep
    case .affine(let encoding): encoding.data.rowStep
    case .blockwise(let data, let scale, _): leastCommonMultiple(data.rowStep, blockStep(scale.shape, of: data.shape))
    case .palette(let indices, let lut, let axis):
      leastCommonMultiple(indices.rowStep, lut.tableStep(over: indices.shape))
        * (axis == 0 ? lut.shape.last ?? 1 : 1)
    case .sparse(let values): values.rowStep
    }
  }

  /// The encoding of a range of indices of the first axis; the bytes are shared.
  ///
  /// - Precondition: both bounds are multiples of `rowStep`, or the end of the axis.
  package func rows(_ rows: Range<Int>) -> EncodedWeight {
    switch self {
    case .dense(let tensor): .dense(tensor.rows(rows))
    case .cast(let tensor): .cast(tensor.rows(rows))
    case .affine(let encoding): encoding.rows(rows).map { .affine($0) } ?? self
    case .blockwise(let data, let scale, let offset):
      .blockwise(
        data: data.rows(rows), scale: scale.blocks(over: rows, of: data.shape),
        offset: offset?.blocks(over: rows, of: data.shape))
    case .palette(let indices, let lut, let axis):
      palette(indices, lut, axis, rows.scaled(by: axis == 0 ? lut.shape.last ?? 1 : 1))
    case .sparse(let values): .sparse(values.rows(rows))
    }
  }

  private func palette(_ indices: Tensor, _ lut: EncodedWeight, _ axis: Int?, _ rows: Range<Int>) -> EncodedWeight {
    .palette(indices: indices.rows(rows), lut: lut.tables(over: rows, of: indices.shape), vectorAxis: axis)
  }

  /// Indices that must stay together: those of a table, or of tables that share a scale.
  fileprivate func tableStep(over indices: Shape) -> Int {
    let step = blockStep(shape, of: indices)
    guard case .blockwise(_, let scale, _) = self, shape.first != 1 else { return step }
    return step * blockStep(scale.shape, of: shape)
  }

  /// The tables that belong to a range of rows.
  fileprivate func tables(over rows: Range<Int>, of shape: Shape) -> EncodedWeight {
    let size = rowsPerBlock(self.shape, of: shape)
    return size == shape.first ? self : self.rows(rows.scaled(by: size))
  }
}

extension EncodedValues {
  fileprivate var rowStep: Int {
    switch self {
    case .plain(let mask, _): mask.rowStep
    case .palette(let indices, let lut, let axis):
      leastCommonMultiple(indices.rowStep, lut.tableStep(over: indices.shape))
        * (axis == 0 ? lut.shape.last ?? 1 : 1)
    case .blockwise(let codes, let scale, _): leastCommonMultiple(codes.rowStep, blockStep(scale.shape, of: codes.shape))
    }
  }

  fileprivate func rows(_ rows: Range<Int>) -> EncodedValues {
    switch self {
    case .plain(let mask, let nonzero):
      let row = Shape(mask.shape.dropFirst()).elementCount
      let first = mask.ones(before: rows.lowerBound * row)
      let part = mask.rows(rows)
      return .plain(mask: part, nonzero: nonzero.rows(first..<first + part.ones(before: part.count)))
    case .palette(let indices, let lut, let axis):
      let rows = rows.scaled(by: axis == 0 ? lut.shape.last ?? 1 : 1)
      return .palette(indices.rows(rows), lut: lut.tables(over: rows, of: indices.shape), vectorAxis: axis)
    case .blockwise(let codes, let scale, let offset):
      return .blockwise(
        codes.rows(rows), scale: scale.blocks(over: rows, of: codes.shape),
        offset: offset?.blocks(over: rows, of: codes.shape))
    }
  }
}

extension AffineEncoding {
  /// `nil` if the rows are out of range, which does not happen for validated parts.
  fileprivate func rows(_ rows: Range<Int>) -> AffineEncoding? {
    let isSplit = axis == 0 && scale.count > 1
    return try? AffineEncoding(
      data: data.rows(rows), zeroPoint: isSplit && zeroPoint.count > 1 ? zeroPoint.rows(rows) : zeroPoint,
      scale: isSplit ? scale.rows(rows) : scale, axis: axis)
  }
}

extension Tensor {
  /// Eight rows always fill whole bytes.
  fileprivate var rowStep: Int { dtype.isSubByte ? 8 : 1 }

  /// The part of a scale or offset (one entry per block) that belongs to a range of rows.
  fileprivate func blocks(over rows: Range<Int>, of shape: Shape) -> Tensor {
    let size = rowsPerBlock(self.shape, of: shape)
    return size == shape.first ? self : self.rows(rows.scaled(by: size))
  }
}

/// Rows of a weight of `shape` that share a block along the first axis, which has `blocks[0]` blocks.
private func rowsPerBlock(_ blocks: Shape, of shape: Shape) -> Int {
  guard let extent = shape.first, let count = blocks.first, count > 0 else { return 1 }
  return max(extent / count, 1)
}

/// Rows that must stay together: those of a block, unless one block covers all rows.
private func blockStep(_ blocks: Shape, of shape: Shape) -> Int {
  blocks.first == 1 ? 1 : rowsPerBlock(blocks, of: shape)
}

package func leastCommonMultiple(_ a: Int, _ b: Int) -> Int {
  var (x, y) = (a, b)
  while y != 0 { (x, y) = (y, x % y) }
  return a / x * b
}

extension Range<Int> {
  fileprivate func scaled(by size: Int) -> Range<Int> { lowerBound / size..<(upperBound + size - 1) / size }
}
