// SPDX-License-Identifier: Apache-2.0
// Loops of gradients and of batch normalization in training, on every instruction set, compared with double
// precision.

import CKernels
import Foundation
import Testing

extension FloatLoops {
  @Suite struct GradientLoopTests {
    static let widths = [1, 3, 15, 16, 17, 33, 64, 80, 130]

    typealias PointwiseLoop = (UnsafeMutablePointer<Float>, UnsafePointer<Float>, UnsafePointer<Float>, Int) -> Void

    /// dx for a derivative by central differences in double precision.
    private func checkSlope(_ name: String, _ loop: PointwiseLoop, byResult: Bool = false, _ f: (Double) -> Double) {
      let (x, dy) = (uniform(1000, -6...6, seed: 1), uniform(1000, -2...2, seed: 2))
      let argument = byResult ? x.map { Float(f(Double($0))) } : x
      onEachLevel { level in
        var dx = dy
        dx.withUnsafeMutableBufferPointer { buffer in
          if let base = buffer.baseAddress { loop(base, base, argument, 1000) }
        }
        for i in x.indices {
          let slope = (f(Double(x[i]) + 1e-5) - f(Double(x[i]) - 1e-5)) / 2e-5
          #expect(agree(dx[i], Double(dy[i]) * slope, relative: 1e-5, absolute: 4e-6), "\(name) at \(x[i]), level \(level)")
        }
      }
    }

    @Test func slopes() {
      checkSlope("gelu", ck_gelu_gradient) { $0 * 0.5 * erfc(-$0 / 2.0.squareRoot()) }
      checkSlope("gelu by tanh", ck_gelu_tanh_gradient) {
        $0 / 2 * (1 + tanh((2 / Double.pi).squareRoot() * ($0 + 0.044715 * $0 * $0 * $0)))
      }
      checkSlope("gelu by sigmoid", ck_gelu_sigmoid_gradient) { $0 / (1 + exp(-1.702 * $0)) }
      checkSlope("silu", ck_silu_gradient) { $0 / (1 + exp(-$0)) }
      checkSlope("tanh", ck_tanh_gradient, byResult: true) { tanh($0) }
      checkSlope("sigmoid", ck_sigmoid_gradient, byResult: true) { 1 / (1 + exp(-$0)) }
    }

    @Test(arguments: widths) func softmax(n: Int) {
      let (dy, y) = (uniform(3 * n, -2...2, seed: 1), uniform(3 * n, 0...1, seed: 2))
      onEachLevel { level in
        var dx = dy
        dx.withUnsafeMutableBufferPointer { buffer in
          if let base = buffer.baseAddress { ck_softmax_gradient_rows(base, base, y, 3, n) }
        }
        for r in 0..<3 {
          let row = r * n..<(r + 1) * n
          let sum = row.reduce(0) { $0 + Double(dy[$1]) * Double(y[$1]) }
          for i in row {
            #expect(agree(dx[i], Double(y[i]) * (Double(dy[i]) - sum), relative: 1e-5, absolute: 1e-5), "width \(n), level \(level)")
          }
        }
      }
    }

    @Test(arguments: widths) func layerNorm(n: Int) {
      let (dy, x, gamma) = (uniform(3 * n, -2...2, seed: 1), uniform(3 * n, -2...2, seed: 2), uniform(n, 0.5...2, seed: 3))
      onEachLevel { level in
        var (dx, gammaSum, betaSum) = (dy, [Float](repeating: 0, count: n), [Float](repeating: 0, count: n))
        dx.withUnsafeMutableBufferPointer { buffer in
          if let base = buffer.baseAddress { ck_layer_norm_gradient_rows(base, &gammaSum, &betaSum, base, x, gamma, 0.1, 3, n) }
        }
        var (expectedGamma, expectedBeta) = ([Double](repeating: 0, count: n), [Double](repeating: 0, count: n))
        for r in 0..<3 {
          let values = (0..<n).map { Double(x[r * n + $0]) }
          let mean = values.reduce(0, +) / Double(n)
          let factor = 1 / (values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n) + 0.1).squareRoot()
          let own = (0..<n).map { Double(dy[r * n + $0]) * Double(gamma[$0]) }
          let level0 = own.reduce(0, +) / Double(n)
          let slope = zip(own, values).reduce(0) { $0 + $1.0 * ($1.1 - mean) * factor } / Double(n)
          for i in 0..<n {
            let standard = (values[i] - mean) * factor
            expectedGamma[i] += Double(dy[r * n + i]) * standard
            expectedBeta[i] += Double(dy[r * n + i])
            #expect(
              agree(dx[r * n + i], factor * (own[i] - level0 - standard * slope), relative: 1e-5, absolute: 2e-5),
              "width \(n), level \(level)")
          }
        }
        for i in 0..<n {
          #expect(agree(gammaSum[i], expectedGamma[i], relative: 1e-5, absolute: 1e-5), "gamma, width \(n), level \(level)")
          #expect(agree(betaSum[i], expectedBeta[i], relative: 1e-5, absolute: 1e-5), "beta, width \(n), level \(level)")
        }
      }
    }

    /// Adjacent windows, overlapping windows with padding, and windows with gaps, in two dimensions.
    @Test(arguments: widths, [(2, 2, 0), (3, 2, 1), (2, 3, 0)]) func maxPool(channels: Int, window: (Int, Int, Int)) {
      let (kernel, step, pad) = window
      let (input, output) = (6, (6 + 2 * pad - kernel) / step + 1)
      let x = uniform(input * input * channels, -2...2, seed: 1)
      let dy = uniform(output * output * channels, -2...2, seed: 2)
      var y = [Float](repeating: -.infinity, count: dy.count)
      var expected = [Double](repeating: 0, count: x.count)
      for (i, j, c) in indices(output, channels) {
        var place = -1
        for a in max(i * step - pad, 0)..<min(i * step - pad + kernel, input) {
          for b in max(j * step - pad, 0)..<min(j * step - pad + kernel, input) {
            let at = (a * input + b) * channels + c
            if x[at] > y[(i * output + j) * channels + c] { (y[(i * output + j) * channels + c], place) = (x[at], at) }
          }
        }
        expected[place] += Double(dy[(i * output + j) * channels + c])
      }
      var pool = ck_pool(
        channels: channels, input: (1, input, input), output: (1, output, output), kernel: (1, kernel, kernel), step: (1, step, step),
        pad: (0, pad, pad))
      onEachLevel { level in
        var dx = [Float](repeating: 7, count: x.count)
        ck_max_pool_gradient(&dx, dy, x, y, &pool)
        for i in dx.indices { #expect(agree(dx[i], expected[i], relative: 1e-6, absolute: 1e-6), "\(channels) \(window), level \(level)") }
      }
    }

    private func indices(_ n: Int, _ channels: Int) -> [(Int, Int, Int)] {
      (0..<n).flatMap { i in (0..<n).flatMap { j in (0..<channels).map { (i, j, $0) } } }
    }

    /// All gates, with and without the gated gradient.
    @Test(arguments: widths) func batchNorm(n: Int) {
      let rows = 11
      let (g, x, y) = (uniform(rows * n, -2...2, seed: 1), uniform(rows * n, -2...2, seed: 2), uniform(rows * n, -1...1, seed: 3))
      let (scale, shift, origin) = (uniform(n, -2...2, seed: 4), uniform(n, -1...1, seed: 5), uniform(n, -1...1, seed: 6))
      let c = uniform(n, -1...1, seed: 7)
      onEachLevel { level in
        for kind in 0..<3 {
          let gates: [Double] = (0..<rows * n).map { i in
            switch kind {
            case 0: Double(g[i])
            case 1: y[i] > 0 ? Double(g[i]) : 0
            default: Double(x[i]) * Double(scale[i % n]) + Double(shift[i % n]) > 0 ? Double(g[i]) : 0
            }
          }
          y.withUnsafeBufferPointer { y in
            scale.withUnsafeBufferPointer { a in
              shift.withUnsafeBufferPointer { b in
                let gate = ck_gate(
                  y: kind == 1 ? y.baseAddress : nil, scale: kind == 2 ? a.baseAddress : nil, shift: kind == 2 ? b.baseAddress : nil)
                var (sum, product) = ([Float](repeating: 7, count: n), [Float](repeating: 7, count: n))
                var (gated, dx) = ([Float](repeating: 7, count: rows * n), [Float](repeating: 7, count: rows * n))
                ck_gradient_moments(&sum, &product, &gated, g, x, origin, gate, rows, n)
                ck_batch_norm_gradient(&dx, g, x, scale, shift, c, gate, rows, n)
                for i in 0..<rows * n {
                  #expect(Double(gated[i]) == gates[i], "gate \(kind), width \(n), level \(level)")
                  let expected = Double(scale[i % n]) * gates[i] + Double(shift[i % n]) * Double(x[i]) + Double(c[i % n])
                  #expect(agree(dx[i], expected, relative: 1e-5, absolute: 1e-5), "dx \(kind), width \(n), level \(level)")
                }
                for k in 0..<n {
                  let column = stride(from: k, to: rows * n, by: n)
                  let expected = column.reduce(0) { $0 + gates[$1] * (Double(x[$1]) - Double(origin[k])) }
                  #expect(agree(sum[k], column.reduce(0) { $0 + gates[$1] }, relative: 1e-5, absolute: 1e-5), "sum \(kind), width \(n)")
                  #expect(agree(product[k], expected, relative: 1e-5, absolute: 2e-5), "product \(kind), width \(n)")
                }
              }
            }
          }
        }
        var (sum, squares, normal) = ([Float](repeating: 7, count: n), [Float](repeating: 7, count: n), x)
        ck_moments(&sum, &squares, x, origin, rows, n)
        ck_normalize(&normal, x, scale, shift, g, true, rows, n)
        for i in 0..<rows * n {
          let line = Double(x[i]) * Double(scale[i % n]) + Double(shift[i % n]) + Double(g[i])
          #expect(agree(normal[i], max(line, 0), relative: 1e-5, absolute: 1e-6), "width \(n), level \(level)")
        }
        for k in 0..<n {
          let centered = stride(from: k, to: rows * n, by: n).map { Double(x[$0]) - Double(origin[k]) }
          #expect(agree(sum[k], centered.reduce(0, +), relative: 1e-5, absolute: 1e-5))
          #expect(agree(squares[k], centered.reduce(0) { $0 + $1 * $1 }, relative: 1e-5, absolute: 1e-5))
        }
      }
    }
  }
}
