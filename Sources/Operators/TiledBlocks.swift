// SPDX-License-Identifier: Apache-2.0
// Tables for codes of 4 bits with a scale, and perhaps an offset, for each block.

import Encodings
import Kernels
import Tensors

/// What each block's sixteen codes stand for, found by decoding them, so that products see the elements that decoding gives.
///
/// In half precision few scales differ, and blocks with equal ones share a table. Many tables would not stay in the processor's
/// first cache; then a table keeps what rounding changed, which depends on few bits of the scale, and the scale stands beside it.
struct TiledBlocks {
  let tiles: PackedMatrix.Tiles

  /// Tables that stay in the first-level cache beside the rest.
  private static let few = 256

  /// `nil` when there are more tables than places can tell.
  ///
  /// - Parameter encoding: codes of 4 bits `[rows, columns]`, scales `[1 or rows or a divisor of it, blocks]`.
  /// - Throws: `EncodingError` when the parts do not fit.
  init?(_ encoding: BlockwiseEncoding) throws(EncodingError) {
    let (data, scale, offset) = (encoding.data, encoding.scale, encoding.offset)
    let (rows, columns) = (data.shape[0], data.shape[1])
    let scales = scale.floats(), offsets = offset?.floats()
    let isHalf = scale.dtype == .float16
    let keys = scales.indices.map { b -> UInt64 in
      let low = offsets.map { UInt64($0[b].bitPattern) } ?? 0
      return isHalf ? UInt64(scales[b].bitPattern) << 32 | low : low
    }
    guard let groups = Grouping(keys) else { return nil }
    let count = groups.first.count
    let own = offset.map { offset in
      let values = groups.first.map { offsets?[$0] ?? 0 }
      return offset.dtype.isInteger
        ? Tensor(integers: values.map { Int($0) }, dtype: offset.dtype, shape: [count, 1])
        : Tensor(values, shape: [count, 1]).cast(to: offset.dtype)
    }
    let entries = try BlockwiseEncoding(
      data: Tensor(codes: (0..<count * 16).map { UInt8($0 % 16) }, dtype: data.dtype, shape: [count, 16]),
      scale: Tensor(groups.first.map { isHalf ? scales[$0] : 1 }, shape: [count, 1]).cast(to: scale.dtype), offset: own
    ).decoded().floats()

    let rowsPerScale = rows / scale.shape[0], blocks = scale.shape[1]
    func spread<T>(_ values: [T]) -> [T] {
      values.isEmpty ? [] : (0..<rows).flatMap { r in values[r / rowsPerScale * blocks..<(r / rowsPerScale + 1) * blocks] }
    }
    func made(_ tables: [Float], _ places: [UInt16], scales: [Float] = [], base: [Float] = []) -> PackedMatrix.Tiles {
      PackedMatrix.Tiles(
        "int4", rows: rows, columns: columns, codes: data.codes(), tables: tables, places: spread(places), scales: spread(scales),
        base: base, block: columns / blocks)
    }
    guard isHalf else {
      tiles = made(entries, groups.places, scales: scales)
      return
    }
    let base = (0..<16).map { Float(data.dtype.isSigned && $0 > 7 ? $0 - 16 : $0) }
    if count > Self.few, blocks > 1, columns / blocks % 128 != 0,
      let corrections = Corrections(entries, scales: groups.first.map { scales[$0] }, base: base)
    {
      tiles = made(
        corrections.tables, groups.places.map { corrections.places[Int($0)] }, scales: scales, base: base)
    } else {
      tiles = made(entries, groups.places)
    }
  }

  /// Which keys are equal.
  private struct Grouping {
    /// The first index of each group.
    private(set) var first: [Int] = []
    /// The group of each index.
    private(set) var places: [UInt16] = []

    init?(_ keys: [UInt64]) {
      var known: [UInt64: UInt16] = [:]
      places.reserveCapacity(keys.count)
      for (index, key) in keys.enumerated() {
        if let place = known[key] {
          places.append(place)
          continue
        }
        guard first.count < PackedMatrix.Tiles.mostTables else { return nil }
        let place = UInt16(first.count)
        known[key] = place
        first.append(index)
        places.append(place)
      }
    }
  }

  /// What tables have beyond `scale · base`, each once.
  private struct Corrections {
    private(set) var tables: [Float] = []
    private(set) var places: [UInt16] = []

    /// `nil` where it would not help: as many corrections as tables, or values that are not finite.
    init?(_ entries: [Float], scales: [Float], base: [Float]) {
      var known: [[Float]: UInt16] = [:]
      for (t, scale) in scales.enumerated() {
        let correction = (0..<16).map { entries[t * 16 + $0] - scale * base[$0] }
        guard zip(0..<16, correction).allSatisfy({ $1.isFinite && scale * base[$0] + $1 == entries[t * 16 + $0] }) else { return nil }
        let place = known[correction] ?? UInt16(known.count)
        if known.updateValue(place, forKey: correction) == nil {
          guard known.count <= TiledBlocks.few * 2 else { return nil }
          tables += correction
        }
        places.append(place)
      }
    }
  }
}
