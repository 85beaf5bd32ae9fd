// SPDX-License-Identifier: Apache-2.0
// The elements of a weight as floats, in pieces that stay in the first-level cache.

import CKernels
import Encodings
import Tensors

/// A walk over a tensor of floats in pieces that know their blocks.
enum FloatPieces {
  /// Elements of a piece at the most.
  private static let limit = 4096

  /// Consecutive elements: element `start + i` belongs to block `block + i / blockSize`.
  struct Piece {
    let start: Int
    let count: Int
    let block: Int
    let blockSize: Int

    /// The piece cut by blocks, `start` counted from the piece's own.
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
    withUnsafeTemporaryAllocation(of: Float.self, capacity: limit) { room in
      guard let room = room.baseAddress else { return }
      tensor.withBytes { bytes in
        guard let base = bytes.baseAddress else { return }
        grid.forEachRow(in: stripe) { row in
          var start = row.start
          while start < row.start + row.count {
            let inBlock = (start - row.start) % row.blockSize
            let count =
              row.blockSize < limit
              ? min(limit / row.blockSize * row.blockSize, row.start + row.count - start)
              : min(limit, row.blockSize - inBlock)
            let piece = Piece(
              start: start, count: count, block: row.block + (start - row.start) / row.blockSize,
              blockSize: row.blockSize)
            if tensor.dtype == .float16 {
              ck_half_to_float(room, base.assumingMemoryBound(to: UInt16.self) + start, count)
              body(piece, room)
            } else {
              body(piece, base.assumingMemoryBound(to: Float.self) + start)
            }
            start += count
          }
        }
      }
    }
  }
}
