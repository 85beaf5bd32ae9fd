// SPDX-License-Identifier: Apache-2.0
// The innermost two axes of a strided copy. Elements may be pairs or quads of smaller ones, so nothing is assumed aligned.

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

  /// Each row full of one element.
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

  /// Dense along the rows in the source, dense along the columns in the destination.
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

  /// The same for elements of four bytes, four by four in registers.
  static func exchangeWords(
    _ source: UnsafeRawPointer, _ destination: UnsafeMutableRawPointer, _ rows: StridedAxis, _ columns: StridedAxis
  ) {
    typealias Four = SIMD4<UInt32>
    eachTile(rows.count, columns.count) { i0, i1, j0, j1 in
      let wholeRows = i0 + (i1 - i0) & ~3
      let wholeColumns = j0 + (j1 - j0) & ~3
      for i in stride(from: i0, to: wholeRows, by: 4) {
        for j in stride(from: j0, to: wholeColumns, by: 4) {
          let from = source + (i * 4 + j * columns.source)
          let a = from.loadUnaligned(as: Four.self)
          let b = (from + columns.source).loadUnaligned(as: Four.self)
          let c = (from + 2 * columns.source).loadUnaligned(as: Four.self)
          let d = (from + 3 * columns.source).loadUnaligned(as: Four.self)
          let to = destination + (i * rows.destination + j * 4)
          to.storeBytes(of: Four(a[0], b[0], c[0], d[0]), as: Four.self)
          (to + rows.destination).storeBytes(of: Four(a[1], b[1], c[1], d[1]), as: Four.self)
          (to + 2 * rows.destination).storeBytes(of: Four(a[2], b[2], c[2], d[2]), as: Four.self)
          (to + 3 * rows.destination).storeBytes(of: Four(a[3], b[3], c[3], d[3]), as: Four.self)
        }
      }
      func single(_ i: Int, _ j: Int) {
        let element = (source + (i * 4 + j * columns.source)).loadUnaligned(as: UInt32.self)
        destination.storeBytes(of: element, toByteOffset: i * rows.destination + j * 4, as: UInt32.self)
      }
      for i in i0..<wholeRows { for j in wholeColumns..<j1 { single(i, j) } }
      for i in wholeRows..<i1 { for j in j0..<j1 { single(i, j) } }
    }
  }

  /// Tiles small enough that both sides of one stay in the first cache.
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
