// SPDX-License-Identifier: Apache-2.0
// Gathers elements and blocks of elements by index.

import Platform
import Tensors

/// Reads at positions that are only known at run time. All buffers are plain.
package enum Gather {
  /// `y[b, o, j, :] = x[b, o, indices[b, j], :]`.
  ///
  /// - Parameters:
  ///   - extents: batches, outer positions, extent of the indexed axis, indices in each batch.
  ///   - blockBytes: the size of the innermost block in bytes.
  package static func blocks(
    _ x: UnsafeRawPointer, _ indices: IndexList, to y: UnsafeMutableRawPointer,
    batches: Int, outer: Int, extent: Int, picks: Int, blockBytes: Int
  ) throws(IndexFault) {
    for b in 0..<batches {
      for o in 0..<outer {
        let from = x + (b * outer + o) * extent * blockBytes
        let to = y + (b * outer + o) * picks * blockBytes
        if blockBytes == 4 {
          for j in 0..<picks {
            let i = try indices.index(b * picks + j, extent: extent)
            to.storeBytes(of: from.load(fromByteOffset: i * 4, as: UInt32.self), toByteOffset: j * 4, as: UInt32.self)
          }
        } else {
          for j in 0..<picks {
            let i = try indices.index(b * picks + j, extent: extent)
            memcpy(to + j * blockBytes, from + i * blockBytes, blockBytes)
          }
        }
      }
    }
  }

  /// `y[o, j, i] = x[o, indices[o, j, i], i]` for elements of `elementSize` bytes.
  package static func alongAxis(
    _ x: UnsafeRawPointer, _ indices: IndexList, to y: UnsafeMutableRawPointer,
    outer: Int, extent: Int, picks: Int, inner: Int, elementSize: Int
  ) throws(IndexFault) {
    var position = 0
    for o in 0..<outer {
      for _ in 0..<picks {
        for i in 0..<inner {
          let place = try (o * extent + indices.index(position, extent: extent)) * inner + i
          memcpy(y + position * elementSize, x + place * elementSize, elementSize)
          position += 1
        }
      }
    }
  }

  /// `y[b, j, :] = x[b, indices[b, j, 0], indices[b, j, 1], …, :]`.
  ///
  /// - Parameters:
  ///   - extents: the extents of the indexed axes.
  ///   - strides: the row-major strides of these extents.
  ///   - blockBytes: the size in bytes of the block that a whole tuple of indices addresses.
  package static func tuples(
    _ x: UnsafeRawPointer, _ indices: IndexList, to y: UnsafeMutableRawPointer,
    batches: Int, extents: [Int], strides: [Int], picks: Int, blockBytes: Int
  ) throws(IndexFault) {
    let batchBytes = extents.elementCount * blockBytes
    for b in 0..<batches {
      for j in 0..<picks {
        let pick = b * picks + j
        let place = try indices.offset(pick * extents.count, extents: extents, strides: strides)
        memcpy(y + pick * blockBytes, x + b * batchBytes + place * blockBytes, blockBytes)
      }
    }
  }
}
