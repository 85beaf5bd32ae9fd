// SPDX-License-Identifier: Apache-2.0
// K-means on vectors: greedy k-means++ seeding (Arthur and Vassilvitskii 2007), Lloyd's iterations, the best of many starts,
// and random swaps (Fränti 2018).

import Tensors

/// Concatenated vectors of `size` floats, and their clustering.
package struct VectorKMeans {
  package let vectors: [Float]
  package let size: Int
  var count: Int { vectors.count / size }

  package init(vectors: [Float], size: Int) {
    self.vectors = vectors
    self.size = size
  }

  /// The result of a run: the concatenated centroids, and the index and squared distance of each vector. If squares
  /// would overflow or underflow float32, the distances are those of the numbers scaled by `SquareRange`.
  package struct Clustering {
    package var centroids: [Float]
    package var indices: [UInt8]
    var distances: [Float] = []
    var cost: Double
  }

  /// If there are more vectors than this, the initial centroids are computed from a sample.
  private static let sampleLimit = 32768
  /// The number of iterations after which the best starts are selected, and the number of selected starts.
  private static let firstIterations = 8
  private static let finalists = 4
  private static let swapIterations = 3
  private static let iterationLimit = 300
  /// Iterations end when the cost decreases by less than this fraction; the fraction is larger for samples.
  private static let tolerance = 1e-6
  private static let roughTolerance = 1e-4

  /// The best of many starts on a sample, improved on all vectors.
  ///
  /// - Parameters:
  ///   - clusters: at most 256.
  ///   - groups: the number of problems of this size in a weight, among which the effort is divided.
  package func cluster(
    into clusters: Int, oneOf groups: Int = 1, seed: UInt64, checkCancelled: () throws -> Void
  ) throws -> Clustering {
    let exponent = vectors.withUnsafeBufferPointer { SquareRange.exponent($0) }
    guard exponent == 0 else {
      var scaled = vectors
      SquareRange.scale(&scaled, by: exponent)
      var found = try VectorKMeans(vectors: scaled, size: size).cluster(
        into: clusters, oneOf: groups, seed: seed, checkCancelled: checkCancelled)
      SquareRange.scale(&found.centroids, by: -exponent)
      return found
    }
    var random = SplitMix64(seed: seed)
    let sample = sampled(&random)
    let work = max(sample.count * clusters * size, 1)
    let generators = (0..<min(max((1 << 23) / work / groups, work < 1 << 20 ? 12 : 6), 48)).map { _ in SplitMix64(seed: random.next()) }
    let starts = try Parallel.tryMap(generators.count) { number in
      var random = generators[number]
      let seeds = try sample.seeds(min(clusters, sample.count), &random, checkCancelled)
      return try sample.improved(seeds, limit: Self.firstIterations, checkCancelled)
    }
    // Ties are resolved in favor of the earlier start, independent of the sorting algorithm.
    let ranking = starts.indices.sorted { (starts[$0].cost, $0) < (starts[$1].cost, $1) }
    let isWhole = sample.count == count
    let tolerance = isWhole ? Self.tolerance : Self.roughTolerance
    let ends = try Parallel.tryMap(min(Self.finalists, starts.count)) { place in
      try sample.improved(starts[ranking[place]].centroids, until: tolerance, checkCancelled)
    }
    guard let best = ends.min(by: { $0.cost < $1.cost }) else {
      return Clustering(centroids: [], indices: [], cost: 0)
    }
    let swapped = try sample.swapping(best, times: min((1 << 24) / work / groups, 600), &random, checkCancelled)
    return try improved(swapped.centroids, until: tolerance, checkCancelled)
  }

  /// Random swaps (Fränti 2018) escape local optima: a centroid is moved to a vector drawn with probability
  /// proportional to its squared distance, and the move is kept if it reduces the cost after a few iterations.
  private func swapping(
    _ start: Clustering, times: Int, _ random: inout SplitMix64, _ checkCancelled: () throws -> Void
  ) throws -> Clustering {
    var best = start
    let clusters = start.centroids.count / size
    for _ in 0..<times where best.cost > 0 {
      let total = best.distances.reduce(0) { $0 + Double($1) }
      let place = places(of: [random.uniform() * total], in: best.distances)[0]
      let moved = Int(random.next() % UInt64(clusters))
      var centroids = best.centroids
      centroids.replaceSubrange(moved * size..<(moved + 1) * size, with: vector(place))
      let outcome = try improved(centroids, limit: Self.swapIterations, checkCancelled)
      if outcome.cost < best.cost { best = outcome }
    }
    return best
  }

  /// A sample of the vectors with one from each of equal ranges; all vectors if there are few.
  private func sampled(_ random: inout SplitMix64) -> VectorKMeans {
    guard count > Self.sampleLimit else { return self }
    var some: [Float] = []
    some.reserveCapacity(Self.sampleLimit * size)
    for i in 0..<Self.sampleLimit {
      let (low, high) = (i * count / Self.sampleLimit, (i + 1) * count / Self.sampleLimit)
      some += vector(low + Int(random.next() % UInt64(high - low)))
    }
    return VectorKMeans(vectors: some, size: size)
  }

  /// Lloyd's iterations, starting from the given centroids.
  private func improved(
    _ centroids: [Float], limit: Int = iterationLimit, until tolerance: Double = tolerance,
    _ checkCancelled: () throws -> Void
  ) throws -> Clustering {
    var outcome = assign(centroids)
    for _ in 0..<limit {
      try checkCancelled()
      let next = assign(means(outcome))
      let gain = outcome.cost - next.cost
      if gain > 0 { outcome = next }
      if gain <= tolerance * outcome.cost { break }
    }
    return outcome
  }

  /// Vectors drawn sequentially with probability proportional to the squared distance to the previous ones. Of
  /// several candidates per draw, the one that minimizes the total distance is used.
  private func seeds(
    _ clusters: Int, _ random: inout SplitMix64, _ checkCancelled: () throws -> Void
  ) throws -> [Float] {
    guard clusters > 0 else { return [] }
    let draws = 2 + (clusters.bitWidth - clusters.leadingZeroBitCount) * 7 / 10
    var chosen = vector(Int(random.next() % UInt64(count)))
    var distances = (0..<count).map { squaredDistance($0, chosen, 0) }
    while chosen.count < clusters * size {
      try checkCancelled()
      let total = distances.reduce(0) { $0 + Double($1) }
      let picks = (0..<draws).map { _ in random.uniform() * total }.sorted()
      var best: (vector: [Float], distances: [Float], total: Double)?
      for pick in places(of: picks, in: distances) {
        let candidate = vector(pick)
        var left = distances
        var sum = 0.0
        for i in left.indices {
          left[i] = min(left[i], squaredDistance(i, candidate, 0))
          sum += Double(left[i])
        }
        if sum < best?.total ?? .infinity { best = (candidate, left, sum) }
      }
      guard let best else { break }
      chosen += best.vector
      distances = best.distances
    }
    return chosen
  }

  /// For each of the ascending sums, the first index at which the running sum of the distances exceeds it.
  private func places(of sums: [Double], in distances: [Float]) -> [Int] {
    var places: [Int] = []
    var running = 0.0
    for (i, distance) in distances.enumerated() {
      running += Double(distance)
      while places.count < sums.count, sums[places.count] < running { places.append(i) }
    }
    return places + [Int](repeating: count - 1, count: sums.count - places.count)
  }

  private func vector(_ index: Int) -> [Float] { Array(vectors[index * size..<(index + 1) * size]) }

  private func squaredDistance(_ index: Int, _ centroids: [Float], _ centroid: Int) -> Float {
    var sum: Float = 0
    for d in 0..<size {
      let difference = vectors[index * size + d] - centroids[centroid * size + d]
      sum += difference * difference
    }
    return sum
  }

  /// The nearest centroid of each vector; the first of equally near ones.
  private func assign(_ centroids: [Float]) -> Clustering {
    let clusters = centroids.count / size
    // Centroids are stored by component, so that the inner loop iterates over centroids.
    var rows = [Float](repeating: 0, count: centroids.count)
    for c in 0..<clusters {
      for d in 0..<size { rows[d * clusters + c] = centroids[c * size + d] }
    }
    var distances = [Float](repeating: 0, count: clusters)
    var cost = 0.0
    var nearestDistances = [Float](repeating: 0, count: count)
    let indices = [UInt8](unsafeUninitializedCapacity: count) { out, filled in
      filled = count
      rows.withUnsafeBufferPointer { rows in
        distances.withUnsafeMutableBufferPointer { distances in
          vectors.withUnsafeBufferPointer { vectors in
            for i in 0..<count {
              for c in 0..<clusters { distances[c] = 0 }
              for d in 0..<size {
                let x = vectors[i * size + d]
                for c in 0..<clusters {
                  let difference = x - rows[d * clusters + c]
                  distances[c] += difference * difference
                }
              }
              var nearest = 0
              for c in 1..<max(clusters, 1) where distances[c] < distances[nearest] { nearest = c }
              cost += Double(distances[nearest])
              nearestDistances[i] = distances[nearest]
              out[i] = UInt8(truncatingIfNeeded: nearest)
            }
          }
        }
      }
    }
    return Clustering(centroids: centroids, indices: indices, distances: nearestDistances, cost: cost)
  }

  /// The mean of each cluster. Empty clusters are moved to the vectors with the largest distances.
  private func means(_ clustering: Clustering) -> [Float] {
    let clusters = clustering.centroids.count / size
    var sums = [Double](repeating: 0, count: clustering.centroids.count)
    var members = [Int](repeating: 0, count: clusters)
    for (i, index) in clustering.indices.enumerated() {
      members[Int(index)] += 1
      for d in 0..<size { sums[Int(index) * size + d] += Double(vectors[i * size + d]) }
    }
    var means = clustering.centroids.indices.map { i in
      members[i / size] == 0 ? clustering.centroids[i] : Float(sums[i] / Double(members[i / size]))
    }
    let empty = members.indices.filter { members[$0] == 0 }
    guard !empty.isEmpty else { return means }
    let far = (0..<count).sorted {
      (clustering.distances[$0], $1) > (clustering.distances[$1], $0)
    }
    for (cluster, i) in zip(empty, far) where clustering.distances[i] > 0 {
      for d in 0..<size { means[cluster * size + d] = vectors[i * size + d] }
    }
    return means
  }
}

extension VectorKMeans {
  /// The distinct vectors in lexicographic order as centroids; `nil` if there are more than `limit`.
  package func distinct(limit: Int) -> Clustering? {
    var seen: [[Float]: Int] = [:]
    let all = (0..<count).map { i in vectors[i * size..<(i + 1) * size].map { $0 == 0 ? 0 : $0 } }
    for vector in all {
      seen[vector] = 0
      guard seen.count <= limit else { return nil }
    }
    let sorted = seen.keys.sorted { $0.lexicographicallyPrecedes($1) }
    for (i, vector) in sorted.enumerated() { seen[vector] = i }
    return Clustering(
      centroids: sorted.flatMap { $0 }, indices: all.map { UInt8(seen[$0] ?? 0) }, cost: 0)
  }
}
