// SPDX-License-Identifier: Apache-2.0
// Partition of a tensor into equal blocks, and its traversal row by row.

import Tensors

/// A tensor of `shape` split into `counts[i]` equal blocks along axis `i`; blocks are numbered in row-major order.
///
/// Each block has its own scale (scales have the shape `counts`) or lookup table.
package struct BlockGrid: Sendable, Equatable {
  package let shape: Shape
  package let counts: Shape
  /// The same partition with as few axes as possible: (extent, blocks), outermost first.
  private let axes: [Axis]

  private struct Axis: Sendable, Equatable {
    var extent: Int
    var blocks: Int
    var blockSize: Int { blocks == 0 ? 0 : extent / blocks }
  }

  /// - Parameter part: name of the partitioned tensor, for the error.
  /// - Throws: `EncodingError` if the ranks differ or an extent is not divisible.
  package init(_ shape: Shape, into counts: Shape, part: String) throws(EncodingError) {
    guard shape.count == counts.count else {
      throw .rank(part: part, found: shape.count, expected: "\(counts.count)")
    }
    for (axis, (extent, blocks)) in zip(shape, counts).enumerated() {
      guard blocks > 0, extent % blocks == 0 else {
        throw .blocks(part: part, axis: axis, extent: extent, blocks: blocks)
      }
    }
    self.shape = shape
    self.counts = counts
    axes = Self.merged(shape, counts)
  }

  /// Adjacent axes are merged if the rows of the inner one are within one block, or the outer one has a block per index.
  private static func merged(_ shape: Shape, _ counts: Shape) -> [Axis] {
    var axes: [Axis] = []
    for (extent, blocks) in zip(shape, counts) {
      if let last = axes.last, blocks == 1 || last.blockSize == 1 {
        axes[axes.count - 1] = Axis(extent: last.extent * extent, blocks: last.blocks * blocks)
      } else {
        axes.append(Axis(extent: extent, blocks: blocks))
      }
    }
    return axes.isEmpty ? [Axis(extent: 1, blocks: 1)] : axes
  }

  /// Number of blocks.
  package var blockCount: Int { counts.elementCount }

  /// Elements of one block.
  package var blockElements: Int { blockCount == 0 ? 0 : shape.elementCount / blockCount }

  /// Whether the elements of each block are contiguous.
  package var blocksAreContiguous: Bool { blockCount == 1 || axes.count == 1 }

  /// A contiguous run of elements: element `start + j` belongs to block `block + j / blockSize`.
  package struct Row {
    package let start: Int
    package let count: Int
    package let block: Int
    package let blockSize: Int
  }

  /// Visits all elements row by row, in order.
  package func forEachRow<E: Error>(_ body: (Row) throws(E) -> Void) throws(E) {
    try forEachRow(in: 0..<axes[0].extent, body)
  }

  /// Visits the elements of a stripe row by row, in order.
  ///
  /// - Parameter stripe: one of `stripes(of:)`.
  package func forEachRow<E: Error>(in stripe: Range<Int>, _ body: (Row) throws(E) -> Void) throws(E) {
    guard shape.elementCount > 0 else { return }
    let row = axes[axes.count - 1]
    guard axes.count > 1 else {
      let block = stripe.lowerBound / row.blockSize
      return try body(Row(start: stripe.lowerBound, count: stripe.count, block: block, blockSize: row.blockSize))
    }
    var index = [Int](repeating: 0, count: axes.count - 1)
    index[0] = stripe.lowerBound
    let rows = shape.elementCount / row.extent / axes[0].extent
    for number in stripe.lowerBound * rows..<stripe.upperBound * rows {
      var block = 0
      for (i, axis) in zip(index, axes) { block = block * axis.blocks + i / axis.blockSize }
      try body(
        Row(
          start: number * row.extent, count: row.extent, block: block * row.blocks,
          blockSize: row.blockSize))
      for axis in index.indices.reversed() {
        index[axis] += 1
        if index[axis] < axes[axis].extent { break }
        index[axis] = 0
      }
    }
  }

  // MARK: Stripes

  /// Whether several stripes share blocks; otherwise each stripe has its own.
  package var stripesShareBlocks: Bool { axes[0].blocks == 1 }

  /// Splits the outermost axis for parallel processing: stripes of about `elements` elements or more.
  package func stripes(of elements: Int) -> [Range<Int>] {
    let outer = axes[0]
    let unit = outer.blocks > 1 ? outer.blockSize : 1
    let width = max(shape.elementCount / max(outer.extent, 1), 1)
    let step = max(elements / width / unit, 1) * unit
    return stride(from: 0, to: outer.extent, by: step).map { $0..<min($0 + step, outer.extent) }
  }

  /// Visits all elements as contiguous runs within one block: `(start, count, block)`, in order of `start`.
  package func forEachRun<E: Error>(_ body: (Int, Int, Int) throws(E) -> Void) throws(E) {
    try forEachRow { (row) throws(E) in
      var start = row.start
      var block = row.block
      while start < row.start + row.count {
        try body(start, row.blockSize, block)
        start += row.blockSize
        block += 1
      }
    }
  }
}
