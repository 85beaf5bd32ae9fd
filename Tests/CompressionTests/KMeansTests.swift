// SPDX-License-Identifier: Apache-2.0
// K-means on a line is the best there is; on vectors it is good and repeatable.

import Compression
import Encodings
import Tensors
import Testing

@Suite("K-means") struct KMeansTests {
  func cost(_ distinct: DistinctValues, _ clusters: LineClusters) -> Double {
    let centroids = KMeansOnLine.centroids(distinct, clusters)
    return centroids.indices.reduce(0) { sum, cluster in
      clusters.range(cluster).reduce(sum) { sum, i in
        let d = Double(distinct.values[i]) - centroids[cluster]
        return sum + distinct.counts[i] * d * d
      }
    }
  }

  /// Every way to cut the sorted values into intervals.
  func leastCost(_ distinct: DistinctValues, _ clusters: Int) -> Double {
    let count = distinct.values.count
    func best(from start: Int, _ left: Int) -> Double {
      if left == 1 { return cost(distinct, start..<count) }
      return (start + 1...count - left + 1).reduce(.infinity) {
        min($0, cost(distinct, start..<$1) + best(from: $1, left - 1))
      }
    }
    func cost(_ distinct: DistinctValues, _ range: Range<Int>) -> Double {
      let weight = range.reduce(0) { $0 + distinct.counts[$1] }
      let mean = range.reduce(0) { $0 + distinct.counts[$1] * Double(distinct.values[$1]) } / weight
      return range.reduce(0) {
        $0 + distinct.counts[$1] * (Double(distinct.values[$1]) - mean)
          * (Double(distinct.values[$1]) - mean)
      }
    }
    return best(from: 0, clusters)
  }

  @Test(arguments: 1...40) func isTheBestOfAllCuts(seed: Int) throws {
    var random = SplitMix64(seed: UInt64(seed))
    let values = (0..<14).map { _ in Float((random.normal() * 8).rounded() / 4) }
    let distinct = DistinctValues(values + values.prefix(5), precision: .half)
    for clusters in 1...min(4, distinct.values.count - 1) {
      let ours = cost(distinct, try KMeansOnLine.cluster(distinct, into: clusters))
      #expect(abs(ours - leastCost(distinct, clusters)) < 1e-9)
    }
  }

  /// Grouping neighbours first and refining the boundaries leads to the same clusters as looking at everything.
  @Test(arguments: [2, 4, 16]) func groupingFindsTheSame(clusters: Int) throws {
    var random = SplitMix64(seed: 11)
    let distinct = DistinctValues(
      (0..<6000).map { _ in Float(random.normal()) }, precision: .single)
    let all = try KMeansOnLine.cluster(distinct, into: clusters)
    let grouped = try KMeansOnLine.cluster(distinct, into: clusters, directLimit: 1000)
    #expect(all == grouped)
  }

  /// Of so many numbers that they are counted in bins first, the table is the one of all numbers sorted.
  @Test(arguments: [2, 4]) func binsFindTheSame(bits: Int) throws {
    var random = SplitMix64(seed: 12)
    let values = (0..<80_000).map { _ in Float(random.normal()) }
    let distinct = DistinctValues(values, precision: .single)
    let clusters = try KMeansOnLine.cluster(distinct, into: 1 << bits, directLimit: .max)
    let expected = KMeansOnLine.centroids(distinct, clusters).map { Float($0) }
    var technique = Palettization()
    technique.nbits = bits
    let weight = try technique.compress(.dense(Tensor(values, shape: [400, 200])), WeightContext(name: "w"))
    guard case .palette(let indices, .dense(let lut), nil) = weight else {
      Issue.record("found \(weight)")
      return
    }
    let table: [Float] = lut.floats()
    for (a, b) in zip(table, expected) { #expect((a - b).magnitude <= 1e-6 * b.magnitude) }
    let found = indices.codes()
    for (i, x) in values.prefix(1000).enumerated() {
      let cluster = clusters.starts.lastIndex { distinct.values[$0] <= x }
      #expect(Int(found[i]) == cluster)
    }
  }

  @Test func literalClusters() throws {
    // 0 1 | 10 11 12 | 50
    let distinct = DistinctValues([10, 0, 50, 11, 1, 12], precision: .half)
    let clusters = try KMeansOnLine.cluster(distinct, into: 3)
    #expect(clusters.starts == [0, 2, 5])
    #expect(KMeansOnLine.centroids(distinct, clusters) == [0.5, 11, 50])
  }

  @Test func fewerValuesThanClusters() throws {
    let distinct = DistinctValues([3, 1, 3, -0.0, 0], precision: .half)
    #expect(distinct.values == [0, 1, 3] && distinct.counts == [2, 1, 2])
    #expect(try KMeansOnLine.cluster(distinct, into: 16).starts == [0, 1, 2])
  }

  @Test(arguments: [WeightPrecision.half, .single]) func distinctValuesAscend(
    precision: WeightPrecision
  ) {
    var random = SplitMix64(seed: 3)
    let values = (0..<5000).map { _ in Float((random.normal() * 64).rounded() / 16) }
    let distinct = DistinctValues(values, precision: precision)
    let sorted = Set(values.map { $0 == 0 ? 0 : $0 }).sorted()
    #expect(distinct.values == sorted)
    #expect(distinct.counts.reduce(0, +) == 5000)
  }

  @Test func stopsWhenAsked() {
    let distinct = DistinctValues((0..<1000).map { Float($0) }, precision: .half)
    #expect(throws: CompressionError.cancelled) {
      try KMeansOnLine.cluster(
        distinct, into: 16, checkCancelled: { throw CompressionError.cancelled })
    }
  }
}
