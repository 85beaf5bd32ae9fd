// SPDX-License-Identifier: Apache-2.0
// Products with compressed weights agree with sums over the weights that they stand for, at each level of code.
//
// Where bytes are multiplied, elements of x and entries of tables are rounded to 16 bits of their peak, so that each is
// off by at most 1.6e-5 of it: `slack` is what that can make of a row.

import CKernels
import Testing

extension FloatLoops {
  @Suite struct PackedProductTests {
    typealias Decoding = FloatLoops.DecodingLoopTests

    static let shapes = [(1, 1), (3, 15), (4, 16), (5, 32), (7, 33), (9, 100), (6, 257), (2, 1000)]

    @Test(arguments: shapes, [32, 64, 128, 1024]) func blocks(shape: (Int, Int), block: Int) {
      let (rows, columns) = shape
      let x = uniform(columns, -1...1, seed: 17), bias = uniform(rows, -1...1, seed: 18)
      let blocks = (columns + block - 1) / block
      let scales = uniform(rows * blocks, 0.001...0.01, seed: 20)
      let zeros = uniform(rows * blocks, 0...15, seed: 21).map { $0.rounded() }
      for bits in [4, 8] {
        let codes = bytes(rows * columns, below: 1 << bits, seed: 16)
        var packed = [UInt8](repeating: 0, count: rows * ck_nibble_row_bytes(columns))
        if bits == 4 { ck_pack_nibbles(&packed, codes, rows, columns) }
        onEachLevel { level in
          var y = [Float](repeating: 7, count: rows)
          if bits == 4 {
            ck_gemv_blocks4(&y, packed, scales, zeros, block, x, bias, rows, columns)
          } else {
            ck_gemv_blocks8(&y, codes, scales, zeros, block, x, bias, rows, columns)
          }
          Decoding.expectProduct(
            y,
            { r, k in
              let b = r * blocks + k / block
              return (Double(codes[r * columns + k]) - Double(zeros[b])) * Double(scales[b])
            }, x, bias, "\(bits) bits in blocks of \(block), level \(level)",
            slack: 1.6e-5 * Double(columns) * 0.01 * Double(1 << bits))
        }
      }
    }

    @Test(arguments: shapes) func tables(rows: Int, columns: Int) {
      let codes = bytes(rows * columns, below: 16, seed: 16), wide = bytes(rows * columns, seed: 22)
      let x = uniform(columns, -1...1, seed: 17), bias = uniform(rows, -1...1, seed: 18)
      let table = uniform(16 * (rows / 3 + 2), -1...1, seed: 19)
      let halves = uniform(256, -1...1, seed: 23).map { Float16($0) }
      var packed = [UInt8](repeating: 0, count: rows * ck_nibble_row_bytes(columns))
      ck_pack_nibbles(&packed, codes, rows, columns)
      var unpacked = [UInt8](repeating: 99, count: codes.count)
      ck_unpack_nibbles(&unpacked, packed, rows, columns)
      #expect(unpacked == codes)
      onEachLevel { level in
        var y = [Float](repeating: 7, count: rows)
        for (skipped, rowsPerTable) in [(0, rows), (0, 3), (2, 3), (4, 6)] {
          ck_gemv_palette4(&y, packed, table, skipped, rowsPerTable, x, bias, rows, columns)
          Decoding.expectProduct(
            y, { Double(table[(skipped + $0) / rowsPerTable * 16 + Int(codes[$0 * columns + $1])]) }, x, bias,
            "16 entries for \(rowsPerTable) rows, level \(level)", slack: 3.2e-5 * Double(columns))
        }
        ck_gemv_palette8(&y, wide, halves.map(\.bitPattern), x, bias, rows, columns)
        Decoding.expectProduct(
          y, { Double(halves[Int(wide[$0 * columns + $1])]) }, x, bias, "256 entries, level \(level)")
      }
    }

    @Test(arguments: shapes) func masks(rows: Int, columns: Int) {
      let present = bytes(rows * columns, below: 3, seed: 30).map { $0 == 0 }
      let stride = ck_mask_row_bytes(columns)
      var mask = [UInt8](repeating: 0, count: rows * stride)
      var starts: [UInt64] = []
      var count = 0
      for r in 0..<rows {
        starts.append(UInt64(count))
        for k in 0..<columns where present[r * columns + k] {
          mask[r * stride + k / 8] |= 1 << UInt8(k % 8)
          count += 1
        }
      }
      let halves = uniform(count + 16, -1...1, seed: 31).map { Float16($0) }
      let values = halves.map { Float($0) }
      var dense = [Double](repeating: 0, count: rows * columns)
      var next = 0
      for i in dense.indices where present[i] {
        dense[i] = Double(values[next])
        next += 1
      }
      let x = uniform(columns, -1...1, seed: 32), bias = uniform(rows, -1...1, seed: 33)
      let codes = bytes(rows * columns, below: 16, seed: 34), table = uniform(16, -1...1, seed: 35)
      var packed = [UInt8](repeating: 0, count: rows * ck_nibble_row_bytes(columns))
      ck_pack_nibbles(&packed, codes, rows, columns)
      onEachLevel { level in
        var y = [Float](repeating: 7, count: rows)
        ck_gemv_sparse(&y, mask, values, starts, x, bias, rows, columns)
        Decoding.expectProduct(y, { dense[$0 * columns + $1] }, x, bias, "sparse, level \(level)")
        ck_gemv_sparse_half(&y, mask, halves.map(\.bitPattern), starts, x, nil, rows, columns)
        Decoding.expectProduct(y, { dense[$0 * columns + $1] }, x, nil, "sparse halves, level \(level)")
        ck_gemv_masked_palette4(&y, packed, mask, table, x, bias, rows, columns)
        Decoding.expectProduct(
          y, { present[$0 * columns + $1] ? Double(table[Int(codes[$0 * columns + $1])]) : 0 }, x, bias,
          "masked table, level \(level)")
      }
    }

    /// What is not finite stays so: 1·∞ is not lost in fixed point.
    @Test func infinity() {
      var packed = [UInt8](repeating: 0, count: ck_nibble_row_bytes(2))
      ck_pack_nibbles(&packed, [9, 9], 1, 2)
      var y: [Float] = [0]
      ck_gemv_blocks4(&y, packed, [1], [8], 32, [.infinity, 1], nil, 1, 2)
      #expect(y == [.infinity])
    }
  }
}
