// SPDX-License-Identifier: Apache-2.0
// Decoding of compressed weights, and products with compressed weights.

import CKernels
import Testing

extension FloatLoops {
  @Suite struct DecodingLoopTests {
    @Test func byteLookup() {
      let table = uniform(256, -1...1, seed: 3)
      for n in FloatLoops.lengths + [999] {
        let indices = bytes(n, seed: UInt64(n))
        onEachLevel { level in
          var y = [Float](repeating: 7, count: n + 1)
          ck_lookup(&y, indices, table, n)
          #expect(y == indices.map { table[Int($0)] } + [7], "\(n) indices, level \(level)")
        }
      }
    }

    @Test(arguments: [1, 2, 3, 4, 6, 8], [1, 5, 32, 48, 4096])
    func blocks(bits: Int, block: Int) {
      let n = 5003, count = (n + block - 1) / block
      let codes = bytes(n, below: 1 << bits, seed: 5)
      let packed = ConversionLoopTests.packBitwise(codes, bits: bits)
      let scales = uniform(count, 0.01...0.1, seed: 6),
        zeros = uniform(count, -4...4, seed: 7).map { $0.rounded() }
      onEachLevel { level in
        var y = [Float](repeating: 7, count: n)
        ck_decode_blocks_unsigned(&y, packed, Int32(bits), scales, zeros, block, n)
        #expect(
          y.indices.allSatisfy {
            y[$0] == (Float(codes[$0]) - zeros[$0 / block]) * scales[$0 / block]
          }, "level \(level)")
        ck_decode_blocks_unsigned(&y, packed, Int32(bits), scales, nil, block, n)
        #expect(y.indices.allSatisfy { y[$0] == Float(codes[$0]) * scales[$0 / block] }, "level \(level)")
      }
    }

    @Test func scattering() {
      for (n, density) in [(0, 1), (1, 1), (16, 1), (100, 3), (1000, 2), (5001, 10), (4096, 1)] {
        let set = bytes(n, below: density, seed: UInt64(n)).map { $0 == 0 }
        var mask = [UInt8](repeating: 0, count: (n + 7) / 8)
        for (i, s) in set.enumerated() where s { mask[i / 8] |= 1 << (i % 8) }
        if n % 8 != 0 { mask[n / 8] |= UInt8(truncatingIfNeeded: 0xff << (n % 8)) }  // bits after the end are ignored
        let total = set.filter(\.self).count
        let values = uniform(total, 1...2, seed: 8)
        onEachLevel { level in
          #expect(ck_count_bits(mask, n) == total)
          var y = [Float](repeating: 7, count: n + 1)
          #expect(ck_scatter(&y, mask, values, n) == total)
          var next = values.makeIterator()
          let expected = set.map { $0 ? next.next() ?? .nan : 0 }
          #expect(y == expected + [7], "\(n), level \(level)")
        }
      }
    }

    // MARK: matrix times vector

    static let shapes = [(1, 1), (3, 15), (4, 16), (5, 32), (7, 33), (9, 100), (6, 257), (2, 1000)]

    static func expectProduct(
      _ y: [Float], _ weight: (Int, Int) -> Double, _ x: [Float], _ bias: [Float]?, _ what: String, slack: Double = 0
    ) {
      for r in y.indices {
        var sum = 0.0, size = 0.0
        for k in x.indices {
          sum += weight(r, k) * Double(x[k])
          size += (weight(r, k) * Double(x[k])).magnitude
        }
        sum += Double(bias?[r] ?? 0)
        #expect(
          (Double(y[r]) - sum).magnitude <= 1e-6 * size + 1e-6 + slack,
          "\(what), row \(r) of \(y.count)×\(x.count)")
      }
    }

    @Test(arguments: shapes) func floatAndHalf(rows: Int, columns: Int) {
      let w = uniform(rows * columns, -1...1, seed: 9), x = uniform(columns, -1...1, seed: 10),
        bias = uniform(rows, -1...1, seed: 11)
      let halves = w.map { Float16($0).bitPattern }
      onEachLevel { level in
        var y = [Float](repeating: 7, count: rows)
        ck_gemv(&y, w, x, bias, rows, columns)
        Self.expectProduct(y, { Double(w[$0 * columns + $1]) }, x, bias, "float, level \(level)")
        ck_gemv_half(&y, halves, x, nil, rows, columns)
        Self.expectProduct(
          y, { Double(Float16(bitPattern: halves[$0 * columns + $1])) }, x, nil,
          "half, level \(level)")
      }
    }
  }
}
