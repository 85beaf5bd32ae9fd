// SPDX-License-Identifier: Apache-2.0
// The innermost two axes of a strided copy. An element may be a pair or quad of smaller ones, so alignment is not
// assumed.

enum StridedLoops {
  @inline(__always)
  static func copy<E: BitwiseCopyable>(
    _ source: UnsafeRawPointer, _ destination: UnsafeMutableRawPointer, _ rows: StridedAxis, _ columns: StridedAxis, _ type: E.Type
  ) {
    for i in 0..<rows.count {
      var from = source + i * rows.source
      var to = destination + i * rows.destination
      for _ in 0..<columns.count {
        to.storeBytes(of: from.loadUnaligned(as: E.self), as: E.self)
        from += columns.source
        to += columns.destination
      }
    }
  }

  /// Fills each row with one element.
  @inline(__always)
  static func fill<E: BitwiseCopyable>(
    _ source: UnsafeRawPointer, _ destination: UnsafeMutableRawPointer, _ rows: StridedAxis, _ columns: StridedAxis, _ type: E.Type
  ) {
    for i in 0..<rows.count {
      let element = (source + i * rows.source).loadUnaligned(as: E.self)
      let to = destination + i * rows.destination
      for j in 0..<columns.count { to.storeBytes(of: element, toByteOffset: j * MemoryLayout<E>.size, as: E.self) }
    }
  }

  /// Contiguous along rows in the source, contiguous along columns in the destination.
  @inline(__always)
  static func exchange<E: BitwiseCopyable>(
    _ source: UnsafeRawPointer, _ destination: UnsafeMutableRawPointer, _ rows: StridedAxis, _ columns: StridedAxis, _ type: E.Type
  ) {
    let size = MemoryLayout<E>.size
    eachTile(rows.count, columns.count) { i0, i1, j0, j1 in
      for i in i0..<i1 {
        let from = source + i * size
        let to = destination + i * rows.destination
        for j in j0..<j1 {
          to.storeBytes(of: (from + j * columns.source).loadUnaligned(as: E.self), toByteOffset: j * size, as: E.self)
        }
      }
    }
  }

  /// Tiles small enough that source and destination of a tile fit in the L1 cache.
  @inline(__always)
  private static func eachTile(_ rows: Int, _ columns: Int, _ body: (Int, Int, Int, Int) -> Void) {
    let side = 32
    for j in stride(from: 0, to: columns, by: side) {
      for i in stride(from: 0, to: rows, by: side) {
        body(i, min(i + side, rows), j, min(j + side, columns))
      }
    }
  }
}
