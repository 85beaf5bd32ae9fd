// SPDX-License-Identifier: Apache-2.0
// Compressed weights in the order in which the loops read them: one row of products straight, panels decoded.

import CKernels

/// A matrix `[rows, columns]` of compressed weights.
package struct PackedMatrix: Sendable {
  package enum Form: Sendable {
    /// Indices of 4 bits into tables of 16 entries, a table for so many rows.
    case palette(codes: [UInt8], tables: [Float], rowsPerTable: Int)
    /// The same with one table, where the mask has ones; zero elsewhere.
    case maskedPalette(codes: [UInt8], mask: [UInt8], table: [Float])
    /// Indices of 8 bits into one table of 256 entries in half precision.
    case bytePalette(codes: [UInt8], table: [UInt16])
    /// Unsigned codes of 4 or 8 bits, a scale and a zero point for each `block` columns of a row.
    case blocks(bits: Int, codes: [UInt8], scales: [Float], zeroPoints: [Float], block: Int)
    /// Values under a mask, each row's from its start on; 16 more follow the last.
    case sparse(mask: [UInt8], values: [Float], starts: [UInt64])
    case sparseHalf(mask: [UInt8], values: [UInt16], starts: [UInt64])
  }

  package let rows: Int
  package let columns: Int
  package let form: Form

  package init(rows: Int, columns: Int, form: Form) {
    self.rows = rows
    self.columns = columns
    self.form = form
  }

  /// What profiles call the form.
  package var label: String {
    switch form {
    case .palette: "table4"
    case .maskedPalette: "sparse+table4"
    case .bytePalette: "table8"
    case .blocks(let bits, _, _, _, _): "int\(bits)"
    case .sparse: "sparse:f32"
    case .sparseHalf: "sparse:f16"
    }
  }

  private var nibbleBytes: Int { ck_nibble_row_bytes(columns) }
  private var maskBytes: Int { ck_mask_row_bytes(columns) }

  /// Products of some rows with a vector.
  ///
  /// - Parameters: x: `[columns]`; y: of all rows, apart from x; bias: of all rows.
  package func multiply(
    _ range: Range<Int>, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>?
  ) {
    let (first, count) = (range.lowerBound, range.count)
    let (y, bias) = (y + first, bias.map { $0 + first })
    switch form {
    case .palette(let codes, let tables, let rowsPerTable):
      codes.withUnsafeBufferPointer { codes in
        tables.withUnsafeBufferPointer { tables in
          guard let codes = codes.baseAddress, let tables = tables.baseAddress else { return }
          ck_gemv_palette4(
            y, codes + first * nibbleBytes, tables + first / rowsPerTable * 16, first % rowsPerTable, rowsPerTable, x,
            bias, count, columns)
        }
      }
    case .maskedPalette(let codes, let mask, let table):
      codes.withUnsafeBufferPointer { codes in
        mask.withUnsafeBufferPointer { mask in
          guard let codes = codes.baseAddress, let mask = mask.baseAddress else { return }
          ck_gemv_masked_palette4(
            y, codes + first * nibbleBytes, mask + first * maskBytes, table, x, bias, count, columns)
        }
      }
    case .bytePalette(let codes, let table):
      codes.withUnsafeBufferPointer { codes in
        guard let codes = codes.baseAddress else { return }
        ck_gemv_palette8(y, codes + first * columns, table, x, bias, count, columns)
      }
    case .blocks(let bits, let codes, let scales, let zeroPoints, let block):
      let blocks = (columns + block - 1) / block
      codes.withUnsafeBufferPointer { codes in
        scales.withUnsafeBufferPointer { scales in
          zeroPoints.withUnsafeBufferPointer { zeros in
            guard let codes = codes.baseAddress, let scales = scales.baseAddress, let zeros = zeros.baseAddress else { return }
            let (s, z) = (scales + first * blocks, zeros + first * blocks)
            if bits == 4 {
              ck_gemv_blocks4(y, codes + first * nibbleBytes, s, z, block, x, bias, count, columns)
            } else {
              ck_gemv_blocks8(y, codes + first * columns, s, z, block, x, bias, count, columns)
            }
          }
        }
      }
    case .sparse(let mask, let values, let starts):
      withSparse(mask, starts, first) { ck_gemv_sparse(y, $0, values, $1, x, bias, count, columns) }
    case .sparseHalf(let mask, let values, let starts):
      withSparse(mask, starts, first) { ck_gemv_sparse_half(y, $0, values, $1, x, bias, count, columns) }
    }
  }

  private func withSparse(
    _ mask: [UInt8], _ starts: [UInt64], _ row: Int, _ body: (UnsafePointer<UInt8>, UnsafePointer<UInt64>) -> Void
  ) {
    mask.withUnsafeBufferPointer { mask in
      starts.withUnsafeBufferPointer { starts in
        guard let mask = mask.baseAddress, let starts = starts.baseAddress else { return }
        body(mask + row * maskBytes, starts + row)
      }
    }
  }
}
