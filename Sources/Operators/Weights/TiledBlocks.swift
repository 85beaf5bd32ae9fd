// SPDX-License-Identifier: Apache-2.0
// Lookup tables for 4-bit codes with a scale, and optionally an offset, for each block.

import Encodings
import Kernels
import Tensors

/// The 16 decoded values of each block's codes. They are computed by decoding, so that products use exactly the
/// elements that decoding produces.
///
/// In half precision there are few distinct scales, and blocks with equal scales share a table. If there are too many
/// tables for the L1 cache, each table contains only the rounding errors, which depend on a few bits of the scale,
/// and the scale is stored separately.
struct TiledBlocks {
  let tiles: PackedMatrix.Tiles

  /// The number of tables that fit in the L1 cache together with other data.
  private static let few = 256

  /// `nil` if there are more tables than indices of tables can address.
  ///
  /// - Parameter encoding: 4-bit codes `[rows, columns]` and scales `[1 or rows or a divisor of rows, blocks]`.
  /// - Throws: `EncodingError` if the parts are inconsistent.
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
      guard !values.isEmpty else { return [] }
      return (0..<rows).flatMap { row -> ArraySlice<T> in
        let first = row / rowsPerScale * blocks
        return values[first..<first + blocks]
      }
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

  /// Groups equal keys.
  private struct Grouping {
    /// The index of the first key in each group.
    private(set) var first: [Int] = []
    /// The group of each key.
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

  /// The differences between tables and `scale · base`, without duplicates.
  private struct Corrections {
    private(set) var tables: [Float] = []
    private(set) var places: [UInt16] = []

    /// `nil` if corrections are not useful: there are too many distinct ones, or one is inexact or not finite.
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
