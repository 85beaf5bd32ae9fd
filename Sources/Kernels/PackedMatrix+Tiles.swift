// SPDX-License-Identifier: Apache-2.0
// 4-bit codes in tiles, with a lookup table for each block of a row.

import CKernels
import Tensors

extension PackedMatrix {
  /// Weights `table[code]`, `scale · table[code]`, or `scale · base[code] + table[code]`; zero where the mask is
  /// zero.
  package struct Tiles: Sendable {
    /// The name of the format in profiles.
    package let label: String
    // Tensors are used because their memory is aligned such that vector loads do not cross cache lines.
    private let tiles: Tensor
    private let tables: Tensor
    private let mask: [UInt8]
    private let places: [UInt16]
    private let scales: [Float]
    private let base: [Float]
    private let block: Int

    /// The maximum number of tables that `places` can address.
    package static let mostTables = CK_MOST_TABLES

    /// - Parameters:
    ///   - codes: less than 16, `[rows, columns]`; mask: empty, or one flag for each code.
    ///   - tables: 16 entries for each table.
    ///   - places: the index of the table of each block, `[rows, blocks]`; scales: empty, or one for each block.
    ///   - base: empty, or 16 entries.
    ///   - block: the number of columns in a block: a multiple of 32, or all columns.
    package init(
      _ label: String, rows: Int, columns: Int, codes: [UInt8], mask: [UInt8] = [], tables: [Float], places: [UInt16],
      scales: [Float] = [], base: [Float] = [], block: Int
    ) {
      // The kernels support blocks of one step (32 columns) or of whole tiles.
      let width = block >= columns ? (columns + 127) / 128 * 128 : block % 128 == 0 ? block : 32
      let stored = (columns + block - 1) / block, blocks = (columns + width - 1) / width
      func arranged<T>(_ values: [T], _ filling: T) -> [T] {
        guard !values.isEmpty else { return [] }
        var out = [T](repeating: filling, count: (rows + 3) / 4 * 4 * blocks)
        for r in 0..<rows {
          for b in 0..<blocks { out[(r / 4 * blocks + b) * 4 + r % 4] = values[r * stored + b * width / block] }
        }
        return out
      }
      self.label = label
      self.tables = Tensor(tables)
      self.base = base
      self.block = width
      self.places = arranged(places.map { $0 * UInt16(CK_TILE_PLACE) }, 0)
      self.scales = arranged(scales, 0)
      var tiles = Tensor(uninitialized: .uint8, [ck_tiles_bytes(rows, columns)])
      tiles.withMutableBytes { bytes in
        guard let to = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self) else { return }
        ck_pack_tiles(to, codes, rows, columns)
      }
      self.tiles = tiles
      var flags = [UInt8](repeating: 0, count: mask.isEmpty ? 0 : ck_tiles_mask_bytes(rows, columns))
      if !mask.isEmpty { ck_pack_tiles_mask(&flags, mask, rows, columns) }
      self.mask = flags
    }

    func read(_ columns: Int, _ body: (UnsafePointer<ck_tiles>) -> Void) {
      tiles.withBytes { tiles in
        tables.withBytes { tables in
          mask.withUnsafeBufferPointer { mask in
            places.withUnsafeBufferPointer { places in
              scales.withUnsafeBufferPointer { scales in
                base.withUnsafeBufferPointer { base in
                  var w = ck_tiles(
                    tiles: tiles.baseAddress?.assumingMemoryBound(to: UInt8.self), mask: mask.isEmpty ? nil : mask.baseAddress,
                    tables: tables.baseAddress?.assumingMemoryBound(to: Float.self), places: places.baseAddress,
                    scales: scales.isEmpty ? nil : scales.baseAddress, base: base.isEmpty ? nil : base.baseAddress, block: block,
                    columns: columns)
                  body(&w)
                }
              }
            }
          }
        }
      }
    }
  }
}
