// SPDX-License-Identifier: Apache-2.0
// Soft k-means and fake quantization against plain loops in double precision.

import CKernels
import Foundation
import Tensors
import Testing

extension FloatLoops {
  @Suite struct ClusterLoopTests {
    struct Case: Sendable, CustomTestStringConvertible {
      let count: Int, dim: Int, clusters: Int
      var testDescription: String { "\(count) vectors of \(dim), \(clusters) clusters" }
    }
    static let cases = [1, 31, 64, 100, 257].flatMap { count in
      [(1, 2), (1, 4), (1, 16), (1, 256), (2, 4), (3, 8)].map { Case(count: count, dim: $0.0, clusters: $0.1) }
    }

    private struct Problem {
      let x: [Float], centroids: [Float], g: [Float], values: [Float], dMoment: [Float], dMass: [Float]
      let setting: ck_clustering

      init(_ c: Case) {
        var random = SplitMix64(seed: UInt64(c.count * 1000 + c.dim * 100 + c.clusters))
        func draw(_ n: Int, _ scale: Double) -> [Float] { (0..<n).map { _ in Float(random.normal() * scale) } }
        x = draw(c.count * c.dim, 0.2)
        centroids = draw(c.clusters * c.dim, 0.2)
        g = draw(c.count * c.dim, 1)
        values = draw(c.clusters * c.dim, 0.2)
        dMoment = draw(c.clusters * c.dim, 1)
        dMass = draw(c.clusters, 1)
        setting = ck_clustering(clusters: c.clusters, dim: c.dim, stride: c.count, inverse_tau: 50, floor: 1e-4, bias: 1e-3, shares: nil)
      }

      /// Shares before the floor, and the squared distance to the nearest.
      func shares(_ i: Int) -> (shares: [Double], least: Double) {
        let (k, dim, n) = (setting.clusters, setting.dim, setting.stride)
        let d = (0..<k).map { c in
          (0..<dim).reduce(c == 0 ? -Double(setting.bias) : 0) { sum, j in
            let e = Double(x[j * n + i]) - Double(centroids[c * dim + j])
            return sum + e * e
          }
        }
        let least = d.min() ?? 0
        let e = d.map { exp(-($0 - least) * Double(setting.inverse_tau)) }
        let total = e.reduce(0, +)
        return (e.map { $0 / total }, least)
      }
    }

    private func expect(_ a: [Float], _ b: [Double], _ tolerance: Double, _ what: Comment) {
      for (x, y) in zip(a, b) where !(abs(Double(x) - y) <= tolerance * max(1, abs(y))) { Issue.record("\(what): \(x) against \(y)") }
    }

    @Test(arguments: cases) func agreesWithPlainLoops(_ c: Case) {
      let p = Problem(c)
      var setting = p.setting
      let floor = Double(setting.floor)
      var mass = [Double](repeating: 0, count: c.clusters), moment = [Double](repeating: 0, count: c.clusters * c.dim)
      var mix = [Double](repeating: 0, count: c.count * c.dim), gathered = moment, inertia = 0.0
      var dx = mix, dc = moment
      for i in 0..<c.count {
        let (shares, least) = p.shares(i)
        inertia += least
        var slopes = [Double](repeating: 0, count: c.clusters)
        for k in 0..<c.clusters {
          let share = max(shares[k], floor)
          mass[k] += share
          slopes[k] = Double(p.dMass[k])
          for j in 0..<c.dim {
            let (at, of) = (j * c.count + i, k * c.dim + j)
            moment[of] += share * Double(p.x[at])
            mix[at] += share * Double(p.values[of])
            gathered[of] += share * Double(p.g[at])
            dx[at] += share * Double(p.dMoment[of])
            slopes[k] += Double(p.dMoment[of]) * Double(p.x[at]) + Double(p.g[at]) * Double(p.values[of])
          }
          if shares[k] < floor { slopes[k] = 0 }
        }
        let mean = zip(shares, slopes).reduce(0) { $0 + $1.0 * $1.1 }
        for k in 0..<c.clusters {
          let d = -2 * Double(setting.inverse_tau) * shares[k] * (slopes[k] - mean)
          for j in 0..<c.dim {
            let (at, of) = (j * c.count + i, k * c.dim + j)
            let part = d * (Double(p.x[at]) - Double(p.centroids[of]))
            dx[at] += part
            dc[of] -= part
          }
        }
      }
      let kept = UnsafeMutablePointer<Float>.allocate(capacity: (c.count + 31) / 32 * 32 * c.clusters)
      defer { kept.deallocate() }
      for shares in c.dim == 1 ? [nil, kept] : [nil] {
        setting.shares = shares
        onEachLevel { _ in
          var masses = [Float](repeating: 0, count: c.clusters), moments = [Float](repeating: 0, count: moment.count), cost: Float = 0
          ck_cluster_sums(&setting, p.x, c.count, p.centroids, &masses, &moments, &cost)
          expect(masses, mass, 1e-4, "mass")
          expect(moments, moment, 1e-4, "moment")
          expect([cost], [inertia], 1e-4, "inertia")
          var y = [Float](repeating: 0, count: mix.count)
          ck_cluster_mix(&setting, &y, p.x, c.count, p.centroids, p.values)
          expect(y, mix, 1e-4, "mix")
          var sums = [Float](repeating: 0, count: gathered.count)
          ck_cluster_gather(&setting, p.x, p.g, c.count, p.centroids, &sums)
          expect(sums, gathered, 1e-4, "gather")
          var back = [Float](repeating: 0, count: dx.count), centers = [Float](repeating: 0, count: dc.count)
          ck_cluster_back(&setting, p.x, c.count, p.centroids, p.g, p.values, p.dMoment, p.dMass, &back, &centers)
          // Elements whose weight is at the floor may be on either side.
          expect(back, dx, 1e-2, "dx")
          expect(centers, dc, 2e-2, "dc")
          var nearest = [UInt8](repeating: 0, count: c.count)
          ck_cluster_nearest(&setting, &nearest, p.x, c.count, p.centroids)
          for i in 0..<c.count {
            let shares = p.shares(i).shares
            #expect(shares[Int(nearest[i])] >= (shares.max() ?? 0) * 0.999)
          }
        }
      }
    }

    @Test(arguments: [1, 7, 32, 1000]) func roundsAndGoesBack(_ count: Int) {
      var random = SplitMix64(seed: UInt64(count))
      let x = (0..<count).map { _ in Float(random.normal()) }, dy = (0..<count).map { _ in Float(random.normal()) }
      let grid = ck_grid(scale: 0.2, zero: 3, low: -8, high: 7)
      onEachLevel { _ in
        var y = x, dx = dy, learned = dy
        var scale: Float = 0, zero: Float = 0
        ck_fake_quantize(&y, x, grid, count)
        ck_fake_quantize_back(&dx, dy, x, grid, count)
        ck_fake_quantize_learn(&learned, dy, x, grid, count, &scale, &zero)
        #expect(learned == dx)
        var (wantedScale, wantedZero) = (0.0, 0.0)
        for i in 0..<count {
          let free = (x[i] * (1 / grid.scale)).rounded(.toNearestOrEven) + 3
          let code = min(max(free, -8), 7)
          #expect(abs(y[i] - (code - 3) * 0.2) < 1e-6)
          #expect(dx[i] == (free == code ? dy[i] : 0))
          wantedScale += Double(dy[i]) * Double(code - 3 - (free == code ? x[i] / 0.2 : 0))
          wantedZero += free == code ? 0 : -Double(dy[i]) * 0.2
        }
        #expect(abs(Double(scale) - wantedScale) < 1e-3 * max(1, abs(wantedScale)))
        #expect(abs(Double(zero) - wantedZero) < 1e-3)
      }
    }
  }
}
