// SPDX-License-Identifier: Apache-2.0
// Windows that restrict where the cluster boundaries of the optimal k-means on a line can be.
//
// Points are put into bins. Take the optimal clusters and move the points of every bin that a boundary cuts to one side,
// whichever costs less. That cost is small, and it has an upper bound that does not depend on the clusters. So the
// optimal cost is at least the cost of some clusters of whole bins, less that bound for each boundary. Clusters of bins are
// cheap to evaluate from both ends: their least cost with a boundary at a given edge, less the bounds, tells
// whether the optimal clusters can have a boundary there. Only points near the remaining edges are examined one by one.

extension KMeansTable {
  /// A table for these points whose windows contain the optimal boundaries; the whole line if computing windows does not
  /// pay off.
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
  /// Start of each nonempty bin among the points, followed by the number of points.
  let edges: [Int]
  /// For the bins of equal width, empty ones included: the first of `edges` that is not before them.
  private let places: [Int]
  /// Σ weight·distance² of the points before each of `edges`.
  private let squares: [Double]

  /// `nil` if all points are equal.
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

  /// For each cluster, the range of its possible starts.
  func windows(clusters: Int, _ checkCancelled: () throws -> Void) throws -> [ClosedRange<Int>]? {
    let coarse = KMeansTable(sums: sums.at(edges), clusters: clusters)
    let starts = try coarse.solve(checkCancelled)
    let most = coarse.energy(of: starts)
    let bonus = bonuses(squaredError: squares[bins] - most)
    let before = try coarse.energies(bonus: bonus, checkCancelled)
    let after = try KMeansTable(sums: coarse.sums.reversed(), clusters: clusters)
      .energies(bonus: bonus.reversed(), checkCancelled)
    // The tolerance is far above the rounding errors of the sums.
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

  /// For each edge, an upper bound of the squared error that moving a bin's points to that edge adds to the optimal clusters.
  private func bonuses(squaredError: Double) -> [Double] {
    let distances = distancesOfMeans(squaredError: squaredError)
    let moved = (0..<bins).map { 2 * distances[$0] * leastMoment(of: $0) }
    return (0...bins).map { edge in max(edge > 0 ? moved[edge - 1] : 0, edge < bins ? moved[edge] : 0) }
  }

  /// An upper bound of Σ weight·(distance from the boundary) for the points on the cheaper side of a boundary in a
  /// bin.
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

  /// For each bin, an upper bound of the distance between the means of two adjacent optimal clusters with their boundary
  /// in the bin.
  ///
  /// The points between the means contribute the square of their distance to the nearer mean, at most
  /// `squaredError`. Half the distance changes by at most as much as the boundary moves.
  private func distancesOfMeans(squaredError: Double) -> [Double] {
    var radius = 1
    return (0..<bins).map { bin in
      radius = max(radius - 2, 1)
      while radius < places.count, cost(around: bin, radius: Double(radius) * width) <= squaredError { radius += 1 }
      return 2 * width * Double(radius)
    }
  }

  /// A lower bound of the cost of the points within `radius` of a bin with a mean at either end.
  private func cost(around bin: Int, radius: Double) -> Double {
    let (low, high) = (points[edges[bin]], points[edges[bin + 1] - 1])
    return cost(bin + 1..<max(bins(below: low + radius), bin + 1), to: low + radius)
      + cost(min(bins(below: high - radius) + 1, bin)..<bin, to: high - radius)
  }

  /// Number of bins that are completely below a point of the line.
  private func bins(below point: Double) -> Int {
    places[Int(min(max((point - lowest) / width, 0), Double(places.count - 1)))]
  }

  private func cost(_ bins: Range<Int>, to mean: Double) -> Double {
    let (from, to) = (edges[bins.lowerBound], edges[bins.upperBound])
    return (sums.weight[to] - sums.weight[from]) * mean * mean - 2 * mean * (sums.first[to] - sums.first[from])
      + squares[bins.upperBound] - squares[bins.lowerBound]
  }
}
