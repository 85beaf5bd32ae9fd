// SPDX-License-Identifier: Apache-2.0
// Traversal of a weight as floats, in pieces that fit in the L1 cache.

import Encodings
import Tensors

/// A traversal of a float tensor in pieces with their block numbers.
enum FloatPieces {
  /// Consecutive elements: element `start + i` belongs to block `block + i / blockSize`.
  struct Piece {
    let start: Int
    let count: Int
    let block: Int
    let blockSize: Int

    /// The piece split by blocks, `start` relative to the piece's start.
    func forEachBlock(_ body: (Piece) -> Void) {
      var (start, block) = (0, block)
      while start < count {
        body(Piece(start: start, count: min(blockSize, count - start), block: block, blockSize: blockSize))
        start += blockSize
        block += 1
      }
    }
  }

  /// Calls `body` with each piece of a stripe and its elements.
  static func forEach(
    _ tensor: Tensor, _ grid: BlockGrid, _ stripe: Range<Int>, _ body: (Piece, UnsafePointer<Float>) -> Void
  ) {
    let limit = GroupElements.pieceLimit
    tensor.withGroupElements { elements in
      grid.forEachRow(in: stripe) { row in
        var start = row.start
        while start < row.start + row.count {
          let inBlock = (start - row.start) % row.blockSize
          let count =
            row.blockSize < limit
            ? min(limit / row.blockSize * row.blockSize, row.start + row.count - start)
            : min(limit, row.blockSize - inBlock)
          let piece = Piece(
            start: start, count: count, block: row.block + (start - row.start) / row.blockSize, blockSize: row.blockSize)
          elements.forEachPiece(of: start..<start + count) { body(piece, $1) }
          start += count
        }
      }
    }
  }
}
