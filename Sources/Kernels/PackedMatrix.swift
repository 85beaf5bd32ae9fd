// SPDX-License-Identifier: Apache-2.0
// Compressed weights in the layout that product kernels read: single rows are multiplied directly, and panels are
// decoded.

import CKernels

/// A matrix `[rows, columns]` of compressed weights.
///
/// Products equal those of the decoded weights, up to float32 rounding.
package struct PackedMatrix: Sendable {
  package enum Form: Sendable {
    /// 4-bit codes, each looked up in the table of its block.
    case tiles(Tiles)
    /// Unsigned 8-bit codes, with a scale and a zero point for every `block` columns of a row.
    case bytes(Bytes)
    /// 8-bit indices into one table of 256 half-precision entries, of which the first `entries` are used.
    case bytePalette(codes: [UInt8], table: [UInt16], entries: Int)
    /// Nonzero values with a mask; those of each row begin at its start, and 16 unused values follow the last.
    case sparse(mask: [UInt8], values: [Float], starts: [UInt64])
    case sparseHalf(mask: [UInt8], values: [UInt16], starts: [UInt64])
  }

  /// `scale · (code − zeroPoint)`.
  package struct Bytes: Sendable {
    private let codes: [UInt8]
    private let scales: [Float]
    private let zeroPoints: [Float]
    private let block: Int
    private let isHalf: Bool
    private let isNormal: Bool

    /// - Parameters:
    ///   - codes: `[rows, columns]`.
    ///   - scales: `[rows, blocks]`, like the zero points, which are integers.
    ///   - block: a multiple of 16, or all columns.
    ///   - isHalf: whether weights are rounded to half precision, in which they must not overflow.
    package init(rows: Int, columns: Int, codes: [UInt8], scales: [Float], zeroPoints: [Float], block: Int, isHalf: Bool) {
      var packed = [UInt8](repeating: 0, count: ck_packed_bytes(rows, columns))
      ck_pack_bytes(&packed, codes, rows, columns)
      self.codes = packed
      self.scales = scales
      self.zeroPoints = zeroPoints
      self.block = block
      self.isHalf = isHalf
      isNormal = scales.allSatisfy { abs($0) >= Float(Float16.leastNormalMagnitude) || $0 == 0 }
    }

    fileprivate func read(_ columns: Int, _ body: (UnsafePointer<ck_bytes>) -> Void) {
      codes.withUnsafeBufferPointer { codes in
        scales.withUnsafeBufferPointer { scales in
          zeroPoints.withUnsafeBufferPointer { zeros in
            var w = ck_bytes(
              codes: codes.baseAddress, scales: scales.baseAddress, zero_points: zeros.baseAddress, block: block,
              columns: columns, normal: isNormal, halves: isHalf)
            body(&w)
          }
        }
      }
    }
  }

  package let rows: Int
  package let columns: Int
  package let form: Form

  package init(rows: Int, columns: Int, form: Form) {
    self.rows = rows
    self.columns = columns
    self.form = form
  }

  /// The name of the format in profiles.
  package var label: String {
    switch form {
    case .tiles(let tiles): tiles.label
    case .bytes: "int8"
    case .bytePalette(_, _, let entries): entries <= 64 ? "table6" : "table8"
    case .sparse: "sparse:f32"
    case .sparseHalf: "sparse:f16"
    }
  }

  private var maskBytes: Int { ck_mask_row_bytes(columns) }

  /// Multiplies a range of rows, which starts at a multiple of 4, by a vector.
  ///
  /// - Parameters: x: `[columns]`; y: for all rows, does not overlap x; bias: for all rows.
  package func multiply(
    _ range: Range<Int>, _ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, bias: UnsafePointer<Float>?
  ) {
    let (first, count) = (range.lowerBound, range.count)
    let (y, bias) = (y + first, bias.map { $0 + first })
    switch form {
    case .tiles(let tiles): tiles.read(columns) { ck_gemv_tiles(y, $0, first, count, x, bias) }
    case .bytes(let bytes): bytes.read(columns) { ck_gemv_bytes(y, $0, first, count, x, bias) }
    case .bytePalette(let codes, let table, let entries):
      codes.withUnsafeBufferPointer { codes in
        guard let codes = codes.baseAddress else { return }
        ck_gemv_palette8(y, codes + first * columns, table, entries, x, bias, count, columns)
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

  /// Decodes a range of rows into `[range.count, columns]`.
  package func decode(_ range: Range<Int>, to out: UnsafeMutablePointer<Float>) {
    let (first, count) = (range.lowerBound, range.count)
    switch form {
    case .tiles(let tiles): tiles.read(columns) { ck_decode_tiles(out, $0, first, count) }
    case .bytes(let bytes): bytes.read(columns) { ck_decode_bytes(out, $0, first, count) }
    case .bytePalette(let codes, let table, _):
      var entries = [Float](repeating: 0, count: table.count)
      ck_half_to_float(&entries, table, table.count)
      codes.withUnsafeBufferPointer { codes in
        guard let codes = codes.baseAddress else { return }
        ck_lookup(out, codes + first * columns, entries, count * columns)
      }
    case .sparse(let mask, let values, let starts):
      values.withUnsafeBufferPointer { values in
        guard let values = values.baseAddress else { return }
        for row in range {
          withSparse(mask, starts, row) { _ = ck_scatter(out + (row - first) * columns, $0, values + Int($1.pointee), columns) }
        }
      }
    case .sparseHalf(let mask, let values, let starts):
      var floats = [Float](repeating: 0, count: columns)
      values.withUnsafeBufferPointer { values in
        guard let values = values.baseAddress else { return }
        for row in range {
          withSparse(mask, starts, row) { mask, start in
            ck_half_to_float(&floats, values + Int(start.pointee), ck_count_bits(mask, columns))
            _ = ck_scatter(out + (row - first) * columns, mask, floats, columns)
          }
        }
      }
    }
  }
}
