// SPDX-License-Identifier: Apache-2.0
// K-means on vectors: k-means++ seeding (Arthur and Vassilvitskii 2007), Lloyd's iterations, the best of a few starts.

import Tensors

/// Vectors of `size` floats, one after the other, and their clustering.
struct VectorKMeans {
  let vectors: [Float]
  let size: Int
  var count: Int { vectors.count / size }

  /// One outcome: the centroids, one after the other, and the index of each vector's.
  struct Clustering {
    var centroids: [Float]
    var indices: [UInt8]
    var cost: Double
  }

  /// Of more vectors than this a sample finds the first centroids.
  private static let sampleLimit = 32768
  private static let iterationLimit = 100
  /// Iterations end when they lessen the cost by less than this fraction.
  private static let tolerance = 1e-4

  /// The best of a few starts on a sample, improved on all vectors.
  ///
  /// - Parameter clusters: at most 256.
  func cluster(
    into clusters: Int, seed: UInt64, checkCancelled: () throws -> Void
  ) throws -> Clustering {
    var random = SplitMix64(seed: seed)
    let sample = sampled(&random)
    var best: Clustering?
    let starts = sample.count * clusters * size < 1 << 20 ? 16 : 6
    for _ in 0..<starts {
      let seeds = try sample.seeds(min(clusters, sample.count), &random, checkCancelled)
      let outcome = try sample.improved(seeds, checkCancelled)
      if outcome.cost < best?.cost ?? .infinity { best = outcome }
    }
    guard let best else { return Clustering(centroids: [], indices: [], cost: 0) }
    return sample.count == count ? best : try improved(best.centroids, checkCancelled)
  }

  /// Some of the vectors, drawn one from each of as many equal stretches; all where they are few.
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

  /// Lloyd's iterations from the given centroids.
  private func improved(
    _ centroids: [Float], _ checkCancelled: () throws -> Void
  ) throws -> Clustering {
    var outcome = assign(centroids)
    for _ in 0..<Self.iterationLimit {
      try checkCancelled()
      let next = assign(means(outcome))
      let gain = outcome.cost - next.cost
      outcome = next
      if gain <= Self.tolerance * outcome.cost { break }
    }
    return outcome
  }

  /// Vectors drawn one after the other, each with a chance in proportion to its squared distance from those before.
  private func seeds(
    _ clusters: Int, _ random: inout SplitMix64, _ checkCancelled: () throws -> Void
  ) throws -> [Float] {
    guard clusters > 0 else { return [] }
    var chosen = vector(Int(random.next() % UInt64(count)))
    var distances = (0..<count).map { squaredDistance($0, chosen, 0) }
    while chosen.count < clusters * size {
      try checkCancelled()
      var left = random.uniform() * distances.reduce(0) { $0 + Double($1) }
      var pick = count - 1
      for (i, distance) in distances.enumerated() {
        left -= Double(distance)
        if left < 0 {
          pick = i
          break
        }
      }
      let at = chosen.count / size
      chosen += vector(pick)
      for i in distances.indices {
        distances[i] = min(distances[i], squaredDistance(i, chosen, at))
      }
    }
    return chosen
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

  /// The nearest centroid of each vector; the first of equals.
  private func assign(_ centroids: [Float]) -> Clustering {
    let clusters = centroids.count / size
    // One row per component lets the inner loop run over centroids.
    var rows = [Float](repeating: 0, count: centroids.count)
    for c in 0..<clusters {
      for d in 0..<size { rows[d * clusters + c] = centroids[c * size + d] }
    }
    var distances = [Float](repeating: 0, count: clusters)
    var cost = 0.0
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
              out[i] = UInt8(truncatingIfNeeded: nearest)
            }
          }
        }
      }
    }
    return Clustering(centroids: centroids, indices: indices, cost: cost)
  }

  /// The mean of each cluster; an empty one keeps its centroid.
  private func means(_ clustering: Clustering) -> [Float] {
    let clusters = clustering.centroids.count / size
    var sums = [Double](repeating: 0, count: clustering.centroids.count)
    var members = [Int](repeating: 0, count: clusters)
    for (i, index) in clustering.indices.enumerated() {
      members[Int(index)] += 1
      for d in 0..<size { sums[Int(index) * size + d] += Double(vectors[i * size + d]) }
    }
    return clustering.centroids.indices.map { i in
      members[i / size] == 0 ? clustering.centroids[i] : Float(sums[i] / Double(members[i / size]))
    }
  }
}

extension VectorKMeans {
  /// The distinct vectors in lexicographic order as centroids; `nil` when there are more than `limit`.
  func distinct(limit: Int) -> Clustering? {
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
