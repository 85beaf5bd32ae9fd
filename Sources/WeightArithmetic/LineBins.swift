// SPDX-License-Identifier: Apache-2.0
// K-means on a line for weights so large that sorting them would dominate the run time.
//
// The numbers are counted in bins of equal width and the bins are clustered exactly. Then the numbers of the bins around each
// boundary are extracted, and the boundaries are optimized exactly among them, until none is at the edge of the
// extracted numbers.

import CKernels
import Tensors

enum LineBins {
  static let count = 65536
  /// Number of bins on either side of a boundary whose numbers are extracted.
  private static let reach = 2

  struct Clusters {
    /// The smallest number of each cluster, ascending.
    let firsts: [Float]
    let centroids: [Double]
  }

  /// The clusters of least squared error; `nil` if bins of equal width separate the numbers poorly, so that sorting is
  /// better.
  ///
  /// - Precondition: all numbers are finite.
  static func cluster(
    _ floats: UnsafeBufferPointer<Float>, into clusters: Int, _ checkCancelled: () throws -> Void
  ) throws -> Clusters? {
    guard let scale = Scale(floats) else { return nil }
    let bins = Bins(floats, scale)
    guard bins.places.count > max(clusters * 4 * (2 * reach + 1), 4096) else { return nil }
    try checkCancelled()
    let sums = PrefixSums(weights: bins.weights, moments: bins.moments)
    let coarse = try KMeansTable(narrowing: sums, clusters: clusters, checkCancelled).solve(checkCancelled)
    var boundaries = Array(coarse.dropFirst())
    for _ in 0..<16 {
      guard let points = Points(floats, scale, bins, around: boundaries) else { return nil }
      try checkCancelled()
      let windows = [0...0] + boundaries.map { points.window(around: $0) }
      let starts = try KMeansTable(
        sums: PrefixSums(weights: points.weights, moments: points.moments), clusters: clusters, windows: windows
      ).solve(checkCancelled)
      let settled = zip(starts, windows).dropFirst().allSatisfy { $0 > $1.lowerBound && $0 < $1.upperBound }
      if settled { return points.clusters(startingAt: starts) }
      boundaries = starts.dropFirst().map { points.bin($0) }
    }
    return nil
  }

  /// The mapping from numbers to bins.
  private struct Scale {
    let low: Float
    let perUnit: Float

    /// `nil` if the range is empty or overflows a float.
    init?(_ floats: UnsafeBufferPointer<Float>) {
      var low = Float.infinity
      var high = -Float.infinity
      ck_bounds(floats.baseAddress, floats.count, &low, &high)
      // One bin less than allocated, so that rounding never exceeds the last one.
      perUnit = Float(LineBins.count - 1) / (high - low)
      guard perUnit.isNormal else { return nil }
      self.low = low
    }

    func bin(_ value: Float) -> Int { Int((value - low) * perUnit) }
  }

  /// The nonempty bins, in ascending order.
  private struct Bins {
    var places: [Int] = []
    var weights: [Double] = []
    var moments: [Double] = []

    init(_ floats: UnsafeBufferPointer<Float>, _ scale: Scale) {
      let grain = 1 << 22
      let parts = Parallel.map((floats.count + grain - 1) / grain) { number in
        let part = UnsafeBufferPointer(rebasing: floats[number * grain..<min(floats.count, (number + 1) * grain)])
        var counts = [UInt32](repeating: 0, count: LineBins.count)
        var sums = [Double](repeating: 0, count: LineBins.count)
        ck_bin(&counts, &sums, part.baseAddress, scale.low, scale.perUnit, part.count)
        return (counts, sums)
      }
      for bin in 0..<LineBins.count {
        let weight = parts.reduce(0) { $0 + Double($1.0[bin]) }
        guard weight > 0 else { continue }
        places.append(bin)
        weights.append(weight)
        moments.append(parts.reduce(0) { $0 + $1.1[bin] })
      }
    }
  }

  /// Points of the line: single numbers around the boundaries, whole bins elsewhere.
  private struct Points {
    var weights: [Double] = []
    var moments: [Double] = []
    /// The number of a single point; NaN for a bin.
    private var values: [Float] = []
    /// The bin in `Bins` that each point belongs to.
    private var bins: [Int] = []
    /// The first point of each bin.
    private var starts: [Int] = []

    /// - Parameter boundaries: positions in `Bins`.
    ///
    /// `nil` if a large part of all numbers is around the boundaries.
    init?(
      _ floats: UnsafeBufferPointer<Float>, _ scale: Scale, _ all: Bins, around boundaries: [Int]
    ) {
      var isOpen = [Bool](repeating: false, count: LineBins.count)
      var total = 0.0
      for boundary in boundaries {
        for at in max(boundary - reach, 0)...min(boundary + reach, all.places.count - 1) where !isOpen[all.places[at]] {
          isOpen[all.places[at]] = true
          total += all.weights[at]
        }
      }
      guard total <= Double(floats.count / 2) else { return nil }
      let singles = DistinctValues(floats: Self.members(floats, scale, isOpen))
      var next = 0
      for (at, bin) in all.places.enumerated() {
        starts.append(weights.count)
        guard isOpen[bin] else {
          append(all.weights[at], all.moments[at], .nan, at)
          continue
        }
        while next < singles.values.count, scale.bin(singles.values[next]) == bin {
          append(singles.counts[next], singles.counts[next] * Double(singles.values[next]), singles.values[next], at)
          next += 1
        }
      }
    }

    private mutating func append(_ weight: Double, _ moment: Double, _ value: Float, _ bin: Int) {
      weights.append(weight)
      moments.append(moment)
      values.append(value)
      bins.append(bin)
    }

    /// All numbers in the opened bins.
    private static func members(
      _ floats: UnsafeBufferPointer<Float>, _ scale: Scale, _ isOpen: [Bool]
    ) -> [Float] {
      let grain = Parallel.grain
      return Parallel.map((floats.count + grain - 1) / grain) { number in
        floats[number * grain..<min(floats.count, (number + 1) * grain)].filter { isOpen[scale.bin($0)] }
      }.flatMap { $0 }
    }

    /// The single points around a boundary.
    func window(around boundary: Int) -> ClosedRange<Int> {
      let low = starts[max(boundary - reach, 0)]
      let end = boundary + reach + 1 < starts.count ? starts[boundary + reach + 1] : weights.count
      return max(low, 1)...(end - 1)
    }

    func bin(_ point: Int) -> Int { bins[point] }

    func clusters(startingAt starts: [Int]) -> Clusters {
      let ends = starts.dropFirst() + [weights.count]
      return Clusters(
        firsts: starts.map { values[$0] },
        centroids: zip(starts, ends).map { start, end -> Double in
          let moment: Double = moments[start..<end].reduce(0, +)
          let weight: Double = weights[start..<end].reduce(0, +)
          return moment / weight
        })
    }
  }
}
