// SPDX-License-Identifier: Apache-2.0
// The loops of exact k-means: counting, mapping, and one step of the dynamic program against a plain search.

import CKernels
import Tensors
import Testing

extension FloatLoops {
  @Suite struct KMeansLoopTests {
    @Test(arguments: [0, 1, 1000, 1_048_577]) func histogram(n: Int) {
      var random = SplitMix64(seed: 1)
      let codes = (0..<n).map { _ in UInt16(truncatingIfNeeded: random.next() & random.next()) }
      var expected = [UInt32](repeating: 0, count: 65536)
      for c in codes { expected[Int(c)] += 1 }
      var counts = [UInt32](repeating: 99, count: 65536)
      ck_histogram16(&counts, codes, n)
      #expect(counts == expected)
    }

    @Test func mapping() {
      let map = (0..<65536).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
      let codes = (0..<500).map { UInt16($0 * 131) }
      var y = [UInt8](repeating: 0, count: 500)
      ck_map16(&y, codes, map, 500)
      #expect(y == codes.map { map[Int($0)] })
    }

    /// The weighted sum of squares about the mean of values start...end.
    static func spread(_ values: [Double], _ weights: [Double], _ start: Int, _ end: Int) -> Double {
      let total = weights[start...end].reduce(0, +)
      let mean =
        zip(values[start...end], weights[start...end]).reduce(0) { $0 + $1.0 * $1.1 } / total
      return zip(values[start...end], weights[start...end]).reduce(0) {
        $0 + $1.1 * ($1.0 - mean) * ($1.0 - mean)
      }
    }

    @Test(arguments: [1, 2, 9, 15, 16, 17, 40, 101]) func split(count: Int) {
      var random = SplitMix64(seed: UInt64(count))
      let values = (0..<count).map { _ in random.normal() }.sorted()
      let weights = (0..<count).map { _ in Double(1 + random.next() % 9) }
      let previous = (0...count).map { Double($0) * 0.07 }
      var sums: [[Double]] = [[0], [0], [0]]
      for (v, w) in zip(values, weights) {
        for (k, term) in [w, w * v, w * v * v].enumerated() {
          sums[k].append((sums[k].last ?? 0) + term)
        }
      }
      for (low, end) in [(0, count - 1), (count / 3, count - 1), (0, count / 2)] where low <= end {
        let costs = (low...end).map { previous[$0] + Self.spread(values, weights, $0, end) }
        let least = costs.min() ?? .nan
        onEachLevel { level in
          var best = 0.0
          let at = sums[0].withUnsafeBufferPointer { w in
            sums[1].withUnsafeBufferPointer { a in
              sums[2].withUnsafeBufferPointer { b in
                ck_kmeans_split(
                  ck_prefix_sums(
                    weight: w.baseAddress, first: a.baseAddress, second: b.baseAddress),
                  previous, end, low, end, &best)
              }
            }
          }
          #expect((best - least).magnitude < 1e-10, "level \(level)")
          #expect((costs[Int(at) - low] - least).magnitude < 1e-10, "level \(level)")
        }
      }
    }

    @Test func theFirstOfEqualStartsWins() {
      // Twenty equal values: every cluster is free, so all starts cost what comes before, here nothing.
      let ramp = (0...20).map(Double.init), previous = [Double](repeating: 0, count: 21)
      onEachLevel { level in
        var best = -1.0
        let at = ramp.withUnsafeBufferPointer { p in
          ck_kmeans_split(
            ck_prefix_sums(weight: p.baseAddress, first: p.baseAddress, second: p.baseAddress),
            previous, 19, 3, 19, &best)
        }
        #expect(at == 3 && best == 0, "level \(level)")
      }
    }
  }
}
