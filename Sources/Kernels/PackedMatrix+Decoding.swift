// SPDX-License-Identifier: Apache-2.0
// Rows of compressed weights as floats.

import CKernels

extension PackedMatrix {
  /// Decodes some rows into `[range.count, columns]`.
  package func decode(_ range: Range<Int>, to out: UnsafeMutablePointer<Float>) {
    switch form {
    case .palette(let codes, let tables, let rowsPerTable):
      forEachNibbleRow(codes, range) { row, indices in
        tables.withUnsafeBufferPointer { tables in
          guard let tables = tables.baseAddress else { return }
          ck_lookup(out + (row - range.lowerBound) * columns, indices, tables + row / rowsPerTable * 16, columns)
        }
      }
    case .maskedPalette(let codes, let mask, let table):
      let bytes = ck_mask_row_bytes(columns)
      forEachNibbleRow(codes, range) { row, indices in
        let y = out + (row - range.lowerBound) * columns
        ck_lookup(y, indices, table, columns)
        for k in 0..<columns where mask[row * bytes + k / 8] >> UInt8(k % 8) & 1 == 0 { y[k] = 0 }
      }
    case .bytePalette(let codes, let table):
      var entries = [Float](repeating: 0, count: table.count)
      ck_half_to_float(&entries, table, table.count)
      codes.withUnsafeBufferPointer { codes in
        guard let codes = codes.baseAddress else { return }
        ck_lookup(out, codes + range.lowerBound * columns, entries, range.count * columns)
      }
    case .blocks(let bits, let codes, let scales, let zeroPoints, let block):
      let blocks = (columns + block - 1) / block
      func scale(_ row: Int, _ indices: UnsafePointer<UInt8>) {
        scales.withUnsafeBufferPointer { scales in
          zeroPoints.withUnsafeBufferPointer { zeros in
            guard let scales = scales.baseAddress, let zeros = zeros.baseAddress else { return }
            ck_decode_blocks_unsigned(
              out + (row - range.lowerBound) * columns, indices, 8, scales + row * blocks, zeros + row * blocks, block,
              columns)
          }
        }
      }
      if bits == 4 {
        forEachNibbleRow(codes, range, scale)
      } else {
        codes.withUnsafeBufferPointer { codes in
          guard let codes = codes.baseAddress else { return }
          for row in range { scale(row, codes + row * columns) }
        }
      }
    case .sparse(let mask, let values, let starts):
      forEachSparseRow(mask, range) { row, mask in
        values.withUnsafeBufferPointer { values in
          guard let values = values.baseAddress else { return }
          _ = ck_scatter(out + (row - range.lowerBound) * columns, mask, values + Int(starts[row]), columns)
        }
      }
    case .sparseHalf(let mask, let values, let starts):
      var floats = [Float](repeating: 0, count: columns)
      forEachSparseRow(mask, range) { row, mask in
        let count = ck_count_bits(mask, columns)
        values.withUnsafeBufferPointer { values in
          guard let values = values.baseAddress else { return }
          ck_half_to_float(&floats, values + Int(starts[row]), count)
        }
        _ = ck_scatter(out + (row - range.lowerBound) * columns, mask, floats, columns)
      }
    }
  }

  private func forEachNibbleRow(_ codes: [UInt8], _ range: Range<Int>, _ body: (Int, UnsafePointer<UInt8>) -> Void) {
    let bytes = ck_nibble_row_bytes(columns)
    var indices = [UInt8](repeating: 0, count: columns)
    codes.withUnsafeBufferPointer { codes in
      guard let codes = codes.baseAddress else { return }
      for row in range {
        ck_unpack_nibbles(&indices, codes + row * bytes, 1, columns)
        body(row, indices)
      }
    }
  }

  private func forEachSparseRow(_ mask: [UInt8], _ range: Range<Int>, _ body: (Int, UnsafePointer<UInt8>) -> Void) {
    let bytes = ck_mask_row_bytes(columns)
    mask.withUnsafeBufferPointer { mask in
      guard let mask = mask.baseAddress else { return }
      for row in range { body(row, mask + row * bytes) }
    }
  }
}
