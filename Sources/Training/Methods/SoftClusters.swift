// SPDX-License-Identifier: Apache-2.0
// Differentiable k-means of one group of vectors (Cho et al. 2022), with the exact gradient through its iterations.

import CKernels
import Kernels

/// The clustering of one group: vectors are stored component by component.
final class SoftClusters {
  struct Options {
    var tau: Float
    var epsilon: Float
    var floor: Float
    var bias: Float
    var iterations: Int
    var fixesZero: Bool
    /// Fraction of the centroids that may be equal.
    var tolerance: Float
    /// Hard assignment: each vector goes to its nearest centroid.
    var isHard: Bool
  }

  let dim: Int
  let clusters: Int
  /// `[clusters][dim]`, after the last step.
  var centroids: [Float]
  private let options: Options
  /// The centroids before each iteration of the last step, and after its end.
  private var steps: [[Float]] = []
  private var masses: [[Float]] = []
  /// The soft assignments of the last iteration, which four passes read; `nil` if reading them takes longer than recomputing.
  private var shares: UnsafeMutableBufferPointer<Float>?
  /// Largest number of assignments that stay in the cache between passes.
  private static let mostShares = 1 << 20
  /// Quantizes the centroids to the table's grid; `nil` if tables are not quantized.
  var grid: (([Float]) -> [Float])?

  init(centroids: [Float], dim: Int, options: Options) {
    self.centroids = centroids
    self.dim = dim
    clusters = centroids.count / dim
    self.options = options
  }

  private func problem(_ stride: Int) -> ck_clustering {
    ck_clustering(
      clusters: clusters, dim: dim, stride: stride, inverse_tau: options.isHard ? 1e30 : 1 / options.tau,
      floor: options.isHard ? 0 : options.floor, bias: options.bias, shares: shares?.baseAddress)
  }

  /// Allocates memory for the assignments, if they are few enough to be kept.
  private func makeRoom(_ n: Int) {
    let all = (n + 31) / 32 * 32 * clusters
    let count = dim == 1 && all <= Self.mostShares ? all : 0
    guard count != shares?.count ?? 0 else { return }
    shares?.deallocate()
    shares = count == 0 ? nil : .allocate(capacity: count)
  }

  deinit { shares?.deallocate() }

  /// Sums of chunks are added in order, so that results do not depend on the number of threads.
  private func inChunks(_ n: Int, _ width: Int, _ body: (Range<Int>, UnsafeMutablePointer<Float>) -> Void) -> [Float] {
    let grain = 4096
    let count = max((n + grain - 1) / grain, 1)
    var parts = [Float](repeating: 0, count: count * width)
    parts.withUnsafeMutableBufferPointer { parts in
      guard let base = parts.baseAddress else { return }
      nonisolated(unsafe) let start = base
      Chunks.forEach(of: n, grain: grain) { range in
        // With little work, one call covers the whole range.
        for first in stride(from: range.lowerBound, to: range.upperBound, by: grain) {
          body(first..<min(first + grain, range.upperBound), start + first / grain * width)
        }
      }
    }
    var total = [Float](repeating: 0, count: width)
    for chunk in 0..<count { for i in 0..<width { total[i] += parts[chunk * width + i] } }
    return total
  }

  /// One training step: iterates, and writes each vector's mixture of centroids. `x` and `y`: `dim` rows of `n`.
  func forward(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ n: Int) {
    separate()
    steps = [centroids]
    masses = []
    var last: Float?
    let width = clusters * (dim + 1) + 1
    makeRoom(n)
    let c = problem(n)
    for _ in 0..<options.iterations {
      let current = steps[steps.count - 1]
      let sums = inChunks(n, width) { range, out in
        c.with(from: range.lowerBound) {
          ck_cluster_sums($0, x + range.lowerBound, range.count, current, out, out + clusters, out + width - 1)
        }
      }
      var next = [Float](repeating: 0, count: clusters * dim)
      for k in 0..<clusters {
        for j in 0..<dim { next[k * dim + j] = sums[k] > 0 ? sums[clusters + k * dim + j] / sums[k] : current[k * dim + j] }
      }
      if let grid { next = grid(next) }
      if options.fixesZero { for j in 0..<dim { next[j] = 0 } }
      masses.append(Array(sums.prefix(clusters)))
      steps.append(next)
      let inertia = sums[width - 1]
      if let last, abs(last - inertia) <= options.epsilon { break }
      last = inertia
    }
    let (before, after) = (steps[steps.count - 2], steps[steps.count - 1])
    Chunks.forEach(of: n, grain: 4096) { range in
      c.with(from: range.lowerBound) { ck_cluster_mix($0, y + range.lowerBound, x + range.lowerBound, range.count, before, after) }
    }
    centroids = after
  }

  /// The gradient with respect to the vectors, from that with respect to the mixtures; both have the layout of `x`.
  func backward(_ x: UnsafePointer<Float>, _ gradient: UnsafePointer<Float>, to dx: UnsafeMutablePointer<Float>, _ n: Int) {
    let c = problem(n)
    for i in 0..<n * dim { dx[i] = 0 }
    let count = masses.count
    guard count > 0 else { return }
    let width = clusters * dim
    let lastShares = steps[count - 1]
    var dNext = inChunks(n, width) { range, out in
      c.with(from: range.lowerBound) {
        ck_cluster_gather($0, x + range.lowerBound, gradient + range.lowerBound, range.count, lastShares, out)
      }
    }
    var moved = c
    moved.shares = nil
    for step in (0..<count).reversed() {
      let (before, after) = (steps[step], steps[step + 1])
      if options.fixesZero { for j in 0..<dim { dNext[j] = 0 } }
      var dMoment = [Float](repeating: 0, count: width)
      var dMass = [Float](repeating: 0, count: clusters)
      for k in 0..<clusters where masses[step][k] > 0 {
        for j in 0..<dim {
          let d = dNext[k * dim + j] / masses[step][k]
          dMoment[k * dim + j] = d
          dMass[k] -= d * after[k * dim + j]
        }
      }
      let isLast = step == count - 1
      dNext = inChunks(n, width) { range, out in
        let at = range.lowerBound
        (isLast ? c : moved).with(from: at) {
          ck_cluster_back($0, x + at, range.count, before, isLast ? gradient + at : nil, after, dMoment, dMass, dx + at, out)
        }
      }
      // A hard assignment does not depend on the centroids differentiably.
      if options.isHard { break }
    }
  }

  /// Replaces each vector by its nearest centroid, without learning.
  func assign(_ x: UnsafePointer<Float>, to y: UnsafeMutablePointer<Float>, _ n: Int) {
    for (i, index) in nearest(x, n).enumerated() {
      for d in 0..<dim { y[d * n + i] = centroids[Int(index) * dim + d] }
    }
  }

  /// Index of each vector's nearest centroid.
  func nearest(_ x: UnsafePointer<Float>, _ n: Int) -> [UInt8] {
    let c = problem(n)
    return [UInt8](unsafeUninitializedCapacity: n) { indices, filled in
      filled = n
      guard let base = indices.baseAddress else { return }
      nonisolated(unsafe) let start = base
      Chunks.forEach(of: n, grain: 4096) { range in
        c.with { ck_cluster_nearest($0, start + range.lowerBound, x + range.lowerBound, range.count, centroids) }
      }
    }
  }

  /// Separates equal centroids: one of them moves halfway to the next distinct one.
  private func separate() {
    guard !options.isHard else { return }
    func vector(_ k: Int) -> ArraySlice<Float> { centroids[k * dim..<(k + 1) * dim] }
    let order = (0..<clusters).sorted { vector($0).lexicographicallyPrecedes(vector($1)) }
    var distinct: [Int] = []
    var repeated: [(first: Int, at: Int)] = []
    for k in order {
      if let last = distinct.last, vector(last) == vector(k) {
        if repeated.last?.at != distinct.count - 1 { repeated.append((k, distinct.count - 1)) }
      } else {
        distinct.append(k)
      }
    }
    guard !repeated.isEmpty, distinct.count > 1, Float(distinct.count) < Float(clusters) * (1 - options.tolerance) else { return }
    let old = centroids
    for (k, at) in repeated {
      let (a, b) = (distinct[at], distinct[(at + 1) % distinct.count])
      for j in 0..<dim { centroids[k * dim + j] = 0.5 * (old[a * dim + j] + old[b * dim + j]) }
    }
  }
}

extension ck_clustering {
  /// Calls `body` with a copy, readable by several threads, for the vectors from `first` on.
  fileprivate func with(from first: Int = 0, _ body: (UnsafePointer<ck_clustering>) -> Void) {
    var part = self
    part.shares = shares.map { $0 + first * clusters }
    withUnsafePointer(to: part, body)
  }
}
