// SPDX-License-Identifier: Apache-2.0
// Where the boundaries of the best clusters on a line can lie at all.
//
// Neighboring points are put into bins. Take the best clusters and move the points of every bin that a boundary cuts to
// one side of it, whichever costs less: that cost is small, and it is bounded below without knowing the clusters. So the
// best clusters cost no less than some clusters of whole bins, less that bound for each boundary. Clusters of bins are
// cheap to go through from both ends: what they can cost with a boundary at a given edge, bounds paid back, says
// whether the best clusters can have that boundary there. Only points around edges that stay in question are looked at one by one.

extension KMeansTable {
  /// A table for these points whose windows hold the best boundaries; all of the line where looking for windows would
  /// not pay.
  init(narrowing sums: PrefixSums, clusters: Int, _ checkCancelled: () throws -> Void) throws {
    self.init(sums: sums, clusters: clusters)
    let bins = max(256, 64 * clusters)
    guard clusters > 1, sums.count >= 8 * bins, let line = BinnedLine(sums, count: bins), line.edges.count > 4 * clusters
    else { return }
    windows = try line.windows(clusters: clusters, checkCancelled)
  }
}

/// The points of a line in bins of equal width.
struct BinnedLine {
  private let sums: PrefixSums
  /// Distance of each point from the mean.
  private let points: [Double]
  private let lowest: Double
  private let width: Double
  /// Where each bin that is not empty starts among the points, and behind the last their number.
  let edges: [Int]
  /// The bins of equal width, empty ones included: the first of `edges` that is not before them.
  private let places: [Int]
  /// Σ weight·distance² of the first points, at each of `edges`.
  private let squares: [Double]

  /// `nil` when all points are one.
  init?(_ sums: PrefixSums, count: Int) {
    let points = (0..<sums.count).map { i -> Double in
      let moment: Double = sums.first[i + 1] - sums.first[i]
      return moment / (sums.weight[i + 1] - sums.weight[i])
    }
    guard let lowest = points.first, let highest = points.last, highest > lowest else { return nil }
    let perUnit: Double = Double(count) / (highest - lowest)
    guard perUnit.isFinite else { return nil }
    var (edges, squares, places) = ([Int](), [Double](), [Int]())
    var square = 0.0
    for (i, point) in points.enumerated() {
      let bin = min(Int((point - lowest) * perUnit), count - 1)
      if bin >= places.count {
        while places.count <= bin { places.append(edges.count) }
        edges.append(i)
        squares.append(square)
      }
      square += (sums.weight[i + 1] - sums.weight[i]) * point * point
    }
    self.sums = sums
    self.points = points
    self.lowest = lowest
    width = 1 / perUnit
    self.edges = edges + [sums.count]
    self.squares = squares + [square]
    self.places = places + [edges.count]
  }

  private var bins: Int { edges.count - 1 }

  /// For each cluster, where it may start.
  func windows(clusters: Int, _ checkCancelled: () throws -> Void) throws -> [ClosedRange<Int>]? {
    let coarse = KMeansTable(sums: sums.at(edges), clusters: clusters)
    let starts = try coarse.solve(checkCancelled)
    let most = coarse.energy(of: starts)
    let bonus = bonuses(squaredError: squares[bins] - most)
    let before = try coarse.energies(bonus: bonus, checkCancelled)
    let after = try KMeansTable(sums: coarse.sums.reversed(), clusters: clusters)
      .energies(bonus: bonus.reversed(), checkCancelled)
    // The tolerance is far above the rounding of the sums.
    let least = most - 1e-9 * abs(most)
    var windows = [0...0]
    for cluster in 1..<clusters {
      let (left, right) = (before[cluster - 1], after[clusters - cluster - 1])
      let possible = { edge in left[edge] + bonus[edge] + right[bins - edge] >= least }
      guard let low = (0...bins).first(where: possible), let high = (0...bins).last(where: possible) else { return nil }
      let (first, last) = (max(edges[max(low - 1, 0)], cluster), min(edges[min(high + 1, bins)], sums.count - 1))
      guard first <= last else { return nil }
      windows.append(first...last)
    }
    return windows
  }

  /// For each edge, no less than what moving a bin's points to that edge can add to the squared error of the best clusters.
  private func bonuses(squaredError: Double) -> [Double] {
    let distances = distancesOfMeans(squaredError: squaredError)
    let moved = (0..<bins).map { 2 * distances[$0] * leastMoment(of: $0) }
    return (0...bins).map { edge in max(edge > 0 ? moved[edge - 1] : 0, edge < bins ? moved[edge] : 0) }
  }

  /// No less than Σ weight·(distance from the boundary) of the points on one side of a boundary in a bin, whichever
  /// side has less.
  private func leastMoment(of bin: Int) -> Double {
    let (start, end) = (edges[bin], edges[bin + 1])
    var most = 0.0
    for cut in start + 1..<max(end, start + 1) {
      let below = (sums.weight[cut] - sums.weight[start]) * points[cut] - (sums.first[cut] - sums.first[start])
      let above = (sums.first[end] - sums.first[cut]) - (sums.weight[end] - sums.weight[cut]) * points[cut - 1]
      most = max(most, min(below, above))
    }
    return most
  }

  /// For each bin, no less than the distance between the means of two neighboring clusters of the best ones with
  /// their boundary in the bin.
  ///
  /// The points between the means alone cost the square of their distance to the nearer mean, and no more than
  /// `squaredError`. Half the distance changes by no more than the boundary moves.
  private func distancesOfMeans(squaredError: Double) -> [Double] {
    var radius = 1
    return (0..<bins).map { bin in
      radius = max(radius - 2, 1)
      while radius < places.count, cost(around: bin, radius: Double(radius) * width) <= squaredError { radius += 1 }
      return 2 * width * Double(radius)
    }
  }

  /// No more than what the points within `radius` of a bin cost with a mean at either end.
  private func cost(around bin: Int, radius: Double) -> Double {
    let (low, high) = (points[edges[bin]], points[edges[bin + 1] - 1])
    return cost(bin + 1..<max(bins(below: low + radius), bin + 1), to: low + radius)
      + cost(min(bins(below: high - radius) + 1, bin)..<bin, to: high - radius)
  }

  /// How many bins lie wholly below a point of the line.
  private func bins(below point: Double) -> Int {
    places[Int(min(max((point - lowest) / width, 0), Double(places.count - 1)))]
  }

  private func cost(_ bins: Range<Int>, to mean: Double) -> Double {
    let (from, to) = (edges[bins.lowerBound], edges[bins.upperBound])
    return (sums.weight[to] - sums.weight[from]) * mean * mean - 2 * mean * (sums.first[to] - sums.first[from])
      + squares[bins.upperBound] - squares[bins.lowerBound]
  }
}
