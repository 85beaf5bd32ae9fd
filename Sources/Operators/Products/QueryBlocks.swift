// SPDX-License-Identifier: Apache-2.0
// Attention of many queries over keys and values that are parts of a cache, or that groups of heads share.

import CKernels
import CMatrices
import Kernels
import Tensors

/// Attention in blocks of queries, each with all positions of one head. oneDNN has only its reference loop for such operands.
struct QueryBlocks {
  private struct Block {
    var queries = 0
    /// In elements.
    var (query, key, value, output, mask) = (0, 0, 0, 0, 0)
  }

  /// So many queries that transposing the keys takes little of the time, and so few that their scores stay in the cache.
  private static let most = 64

  private let operands: AttentionOperands
  private let blocks: [Block]
  private let (positions, features, width): (Int, Int, Int)
  private let maskStrides: (row: Int, column: Int)

  /// - Returns: `nil` for operands of which oneDNN multiplies whole batches.
  init?(_ operands: AttentionOperands) {
    let (q, k, v, y) = (operands.q, operands.k, operands.v, operands.y)
    let rank = q.shape.count
    let isUsual = [k, v].allSatisfy { $0.isPlain && $0.shape.dropLast(2) == q.shape.dropLast(2) }
    func hasRows(_ buffer: Buffer) -> Bool { buffer.dtype == .float32 && (buffer.strides.last == 1 || buffer.shape.last == 1) }
    guard !isUsual, [q, k, v, y].allSatisfy(hasRows) else { return nil }
    self.operands = operands
    (positions, features, width) = (k.shape[rank - 2], q.shape[rank - 1], v.shape[rank - 1])
    func strides(_ buffer: Buffer) -> [Int] { zip(buffer.shape, buffer.strides).map { extent, stride in extent == 1 ? 0 : stride } }
    let mask = operands.mask.map { strides($0.buffer) } ?? [Int](repeating: 0, count: rank)
    maskStrides = (mask[rank - 2], mask[rank - 1])
    let (qs, ks, vs, ys) = (strides(q), strides(k), strides(v), strides(y))
    let heads = Array(q.shape.dropLast(2))
    let length = q.shape[rank - 2]
    var blocks: [Block] = []
    for head in 0..<heads.elementCount {
      var (rest, first) = (head, Block())
      for axis in heads.indices.reversed() {
        let at = rest % heads[axis]
        rest /= heads[axis]
        first.query += at * qs[axis]
        first.key += at * ks[axis]
        first.value += at * vs[axis]
        first.output += at * ys[axis]
        first.mask += at * mask[axis]
      }
      for start in stride(from: 0, to: length, by: Self.most) {
        var block = first
        block.queries = min(Self.most, length - start)
        block.query += start * qs[rank - 2]
        block.output += start * ys[rank - 2]
        block.mask += start * mask[rank - 2]
        blocks.append(block)
      }
    }
    self.blocks = blocks
  }

  func kernel(_ scratch: Scratch) -> Kernel {
    let lanes = max(1, min(blocks.count, Parallel.threads))
    let bytes = ((features + Self.most) * positions * MemoryLayout<Float>.size).alignedToLine
    scratch.reserve(lanes * bytes)
    return Kernel("attention:blocks") { [self] in
      operands.mask?.refresh()
      Parallel.forEach(blocks.count, lanes: lanes) { index, lane in
        run(blocks[index], (scratch.base + lane * bytes).assumingMemoryBound(to: Float.self))
      }
    }
  }

  private func run(_ block: Block, _ scratch: UnsafeMutablePointer<Float>) {
    let rank = operands.q.shape.count
    let (keys, scores) = (scratch, scratch + features * positions)
    let size = MemoryLayout<Float>.size
    ck_transpose32(
      keys, positions * size, operands.k.floats() + block.key, operands.k.strides[rank - 2] * size, features, positions)
    multiply(
      operands.q.floats() + block.query, operands.q.strides[rank - 2], keys, positions, to: scores, positions, rows: block.queries,
      columns: positions, depth: features)
    let scale = 1 / Float(features).squareRoot()
    for row in 0..<block.queries {
      let own = scores + row * positions
      ck_mul_scalar(own, own, scale, positions)
      guard let mask = operands.mask else { continue }
      let added = mask.buffer.floats() + block.mask + row * maskStrides.row
      if maskStrides.column == 0 { ck_add_scalar(own, own, added[0], positions) } else { ck_add(own, own, added, positions) }
    }
    ck_softmax_rows(scores, scores, block.queries, positions)
    multiply(
      scores, positions, operands.v.floats() + block.value, operands.v.strides[rank - 2], to: operands.y.floats() + block.output,
      operands.y.strides[rank - 2], rows: block.queries, columns: width, depth: positions)
  }

  /// `c = a b`, all with contiguous rows.
  private func multiply(
    _ a: UnsafePointer<Float>, _ aRow: Int, _ b: UnsafePointer<Float>, _ bRow: Int, to c: UnsafeMutablePointer<Float>, _ cRow: Int,
    rows: Int,
    columns: Int, depth: Int
  ) {
    for row in 0..<rows { (c + row * cRow).update(repeating: 0, count: columns) }
    var product = cm_product()
    (product.rows, product.columns, product.depth) = (rows, columns, depth)
    (product.a, product.a_row, product.a_depth) = (UnsafeRawPointer(a), aRow, 1)
    (product.b, product.b_row) = (UnsafeRawPointer(b), bRow)
    (product.c, product.c_row, product.sign) = (UnsafeMutableRawPointer(c), cRow, 1)
    cm_multiply_float(&product)
  }
}
