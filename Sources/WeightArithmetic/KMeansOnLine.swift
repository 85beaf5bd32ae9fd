// SPDX-License-Identifier: Apache-2.0
// Exact k-means on a line.
//
// The optimal clusters of sorted numbers are intervals, so the least cost of putting the first j numbers into k clusters is
// the minimum over i of (cost of the first i in k − 1 clusters) + (cost of i..<j), a dynamic program computed row by row
// (Wang and Song 2011). The best i does not decrease with j, so a row can be computed by divide and conquer
// (Grønlund et al. 2017). Ties go to the lowest i, so results are deterministic.

/// Clusters of sorted numbers: cluster `c` contains the positions `starts[c]..<starts[c + 1]` (the last one, all from `starts[c]` on).
package struct LineClusters: Sendable, Equatable {
  package let starts: [Int]
  package let count: Int

  package func range(_ cluster: Int) -> Range<Int> {
    starts[cluster]..<(cluster + 1 < starts.count ? starts[cluster + 1] : count)
  }
}

package enum KMeansOnLine {
  /// The clusters of least weighted squared error, at most `clusters` of them.
  ///
  /// Exact up to `directLimit` distinct values (so, by default, for every 16-bit weight). Beyond, groups of neighboring
  /// values, half as many as the limit, are clustered exactly; then every boundary is optimized exactly within two groups
  /// of its position, until none is at the edge of its window.
  package static func cluster(
    _ distinct: DistinctValues, into clusters: Int, directLimit: Int = 65536,
    checkCancelled: () throws -> Void = {}
  ) throws -> LineClusters {
    let count = distinct.values.count
    guard count > clusters else { return LineClusters(starts: Array(0..<count), count: count) }
    let sums = PrefixSums(
      weights: distinct.counts, moments: zip(distinct.values, distinct.counts).map { Double($0) * $1 })
    guard count > directLimit else {
      let table = try KMeansTable(narrowing: sums, clusters: clusters, checkCancelled)
      return LineClusters(starts: try table.solve(checkCancelled), count: count)
    }
    let groups = max(directLimit / 2, clusters + 1)
    let size = (count + groups - 1) / groups
    let edges = Array(stride(from: 0, to: count, by: size)) + [count]
    let coarse = try KMeansTable(sums: sums.at(edges), clusters: clusters).solve(checkCancelled)
    let starts = try refined(coarse.map { edges[$0] }, sums, reach: 2 * size, checkCancelled)
    return LineClusters(starts: starts, count: count)
  }

  /// Optimizes the starts exactly within `reach` of their positions, until none is at the edge of its window.
  private static func refined(
    _ starts: [Int], _ sums: PrefixSums, reach: Int, _ checkCancelled: () throws -> Void
  ) throws -> [Int] {
    var starts = starts
    let last = sums.count - 1
    for _ in 0..<16 {
      let windows = starts.map { start in
        start == 0 ? 0...0 : max(start - reach, 1)...min(start + reach, last)
      }
      starts = try KMeansTable(sums: sums, clusters: starts.count, windows: windows).solve(checkCancelled)
      let settled = zip(starts, windows).allSatisfy { start, window in
        (start > window.lowerBound || window.lowerBound <= 1)
          && (start < window.upperBound || window.upperBound == last || start == 0)
      }
      if settled { break }
    }
    return starts
  }

  /// Mean of each cluster.
  package static func centroids(_ distinct: DistinctValues, _ clusters: LineClusters) -> [Double] {
    clusters.starts.indices.map { cluster in
      var sum = 0.0
      var weight = 0.0
      for i in clusters.range(cluster) {
        sum += Double(distinct.values[i]) * distinct.counts[i]
        weight += distinct.counts[i]
      }
      return sum / weight
    }
  }
}
