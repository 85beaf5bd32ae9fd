// SPDX-License-Identifier: Apache-2.0
// Products with compressed weights equal sums over the decoded weights up to float32 rounding, for any vector and at
// every instruction set level; decoding is bit-exact.

import CKernels
import Kernels
import TestSupport
import Testing

extension FloatLoops {
  @Suite struct PackedProductTests {
    static let shapes = [(1, 1), (3, 15), (4, 16), (5, 32), (7, 33), (9, 100), (6, 257), (2, 1000)]

    @Test(arguments: shapes, Activations.allCases) func tables(shape: (Int, Int), activations: Activations) {
      let (rows, columns) = shape
      let codes = bytes(rows * columns, below: 16, seed: 16)
      let table = uniform(16 * 40, -1...1, seed: 19)
      for block in [32, 64, 96, 128, 256, 1024] {
        let blocks = (columns + block - 1) / block
        let places = bytes(rows * blocks, below: 40, seed: 20).map { UInt16($0) }
        let scales = uniform(rows * blocks, 0.5...2, seed: 21).map { Float(Float16($0)) }, base = (0..<16).map { Float($0) - 8 }
        for (label, scales, base) in [("plain", [], []), ("scaled", scales, []), ("corrected", scales, base)]
          as [(String, [Float], [Float])]
        {
          let form = PackedMatrix.Tiles(
            label, rows: rows, columns: columns, codes: codes, tables: table, places: places, scales: scales, base: base, block: block)
          Self.check(PackedMatrix(rows: rows, columns: columns, form: .tiles(form)), activations, "\(label), blocks of \(block)") { r, k in
            let b = r * blocks + k / block
            let code = Int(codes[r * columns + k]), entry = table[Int(places[b]) * 16 + code]
            if scales.isEmpty { return entry }
            return base.isEmpty ? entry * scales[b] : (base[code] * scales[b]).addingProduct(entry, 1)
          }
        }
      }
    }

    @Test(arguments: shapes, Activations.allCases) func byteCodes(shape: (Int, Int), activations: Activations) {
      let (rows, columns) = shape
      let codes = bytes(rows * columns, seed: 16)
      for block in [16, 32, 160, columns] where block == columns || columns % block == 0 {
        let blocks = columns / block
        let zeros = uniform(rows * blocks, -20...300, seed: 21).map { $0.rounded() }
        // The last range is so small that products are subnormal halves.
        for (range, isHalf) in [(0.001...0.01, false), (0.001...0.01, true), (100...115, true), (1e-7...3e-6, true)]
          as [(ClosedRange<Float>, Bool)]
        {
          let scales = uniform(rows * blocks, range, seed: 20).map { isHalf ? Float(Float16($0)) : $0 }
          let form = PackedMatrix.Bytes(
            rows: rows, columns: columns, codes: codes, scales: scales, zeroPoints: zeros, block: block, isHalf: isHalf)
          Self.check(PackedMatrix(rows: rows, columns: columns, form: .bytes(form)), activations, "blocks of \(block), half \(isHalf)") {
            r, k in
            let w = (Float(codes[r * columns + k]) - zeros[r * blocks + k / block]) * scales[r * blocks + k / block]
            return isHalf ? Float(Float16(w)) : w
          }
        }
      }
    }

    @Test(arguments: shapes, Activations.allCases) func wideTables(shape: (Int, Int), activations: Activations) {
      let (rows, columns) = shape
      let halves = uniform(256, -1...1, seed: 23).map { Float16($0) }
      for entries in [20, 64, 256] {
        let codes = bytes(rows * columns, below: entries, seed: 22)
        let form = PackedMatrix.Form.bytePalette(codes: codes, table: halves.map(\.bitPattern), entries: entries)
        Self.check(PackedMatrix(rows: rows, columns: columns, form: form), activations, "\(entries) entries") {
          Float(halves[Int(codes[$0 * columns + $1])])
        }
      }
    }

    /// Elements after the last column are not multiplied, regardless of the first table entries.
    @Test(arguments: shapes) func infiniteEntries(rows: Int, columns: Int) {
      let codes = bytes(rows * columns, below: 15, seed: 22).map { $0 + 1 }
      let table: [Float] = [.infinity] + uniform(15, -1...1, seed: 23)
      let halves = (table + [Float](repeating: .infinity, count: 240)).map { Float16($0) }
      let tiles = PackedMatrix.Tiles(
        "", rows: rows, columns: columns, codes: codes, tables: table, places: [UInt16](repeating: 0, count: rows), block: columns)
      Self.check(PackedMatrix(rows: rows, columns: columns, form: .tiles(tiles)), .ordinary, "16 entries") {
        table[Int(codes[$0 * columns + $1])]
      }
      let form = PackedMatrix.Form.bytePalette(codes: codes, table: halves.map(\.bitPattern), entries: 256)
      Self.check(PackedMatrix(rows: rows, columns: columns, form: form), .ordinary, "256 entries") {
        Float(halves[Int(codes[$0 * columns + $1])])
      }
    }

    @Test(arguments: shapes, Activations.allCases) func masks(shape: (Int, Int), activations: Activations) {
      let (rows, columns) = shape
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
      var dense = [Float](repeating: 0, count: rows * columns)
      var next = 0
      for i in dense.indices where present[i] {
        dense[i] = values[next]
        next += 1
      }
      let sparse: [PackedMatrix.Form] = [
        .sparse(mask: mask, values: values, starts: starts),
        .sparseHalf(mask: mask, values: halves.map(\.bitPattern), starts: starts),
      ]
      for form in sparse {
        Self.check(PackedMatrix(rows: rows, columns: columns, form: form), activations, "sparse") { dense[$0 * columns + $1] }
      }
      let codes = bytes(rows * columns, below: 16, seed: 34), table = uniform(16, -1...1, seed: 35)
      let tiles = PackedMatrix.Tiles(
        "", rows: rows, columns: columns, codes: codes, mask: present.map { $0 ? 1 : 0 }, tables: table,
        places: [UInt16](repeating: 0, count: rows), block: columns)
      Self.check(PackedMatrix(rows: rows, columns: columns, form: .tiles(tiles)), activations, "masked table") {
        present[$0 * columns + $1] ? table[Int(codes[$0 * columns + $1])] : 0
      }
    }

    /// Compares products and decoded weights with `weight`, at each level, for all rows and for those from the fourth
    /// on.
    static func check(_ matrix: PackedMatrix, _ activations: Activations, _ what: String, weight: (Int, Int) -> Float) {
      let (rows, columns) = (matrix.rows, matrix.columns)
      let w = (0..<rows * columns).map { weight($0 / columns, $0 % columns) }
      let x = activations.vector(columns)
      let bias = activations == .ordinary ? uniform(rows, -1...1, seed: 18) : nil
      onEachLevel { level in
        for first in [0, 4] where first < rows {
          var y = [Float](repeating: 7, count: rows), decoded = [Float](repeating: 7, count: (rows - first) * columns)
          matrix.multiply(first..<rows, x, to: &y, bias: bias)
          matrix.decode(first..<rows, to: &decoded)
          #expect(zip(decoded, w[(first * columns)...]).allSatisfy { $0 == $1 }, "decoded: \(what), level \(level)")
          for r in 0..<rows {
            let found = y[r]
            guard r >= first else {
              #expect(found == 7, "\(what), level \(level): row \(r) is not asked for")
              continue
            }
            let product = DotProduct(w[r * columns..<(r + 1) * columns], x, bias: bias?[r] ?? 0)
            #expect(product.agrees(found), "\(what), \(activations), level \(level), row \(r) of \(rows)×\(columns): \(found), \(product)")
          }
        }
      }
    }
  }
}
