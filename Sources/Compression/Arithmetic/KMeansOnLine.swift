// SPDX-License-Identifier: Apache-2.0
// K-means on a line, exactly.
//
// The best clusters of sorted numbers are intervals, so the least cost of putting the first j numbers into k clusters is
// the least over i of (cost of the first i in k − 1 clusters) + (spread of i..<j), one row of a table after the other
// (Wang and Song 2011). The best i does not decrease with j, which lets a row be filled by divide and conquer
// (Grønlund et al. 2017). Ties go to the lowest i: same input, same clusters, everywhere.

import CKernels

/// Clusters of sorted numbers: cluster `c` holds the positions `starts[c]..<starts[c + 1]` (the last one, all from `starts[c]` on).
package struct LineClusters: Sendable, Equatable {
  package let starts: [Int]
  package let count: Int

  package func range(_ cluster: Int) -> Range<Int> {
    starts[cluster]..<(cluster + 1 < starts.count ? starts[cluster + 1] : count)
  }
}

package enum KMeansOnLine {
  /// The clusters of least weighted squared error, at most `clusters` many.
  ///
  /// Exact up to `directLimit` distinct values (so, by default, for every 16-bit weight). Beyond, groups of neighbouring
  /// values are clustered exactly, half as many as the limit, and then every boundary exactly within two groups of where
  /// it fell, until none lies at the edge.
  package static func cluster(
    _ distinct: DistinctValues, into clusters: Int, directLimit: Int = 65536,
    checkCancelled: () throws -> Void = {}
  ) throws -> LineClusters {
    let count = distinct.values.count
    guard count > clusters else { return LineClusters(starts: Array(0..<count), count: count) }
    let sums = PrefixSums(distinct)
    guard count > directLimit else {
      return try Table(sums, clusters, windows: nil).solve(checkCancelled)
    }
    let groups = max(directLimit / 2, clusters + 1)
    let size = (count + groups - 1) / groups
    let edges = Array(stride(from: 0, to: count, by: size)) + [count]
    let coarse = try Table(sums.at(edges), clusters, windows: nil).solve(checkCancelled)
    var starts = coarse.starts.map { edges[$0] }
    for _ in 0..<16 {
      let windows = starts.map { start in
        start == 0 ? 0...0 : max(start - 2 * size, 1)...min(start + 2 * size, count - 1)
      }
      let refined = try Table(sums, clusters, windows: windows).solve(checkCancelled).starts
      let settled = zip(refined, windows).allSatisfy { start, window in
        (start > window.lowerBound || window.lowerBound <= 1)
          && (start < window.upperBound || window.upperBound == count - 1 || start == 0)
      }
      starts = refined
      if settled { break }
    }
    return LineClusters(starts: starts, count: count)
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

/// Sums over the first i of the sorted numbers, for i from 0 on, of weight, weighted distance to the mean and its square.
private struct PrefixSums {
  var weight: [Double] = [0]
  var first: [Double] = [0]
  var second: [Double] = [0]

  init(_ distinct: DistinctValues) {
    // Distances to the mean keep the squares small, and with them the rounding of their differences.
    var total = 0.0
    var mean = 0.0
    for (value, count) in zip(distinct.values, distinct.counts) {
      total += count
      mean += count * Double(value)
    }
    mean /= max(total, 1)
    weight.reserveCapacity(distinct.values.count + 1)
    first.reserveCapacity(distinct.values.count + 1)
    second.reserveCapacity(distinct.values.count + 1)
    var (w, a, b) = (0.0, 0.0, 0.0)
    for (value, count) in zip(distinct.values, distinct.counts) {
      let x = Double(value) - mean
      w += count
      a += count * x
      b += count * x * x
      weight.append(w)
      first.append(a)
      second.append(b)
    }
  }

  private init(weight: [Double], first: [Double], second: [Double]) {
    self.weight = weight
    self.first = first
    self.second = second
  }

  /// The sums at some positions only: groups of numbers as one.
  func at(_ edges: [Int]) -> PrefixSums {
    PrefixSums(
      weight: edges.map { weight[$0] }, first: edges.map { first[$0] },
      second: edges.map { second[$0] })
  }

  /// How many numbers there are.
  var count: Int { weight.count - 1 }
}

/// The table of least costs, one row per number of clusters, and the positions where they are reached.
private struct Table {
  let sums: PrefixSums
  let clusters: Int
  /// Where cluster c may start: anywhere, or only in a window.
  let windows: [ClosedRange<Int>]

  init(_ sums: PrefixSums, _ clusters: Int, windows: [ClosedRange<Int>]?) {
    self.sums = sums
    self.clusters = clusters
    let last = sums.count - 1
    self.windows = windows ?? (0..<clusters).map { $0 == 0 ? 0...0 : $0...last }
  }

  func solve(_ checkCancelled: () throws -> Void) throws -> LineClusters {
    let count = sums.count
    // Element j is the least cost of the first j numbers in the clusters so far; infinite where that cannot be. Each row
    // writes all that the next one reads: the ends of one cluster are the starts of the next.
    var previous = [Double](repeating: .infinity, count: count + 1)
    var current = previous
    // splits[c][j - base] is where cluster c starts when it ends before j; every j lies in a window of the next cluster.
    var splits: [[Int32]] = []
    previous[0] = 0
    for cluster in 0..<clusters {
      try checkCancelled()
      let ends = cluster + 1 < clusters ? windows[cluster + 1] : count...count
      var row = [Int32](repeating: 0, count: ends.count)
      fill(&row, from: previous, to: &current, ends: ends, starts: windows[cluster])
      splits.append(row)
      swap(&previous, &current)
    }
    var starts = [Int](repeating: 0, count: clusters)
    var end = count
    for cluster in (0..<clusters).reversed() {
      let base = cluster + 1 < clusters ? windows[cluster + 1].lowerBound : count
      end = Int(splits[cluster][end - base])
      starts[cluster] = end
    }
    return LineClusters(starts: starts, count: count)
  }

  /// Fills one row: for each end the least cost, and the start of the last cluster where it is reached.
  private func fill(
    _ splits: inout [Int32], from previous: [Double], to current: inout [Double],
    ends: ClosedRange<Int>, starts: ClosedRange<Int>
  ) {
    sums.weight.withUnsafeBufferPointer { weight in
      sums.first.withUnsafeBufferPointer { first in
        sums.second.withUnsafeBufferPointer { second in
          previous.withUnsafeBufferPointer { previous in
            current.withUnsafeMutableBufferPointer { current in
              splits.withUnsafeMutableBufferPointer { splits in
                guard let previous = previous.baseAddress, let current = current.baseAddress,
                  let splits = splits.baseAddress
                else { return }
                let sums = ck_prefix_sums(
                  weight: weight.baseAddress, first: first.baseAddress, second: second.baseAddress)
                Row(
                  sums: sums, previous: previous, costs: current, splits: splits - ends.lowerBound,
                  lastStart: starts.upperBound
                )
                .fill(
                  ends.lowerBound, ends.upperBound, from: starts.lowerBound, to: starts.upperBound)
              }
            }
          }
        }
      }
    }
  }
}

/// One row of the table while it is filled; all pointers are indexed by the position of an end.
private struct Row {
  let sums: ck_prefix_sums
  let previous: UnsafePointer<Double>
  let costs: UnsafeMutablePointer<Double>
  let splits: UnsafeMutablePointer<Int32>
  let lastStart: Int

  /// Fills the ends `low...high`, whose starts lie in `from...to`: the middle end first, then both sides with what it
  /// says about their starts.
  func fill(_ low: Int, _ high: Int, from: Int, to: Int) {
    var (low, from) = (low, from)
    while low <= high {
      let end = (low + high) / 2
      let limit = min(to, end - 1)
      var best = Double.infinity
      let split =
        from > limit ? from : Int(ck_kmeans_split(sums, previous, end - 1, from, limit, &best))
      costs[end] = best
      splits[end] = Int32(truncatingIfNeeded: split)
      if low < end { fill(low, end - 1, from: from, to: split) }
      low = end + 1
      from = min(split, lastStart)
    }
  }
}
