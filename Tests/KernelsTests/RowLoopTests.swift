// SPDX-License-Identifier: Apache-2.0
// Softmax, normalizations and reductions along rows, compared with double precision.

import CKernels
import Foundation
import Testing

extension FloatLoops {
  @Suite struct RowLoopTests {
    static let widths = [1, 2, 5, 15, 16, 17, 33, 300, 1001]

    typealias RowLoop = (UnsafeMutablePointer<Float>, UnsafePointer<Float>, Int, Int) -> Void

    /// Runs a loop in place over three rows and compares each with `reference`.
    static func check(
      _ what: String, width n: Int, values: [Float], relative: Double = 1e-6,
      absolute: Double = 1e-6, _ loop: RowLoop, _ reference: ([Double]) -> [Double]
    ) {
      onEachLevel { level in
        var y = values
        y.withUnsafeMutableBufferPointer { buffer in
          if let base = buffer.baseAddress { loop(base, base, 3, n) }
        }
        for r in 0..<3 {
          let expected = reference(values[r * n..<(r + 1) * n].map(Double.init))
          for c in 0..<n {
            #expect(
              FloatLoops.agree(y[r * n + c], expected[c], relative: relative, absolute: absolute),
              "\(what), width \(n), level \(level)")
          }
        }
      }
    }

    @Test(arguments: widths) func softmax(n: Int) {
      let values = uniform(3 * n, -30...30, seed: UInt64(n))
      func shares(_ row: [Double]) -> [Double] {
        let top = row.max() ?? 0, sum = row.reduce(0) { $0 + exp($1 - top) }
        return row.map { exp($0 - top) / sum }
      }
      // The exponents reach 60, whose rounding is 2e-6 of the result.
      Self.check(
        "softmax", width: n, values: values, relative: 4e-6, absolute: 0, ck_softmax_rows, shares)
    }

    @Test func softmaxOfMaskedScores() {
      onEachLevel { _ in
        var y: [Float] = [0, 0, 0, 0]
        ck_softmax_rows(&y, [1, -.infinity, 1, -.infinity], 1, 4)
        #expect(y == [0.5, 0, 0.5, 0])
        ck_softmax_rows(&y, [-.infinity, -.infinity, -.infinity, -.infinity], 1, 4)
        #expect(y.allSatisfy { $0.isNaN })
      }
    }

    @Test(arguments: widths) func normalizations(n: Int) {
      let values = uniform(3 * n, -2...5, seed: UInt64(n + 1)),
        gamma = uniform(n, 0.5...2, seed: 2), beta = uniform(n, -1...1, seed: 3)
      func moments(_ row: [Double]) -> (mean: Double, variance: Double) {
        let mean = row.reduce(0, +) / Double(n)
        return (mean, row.reduce(0) { $0 + ($1 - mean) * ($1 - mean) } / Double(n))
      }
      Self.check(
        "layer norm", width: n, values: values, absolute: 3e-6,
        { ck_layer_norm_rows($0, $1, gamma, beta, 1e-3, $2, $3) }
      ) { row in
        let (mean, variance) = moments(row)
        return row.indices.map {
          (row[$0] - mean) / (variance + 1e-3).squareRoot() * Double(gamma[$0]) + Double(beta[$0])
        }
      }
      Self.check(
        "plain layer norm", width: n, values: values, absolute: 3e-6,
        { ck_layer_norm_rows($0, $1, nil, nil, 1e-3, $2, $3) }
      ) { row in
        let (mean, variance) = moments(row)
        return row.map { ($0 - mean) / (variance + 1e-3).squareRoot() }
      }
    }

    @Test(arguments: widths) func reductions(n: Int) {
      let values = uniform(4 * n, -1...1, seed: UInt64(n + 7))
      let rows = (0..<4).map { r in values[r * n..<(r + 1) * n].map(Double.init) }
      func check(_ what: String, _ loop: RowLoop, _ reference: ([Double]) -> Double) {
        onEachLevel { level in
          var y = [Float](repeating: 7, count: 4)
          y.withUnsafeMutableBufferPointer {
            if let base = $0.baseAddress { loop(base, values, 4, n) }
          }
          for r in 0..<4 {
            #expect(
              (Double(y[r]) - reference(rows[r])).magnitude < 1e-6 * Double(n),
              "\(what), width \(n), level \(level)")
          }
        }
      }
      check("sum", ck_sum_rows) { $0.reduce(0, +) }
      check("squares", ck_sum_squares_rows) { $0.reduce(0) { $0 + $1 * $1 } }
      check("absolute", ck_sum_abs_rows) { $0.reduce(0) { $0 + $1.magnitude } }
      check("maximum", ck_max_of_rows) { $0.max() ?? .nan }
      check("minimum", ck_min_of_rows) { $0.min() ?? .nan }
    }

    @Test(arguments: widths) func extremes(n: Int) {
      // Few different values: ties are common, and the first must win.
      let values = bytes(5 * n, below: 4, seed: UInt64(n)).map(Float.init)
      onEachLevel { level in
        var most = [Int32](repeating: -1, count: 5), least = most
        ck_argmax_rows(&most, values, 5, n)
        ck_argmin_rows(&least, values, 5, n)
        for r in 0..<5 {
          let row = Array(values[r * n..<(r + 1) * n])
          #expect(Int(most[r]) == row.firstIndex(of: row.max() ?? 0), "width \(n), level \(level)")
          #expect(Int(least[r]) == row.firstIndex(of: row.min() ?? 0), "width \(n), level \(level)")
        }
        for place in [0, n / 2, n - 1] {
          var row = Array(values.prefix(n))
          row[place] = .nan
          var top: Float = 0, at: Int32 = -1
          ck_max_of_rows(&top, row, 1, n)
          #expect(top.isNaN, "nan at \(place) of \(n), level \(level)")
          ck_min_of_rows(&top, row, 1, n)
          #expect(top.isNaN)
          ck_argmax_rows(&at, row, 1, n)
          #expect(Int(at) == place)
        }
      }
    }
  }
}
