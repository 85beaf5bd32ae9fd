// SPDX-License-Identifier: Apache-2.0
// K-means of scalars is optimal; k-means of vectors is good and deterministic.

import Compression
import Encodings
import Tensors
import TestSupport
import Testing
import WeightArithmetic
import WeightStorage

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

  /// The minimum cost over all partitions of the sorted values into intervals.
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

  /// The index of every element is that of the nearest entry, for all implementations: comparison, a map of all
  /// halves, and binary search. -0 has the index of 0.
  @Test(arguments: [1, 2, 4, 6, 8], [DType.float16, .float32]) func indicesAreTheNearest(bits: Int, dtype: DType) throws {
    var random = SplitMix64(seed: UInt64(bits))
    let values = (0..<70_003).map { i in i % 7 == 0 ? (i % 2 == 0 ? 0 : -0.0) : Float(random.normal()) }
    let weight = Tensor(values, shape: [70_003]).cast(to: dtype)
    var technique = Palettization()
    technique.nbits = bits
    guard
      case .palette(let indices, .dense(let lut), nil) = try technique.compress(
        .dense(weight), WeightContext(name: "w", outputAxis: 0))
    else {
      Issue.record("no palette")
      return
    }
    let (table, codes) = (lut.floats(), indices.codes())
    let tolerance: Float = dtype == .float16 ? 2e-3 : 1e-6
    for (x, code) in try pairs(weight.floats(), codes) {
      let least = table.reduce(Float.infinity) { min($0, abs(x - $1)) }
      guard abs(x - table[Int(code)]) <= least + tolerance else {
        Issue.record("\(x) got \(table[Int(code)]), \(least) from its nearest")
        return
      }
    }
  }

  /// Distributions whose cluster boundaries are difficult to predict from bins.
  static let shapes: [(name: String, draw: @Sendable (inout SplitMix64) -> Double)] = [
    ("normal", { $0.normal() }),
    ("uniform", { $0.uniform() }),
    ("heavy tails", { $0.normal() / max(abs($0.normal()), 0.02) }),
    ("one-sided", { random in (0..<3).reduce(1) { product, _ in product * abs(random.normal()) } }),
    ("three heaps", { 0.05 * $0.normal() + [-1, 0.2, 3][Int(3 * $0.uniform())] }),
    ("far from zero", { 1000 + $0.normal() }),
  ]

  /// Searching only where boundaries can be yields the same result as exhaustive search.
  @Test(arguments: shapes.indices, [2, 3, 4]) func windowsHoldTheBest(shape: Int, clusters: Int) throws {
    var random = SplitMix64(seed: UInt64(20 + shape))
    let draw = Self.shapes[shape].draw
    let values = (0..<2600).map { i in Float(i < 2599 ? draw(&random) : 40 * draw(&random)) }
    let distinct = DistinctValues(values, precision: .single)
    try #require(distinct.values.count >= 2048, "too few distinct values for windows")
    let found = try KMeansOnLine.cluster(distinct, into: clusters)
    #expect(abs(cost(distinct, found) / leastCostOfRows(distinct, clusters) - 1) < 1e-9, "\(Self.shapes[shape].name)")
  }

  /// The minimum cost, with every start tried for every end.
  func leastCostOfRows(_ distinct: DistinctValues, _ clusters: Int) -> Double {
    let count = distinct.values.count
    let mean = distinct.values.reduce(0) { $0 + Double($1) } / Double(count)
    var sums: [(w: Double, x: Double, square: Double)] = [(0, 0, 0)]
    for (value, weight) in zip(distinct.values, distinct.counts) {
      let (x, last) = (Double(value) - mean, sums[sums.count - 1])
      sums.append((last.w + weight, last.x + weight * x, last.square + weight * x * x))
    }
    var costs = (0...count).map { $0 == 0 ? 0 : Double.infinity }
    for _ in 0..<clusters {
      costs = (0...count).map { end in
        (0..<end).reduce(Double.infinity) { least, start in
          let x = sums[end].x - sums[start].x
          return min(least, costs[start] + sums[end].square - sums[start].square - x * x / (sums[end].w - sums[start].w))
        }
      }
    }
    return costs[count]
  }

  /// Clustering groups of adjacent values first and refining the boundaries yields the same clusters as exhaustive
  /// search.
  @Test(arguments: [2, 4, 16]) func groupingFindsTheSame(clusters: Int) throws {
    var random = SplitMix64(seed: 11)
    let distinct = DistinctValues(
      (0..<6000).map { _ in Float(random.normal()) }, precision: .single)
    let all = try KMeansOnLine.cluster(distinct, into: clusters)
    let grouped = try KMeansOnLine.cluster(distinct, into: clusters, directLimit: 1000)
    #expect(all == grouped)
  }

  /// For tensors so large that values are counted in bins first, the table equals that of all sorted values.
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
    for (a, b) in try pairs(table, expected) { #expect((a - b).magnitude <= 1e-6 * b.magnitude) }
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
