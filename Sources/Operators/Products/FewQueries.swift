// SPDX-License-Identifier: Apache-2.0
// Attention for the next token.

import CKernels
import Kernels
import Tensors

/// Attention of so few queries that each key and value is used only a few times: both are read where they lie.
struct FewQueries {
  /// The places of one query and of what it is multiplied by, in elements.
  private struct Row {
    var (query, key, value, output, mask) = (0, 0, 0, 0, 0)
  }

  /// With more queries of a head, keys and values are worth packing for matrix products.
  private static let most = 4

  private let operands: AttentionOperands
  private let rows: [Row]
  private let (positions, features, width): (Int, Int, Int)

  init?(_ operands: AttentionOperands) {
    let (q, k, v, y) = (operands.q, operands.k, operands.v, operands.y)
    let rank = q.shape.count
    (positions, features, width) = (k.shape[rank - 2], q.shape[rank - 1], v.shape[rank - 1])
    func isContiguous(_ buffer: Buffer) -> Bool { buffer.dtype == .float32 && (buffer.strides.last == 1 || buffer.shape.last == 1) }
    guard q.shape[rank - 2] <= Self.most, [q, k, v, y].allSatisfy(isContiguous) else { return nil }
    self.operands = operands
    let axes = Array(q.shape.dropLast())
    func strides(_ buffer: Buffer) -> [Int] { zip(buffer.shape, buffer.strides).map { extent, stride in extent == 1 ? 0 : stride } }
    let mask: [Int] = operands.mask.map { strides($0.buffer) } ?? [Int](repeating: 0, count: rank)
    let (qs, ks, vs, ys) = (strides(q), strides(k), strides(v), strides(y))
    rows = (0..<axes.elementCount).map { index in
      var (rest, row) = (index, Row())
      for axis in axes.indices.reversed() {
        let at = rest % axes[axis]
        rest /= axes[axis]
        row.query += at * qs[axis]
        row.output += at * ys[axis]
        row.mask += at * mask[axis]
        guard axis < rank - 2 else { continue }  // the axis of queries is that of positions in keys and values
        row.key += at * ks[axis]
        row.value += at * vs[axis]
      }
      return row
    }
  }

  var kernel: Kernel {
    let rank = operands.q.shape.count
    let (q, k, v, y) = (operands.q.floats(), operands.k.floats(), operands.v.floats(), operands.y.floats())
    let (keyStride, valueStride) = (operands.k.strides[rank - 2], operands.v.strides[rank - 2])
    let maskStride = operands.mask.map { $0.buffer.shape[rank - 1] == 1 ? 0 : $0.buffer.strides[rank - 1] } ?? 0
    let (rows, positions, features, width, mask) = (rows, positions, features, width, operands.mask)
    let scale = 1 / Float(features).squareRoot()
    let parts = Slices.ranges(
      of: rows.count, parts: Slices.count(flops: 2 * rows.count * positions * (features + width), atMost: rows.count))
    let scores = OwnedMemory(.allocate(capacity: parts.count * positions))
    return Kernel("attention:rows") {
      mask?.refresh()
      let added = mask?.buffer.floats()
      Parallel.forEach(parts.count) { part in
        let own = scores.pointer + part * positions
        for row in rows[parts[part]] {
          ck_attention_scores(
            own, q + row.query, k + row.key, keyStride, added.map { UnsafePointer($0 + row.mask) }, maskStride, scale, positions, features)
          ck_softmax_rows(own, own, 1, positions)
          ck_attention_sum(y + row.output, own, v + row.value, valueStride, positions, width)
        }
      }
    }
  }
}
