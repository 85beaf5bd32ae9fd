// SPDX-License-Identifier: Apache-2.0
// The loops of exact k-means: counting, mapping, and one step of the dynamic program compared with exhaustive search.

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

    /// The maximum energy for each end by trying every start, and the lowest start that attains it.
    static func plainRow(_ weight: [Double], _ first: [Double], _ previous: [Double], from: Int, to: Int, end: Int) -> (
      energy: Double, start: Int
    ) {
      var best = (energy: -Double.infinity, start: from)
      for start in from...to where start < end {
        let sum = first[end] - first[start]
        let reached = previous[start] + sum * sum / (weight[end] - weight[start])
        if reached > best.energy { best = (reached, start) }
      }
      return best
    }

    /// Consecutive rows, as k-means computes them, with and without floors and with windows.
    @Test(arguments: [1, 2, 7, 8, 9, 15, 16, 17, 40, 101, 700]) func row(count: Int) {
      var random = SplitMix64(seed: UInt64(count))
      let values = (0..<count).map { _ in random.normal() }.sorted()
      var weight = [0.0]
      var first = [0.0]
      for value in values {
        let w = Double(1 + random.next() % 9)
        weight.append((weight.last ?? 0) + w)
        first.append((first.last ?? 0) + w * value)
      }
      onEachLevel { level in
        var previous = [0.0] + [Double](repeating: -.infinity, count: count)
        var floors: [Int32]?
        for cluster in 0..<min(6, count) {
          let (low, from, to) = (cluster + 1, cluster, cluster == 0 ? 0 : count - 1)
          var energy = [Double](repeating: -.infinity, count: count + 1)
          var splits = [Int32](repeating: -1, count: count + 1)
          weight.withUnsafeBufferPointer { weight in
            first.withUnsafeBufferPointer { first in
              previous.withUnsafeBufferPointer { previous in
                (floors ?? []).withUnsafeBufferPointer { floors in
                  ck_kmeans_fill(
                    &energy, &splits,
                    ck_kmeans_row(
                      weight: weight.baseAddress, first: first.baseAddress, previous: previous.baseAddress,
                      floors: floors.isEmpty ? nil : floors.baseAddress, low: low, high: count, from: from, to: to))
                }
              }
            }
          }
          for end in low...count {
            let plain = Self.plainRow(weight, first, previous, from: from, to: to, end: end)
            #expect((energy[end] - plain.energy).magnitude < 1e-9, "level \(level), cluster \(cluster), end \(end)")
            let start = Int(splits[end])
            let sum = first[end] - first[start]
            #expect(
              (previous[start] + sum * sum / (weight[end] - weight[start]) - plain.energy).magnitude < 1e-9,
              "level \(level), cluster \(cluster), end \(end)")
          }
          previous = energy
          floors = splits
        }
      }
    }

    @Test func theFirstOfEqualStartsWins() {
      // Twenty values whose weighted sums are all 0: all clusters have zero energy, regardless of their start.
      let ramp = (0...20).map(Double.init), none = [Double](repeating: 0, count: 21)
      onEachLevel { level in
        var energy = none
        var splits = [Int32](repeating: -1, count: 21)
        ramp.withUnsafeBufferPointer { ramp in
          none.withUnsafeBufferPointer { none in
            ck_kmeans_fill(
              &energy, &splits,
              ck_kmeans_row(
                weight: ramp.baseAddress, first: none.baseAddress, previous: none.baseAddress, floors: nil, low: 4,
                high: 20, from: 3, to: 19))
          }
        }
        #expect(splits[4...20].allSatisfy { $0 == 3 } && energy[4...20].allSatisfy { $0 == 0 }, "level \(level)")
      }
    }

    @Test(arguments: [1, 2, 24, 25, 200, 256]) func rank(count: Int) {
      var random = SplitMix64(seed: 5)
      let firsts = (0..<count).map { _ in Float(random.normal()) }.sorted()
      let values = (0..<1003).map { $0 < count ? firsts[$0] : Float(random.normal()) }
      let expected = values.map { x in UInt8(max(firsts.filter { $0 <= x }.count - 1, 0)) }
      onEachLevel { level in
        var ranks = [UInt8](repeating: 99, count: values.count)
        ck_rank(&ranks, values, firsts, count, values.count)
        #expect(ranks == expected, "level \(level)")
      }
    }

    @Test func bins() {
      // Width 1/4 from -1 on: -1 and -0.8 in bin 0, 0.5 in bin 6.
      var counts = [UInt32](repeating: 0, count: 65536)
      var sums = [Double](repeating: 0, count: 65536)
      ck_bin(&counts, &sums, [-1, 0.5, -0.75], -1, 4, 3)
      #expect(counts[0] == 1 && counts[1] == 1 && counts[6] == 1 && sums[1] == -0.75)
      #expect(counts.reduce(0, +) == 3)
    }
  }
}
