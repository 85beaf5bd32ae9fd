// SPDX-License-Identifier: Apache-2.0
// The dynamic program of k-means on a line.

import CKernels

/// Prefix sums of weight and of weighted distance to the mean over points on a line.
struct PrefixSums {
  private(set) var weight: [Double] = [0]
  private(set) var first: [Double] = [0]

  /// Points in ascending order: the weight of each, and weight times value.
  ///
  /// Distances to the mean keep the sums small, and so the rounding errors of their differences.
  init(weights: [Double], moments: [Double]) {
    let mean = moments.reduce(0, +) / max(weights.reduce(0, +), .leastNormalMagnitude)
    weight.reserveCapacity(weights.count + 1)
    first.reserveCapacity(weights.count + 1)
    var (w, a) = (0.0, 0.0)
    for (point, moment) in zip(weights, moments) {
      w += point
      a += moment - point * mean
      weight.append(w)
      first.append(a)
    }
  }

  private init(weight: [Double], first: [Double]) {
    self.weight = weight
    self.first = first
  }

  /// The sums at some positions only: groups of points are merged.
  func at(_ edges: [Int]) -> PrefixSums {
    PrefixSums(weight: edges.map { weight[$0] }, first: edges.map { first[$0] })
  }

  /// The prefix sums in the opposite direction.
  func reversed() -> PrefixSums {
    func reversed(_ sums: [Double]) -> [Double] { sums.reversed().map { sums[sums.count - 1] - $0 } }
    return PrefixSums(weight: reversed(weight), first: reversed(first))
  }

  /// Number of points.
  var count: Int { weight.count - 1 }
}

/// The dynamic program: maximum explained energy for each number of clusters, and the positions that attain it.
struct KMeansTable {
  let sums: PrefixSums
  let clusters: Int
  /// The range of possible starts of cluster c; `nil` if it may start anywhere.
  var windows: [ClosedRange<Int>]?

  /// The cluster starts that explain the most energy.
  ///
  /// - Precondition: at least as many points as clusters.
  func solve(_ checkCancelled: () throws -> Void) throws -> [Int] {
    let count = sums.count
    // Element j is the maximum energy of the first j points with the clusters so far; -∞ if that is impossible. Each row
    // writes all that the next row reads: the ends of one cluster are the starts of the next.
    var previous = [Double](repeating: -.infinity, count: count + 1)
    var current = previous
    previous[0] = 0
    var rows: [Row] = []
    for cluster in 0..<clusters {
      try checkCancelled()
      let ends = cluster + 1 < clusters ? starts(of: cluster + 1) : count...count
      rows.append(
        row(starts: starts(of: cluster), ends: ends, after: rows.last, from: previous, to: &current))
      swap(&previous, &current)
    }
    var found = [Int](repeating: 0, count: clusters)
    var end = count
    for cluster in (0..<clusters).reversed() {
      end = rows[cluster].start(before: end)
      found[cluster] = end
    }
    return found
  }

  /// The energy of the clusters with these starts.
  func energy(of starts: [Int]) -> Double {
    zip(starts, starts.dropFirst() + [sums.count]).reduce(0) { energy, cluster in
      let (start, end) = cluster
      let sum = sums.first[end] - sums.first[start]
      return energy + sum * sum / (sums.weight[end] - sums.weight[start])
    }
  }

  /// Element c, i: the maximum energy of the first i points in c + 1 clusters (some possibly empty), where a boundary
  /// adds the `bonus` of its position.
  func energies(bonus: [Double], _ checkCancelled: () throws -> Void) throws -> [[Double]] {
    let count = sums.count
    var previous = [Double](repeating: -.infinity, count: count + 1)
    previous[0] = 0
    return try (0..<clusters).map { cluster in
      try checkCancelled()
      var current = previous
      _ = row(starts: 0...count - 1, ends: 0...count, after: nil, from: previous, to: &current)
      if cluster > 0 { for i in current.indices { current[i] = max(current[i], previous[i]) } } else { current[0] = 0 }
      previous = current
      for i in previous.indices { previous[i] += bonus[i] }
      return current
    }
  }

  private func starts(of cluster: Int) -> ClosedRange<Int> {
    windows?[cluster] ?? (cluster == 0 ? 0...0 : cluster...sums.count - 1)
  }

  /// The best start of one cluster for each of its ends.
  private struct Row {
    let ends: ClosedRange<Int>
    var splits: [Int32]

    func start(before end: Int) -> Int { Int(splits[end - ends.lowerBound]) }
  }

  private func row(
    starts: ClosedRange<Int>, ends: ClosedRange<Int>, after last: Row?, from previous: [Double],
    to current: inout [Double]
  ) -> Row {
    // The best start decreases neither with the end nor with the number of clusters; windows may break the latter.
    let known = windows == nil ? last : nil
    let covers = known.map { $0.ends.lowerBound <= ends.lowerBound && ends.upperBound <= $0.ends.upperBound } ?? false
    let from = covers ? starts.lowerBound : max(starts.lowerBound, known?.splits.last.map { Int($0) } ?? 0)
    var row = Row(ends: ends, splits: [Int32](repeating: 0, count: ends.count))
    sums.weight.withUnsafeBufferPointer { weight in
      sums.first.withUnsafeBufferPointer { first in
        previous.withUnsafeBufferPointer { previous in
          (known?.splits ?? []).withUnsafeBufferPointer { floors in
            row.splits.withUnsafeMutableBufferPointer { splits in
              ck_kmeans_fill(
                &current, splits.baseAddress.map { $0 - ends.lowerBound },
                ck_kmeans_row(
                  weight: weight.baseAddress, first: first.baseAddress, previous: previous.baseAddress,
                  floors: covers ? floors.baseAddress.map { $0 - (known?.ends.lowerBound ?? 0) } : nil,
                  low: ends.lowerBound, high: ends.upperBound, from: from, to: starts.upperBound))
            }
          }
        }
      }
    }
    return row
  }
}
