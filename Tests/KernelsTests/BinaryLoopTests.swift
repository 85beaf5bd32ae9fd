// SPDX-License-Identifier: Apache-2.0
// Elementwise functions of two buffers. They are exact, so results are compared bit for bit with Swift's arithmetic.

import CKernels
import Foundation
import Testing

extension FloatLoops {
  @Suite struct BinaryLoopTests {
    typealias Pair =
      @Sendable (UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?, Int) ->
      Void
    typealias Scalar =
      @Sendable (UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, Float, Int) -> Void
    typealias Rows =
      @Sendable (
        UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, UnsafePointer<Float>?, Int, Int
      ) -> Void

    struct Case: Sendable, CustomTestStringConvertible {
      let testDescription: String
      let pair: Pair, scalar: Scalar, rows: Rows
      let reference: @Sendable (Float, Float) -> Float
    }

    static let cases = [
      Case(
        testDescription: "add", pair: ck_add, scalar: ck_add_scalar, rows: ck_add_rows, reference: +
      ),
      Case(
        testDescription: "sub", pair: ck_sub, scalar: ck_sub_scalar, rows: ck_sub_rows, reference: -
      ),
      Case(
        testDescription: "mul", pair: ck_mul, scalar: ck_mul_scalar, rows: ck_mul_rows, reference: *
      ),
      Case(
        testDescription: "div", pair: ck_div, scalar: ck_div_scalar, rows: ck_div_rows, reference: /
      ),
      Case(testDescription: "max", pair: ck_max, scalar: ck_max_scalar, rows: ck_max_rows) {
        $0.isNaN ? $0 : $1.isNaN ? $1 : max($0, $1)
      },
      Case(testDescription: "min", pair: ck_min, scalar: ck_min_scalar, rows: ck_min_rows) {
        $0.isNaN ? $0 : $1.isNaN ? $1 : min($0, $1)
      },
    ]

    static func same(_ a: [Float], _ b: [Float]) -> Bool {
      a.count == b.count && zip(a, b).allSatisfy { $0 == $1 || $0.isNaN && $1.isNaN }
    }

    @Test(arguments: cases) func forms(_ test: Case) {
      for n in FloatLoops.lengths {
        var a = uniform(n, -3...3, seed: 1), b = uniform(n, -3...3, seed: 2)
        if n > 8 { (a[0], a[3], b[3], b[7], a[8]) = (.nan, .infinity, .infinity, .nan, 0) }
        onEachLevel { level in
          var y = [Float](repeating: 7, count: n + 1)
          test.pair(&y, a, b, n)
          #expect(Self.same(y, zip(a, b).map(test.reference) + [7]), "\(n), level \(level)")
          test.scalar(&y, a, 1.5, n)
          #expect(Self.same(y, a.map { test.reference($0, 1.5) } + [7]), "\(n), level \(level)")
          let rows = a + b + a
          var z = rows
          z.withUnsafeMutableBufferPointer {
            test.rows($0.baseAddress, UnsafePointer($0.baseAddress), b, 3, n)
          }
          #expect(
            Self.same(z, rows.indices.map { test.reference(rows[$0], b[$0 % n]) }),
            "\(n), level \(level)")
        }
      }
    }

    @Test func reversedScalars() {
      let b = uniform(99, 1...3, seed: 3)
      onEachLevel { _ in
        var y = [Float](repeating: 0, count: 99)
        ck_sub_rscalar(&y, 2, b, 99)
        #expect(y == b.map { 2 - $0 })
        ck_div_rscalar(&y, 2, b, 99)
        #expect(y == b.map { 2 / $0 })
      }
    }

    @Test(arguments: [-1, 0, 0.5, 1, 2, 3, 4, -2, 1.7] as [Float]) func powers(exponent: Float) {
      let a: [Float] = uniform(500, 0...9, seed: 4) + [0, -0.0, -2, .infinity, -.infinity, .nan]
      onEachLevel { level in
        var y = [Float](repeating: 7, count: a.count)
        ck_pow_scalar(&y, a, exponent, a.count)
        for (x, y) in zip(a, y) {
          #expect(
            FloatLoops.agree(y, pow(Double(x), Double(exponent)), relative: 2e-7),
            "\(x)^\(exponent), level \(level)")
        }
        var z = y
        ck_pow(&z, a, [Float](repeating: exponent, count: a.count), a.count)
        for (x, z) in zip(a, z) {
          #expect(
            FloatLoops.agree(z, pow(Double(x), Double(exponent)), relative: 2e-7),
            "\(x)^\(exponent)")
        }
      }
    }

    @Test func affineRows() {
      let x = uniform(6 * 37, -1...1, seed: 5), scale = uniform(37, -2...2, seed: 6),
        shift = uniform(37, -2...2, seed: 7)
      onEachLevel { level in
        var y = x
        y.withUnsafeMutableBufferPointer {
          ck_scale_shift_rows($0.baseAddress, UnsafePointer($0.baseAddress), scale, shift, 6, 37)
        }
        for i in x.indices {
          let expected = Double(x[i]) * Double(scale[i % 37]) + Double(shift[i % 37])
          #expect((Double(y[i]) - expected).magnitude < 4e-7, "level \(level)")
        }
      }
    }

    @Test func comparisonsAndChoice() {
      var a = bytes(301, below: 5, seed: 8).map(Float.init),
        b = bytes(301, below: 5, seed: 9).map(Float.init)
      (a[0], a[1], b[1], b[2]) = (.nan, .nan, .nan, .infinity)
      onEachLevel { _ in
        var y = [UInt8](repeating: 7, count: 301)
        ck_equal(&y, a, b, 301)
        #expect(y == zip(a, b).map { $0 == $1 ? 1 : 0 })
        ck_not_equal(&y, a, b, 301)
        #expect(y == zip(a, b).map { $0 != $1 ? 1 : 0 })
        ck_less_equal(&y, a, b, 301)
        #expect(y == zip(a, b).map { $0 <= $1 ? 1 : 0 })
        ck_less(&y, a, b, 301)
        #expect(y == zip(a, b).map { $0 < $1 ? 1 : 0 })
        var z = [Float](repeating: 7, count: 301)
        ck_select(&z, y.map { $0 * 200 }, a, b, 301)
        #expect(Self.same(z, y.indices.map { y[$0] != 0 ? a[$0] : b[$0] }))
      }
    }
  }
}
