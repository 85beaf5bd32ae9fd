// SPDX-License-Identifier: Apache-2.0
// Elementwise functions compared with double precision.

import CKernels
import Foundation
import Testing

extension FloatLoops {
  @Suite struct UnaryLoopTests {
    typealias Loop = @Sendable (UnsafeMutablePointer<Float>?, UnsafePointer<Float>?, Int) -> Void

    struct Case: Sendable, CustomTestStringConvertible {
      let name: String
      let loop: Loop
      let reference: @Sendable (Double) -> Double
      var relative = 2e-7  // a little more than 3 ulp of the smallest mantissa
      var absolute = 0.0
      var testDescription: String { name }
    }

    static func phi(_ x: Double) -> Double { 0.5 * erfc(-x / 2.0.squareRoot()) }

    static func logistic(_ x: Double) -> Double { 1 / (1 + exp(-x)) }

    /// x·s where s is a probability, 0 at -∞.
    static func gated(_ x: Double, _ s: Double) -> Double { x == -.infinity ? 0 : x * s }

    static let transcendental: [Case] = [
      Case(name: "exp", loop: ck_exp, reference: exp),
      Case(name: "exp2", loop: ck_exp2, reference: exp2),
      Case(name: "log", loop: ck_log, reference: { $0 < 0 ? .nan : log($0) }),
      Case(name: "tanh", loop: ck_tanh, reference: tanh),
      Case(name: "sigmoid", loop: ck_sigmoid, reference: logistic, relative: 3e-7),
      Case(name: "erf", loop: ck_erf, reference: erf),
      Case(
        name: "softplus", loop: ck_softplus,
        reference: { $0 > 0 ? $0 + log1p(exp(-$0)) : log1p(exp($0)) }, relative: 4e-7),
      Case(
        name: "silu", loop: ck_silu, reference: { gated($0, logistic($0)) }, relative: 4e-7,
        absolute: 2e-43),
    ]

    static let exact: [Case] = [
      Case(name: "abs", loop: ck_abs, reference: { $0.magnitude }, relative: 0),
      Case(name: "square", loop: ck_square, reference: { $0 * $0 }, relative: 0x1p-24),
      Case(name: "sqrt", loop: ck_sqrt, reference: { $0.squareRoot() }, relative: 0x1p-24),
      Case(name: "floor", loop: ck_floor, reference: floor, relative: 0),
      Case(name: "ceil", loop: ck_ceil, reference: ceil, relative: 0),
      Case(name: "round", loop: ck_round, reference: { $0.rounded(.toNearestOrEven) }, relative: 0),
      Case(
        name: "sign", loop: ck_sign, reference: { $0 > 0 ? 1 : $0 < 0 ? -1 : $0.isNaN ? .nan : 0 },
        relative: 0),
      Case(name: "relu", loop: ck_relu, reference: { $0.isNaN ? .nan : max($0, 0) }, relative: 0),
    ]

    static func check(_ test: Case, on values: [Float]) {
      onEachLevel { level in
        var found = [Float](repeating: 7, count: values.count)
        test.loop(&found, values, values.count)
        var wrong = 0
        for (x, y) in zip(values, found)
        where !agree(y, test.reference(Double(x)), relative: test.relative, absolute: test.absolute) {
          wrong += 1
          if wrong <= 3 {
            Issue.record(
              "\(test.name)(\(x)) = \(y), expected \(Float(test.reference(Double(x)))) (level \(level))"
            )
          }
        }
        #expect(wrong == 0, "\(test.name), level \(level)")
      }
    }

    @Test(arguments: transcendental + exact)
    func everyMagnitude(_ test: Case) {
      Self.check(test, on: FloatLoops.everyMagnitude(seed: 1))
    }

    @Test(arguments: [
      Case(name: "sin", loop: ck_sin, reference: sin, relative: 0, absolute: 2e-7),
      Case(name: "cos", loop: ck_cos, reference: cos, relative: 0, absolute: 2e-7),
    ])
    func angles(_ test: Case) {
      Self.check(test, on: uniform(20_000, -20...20, seed: 3))
      // An angle outside the polynomial's range makes its block of 256 use libm; the other elements must still be
      // correct.
      Self.check(
        test, on: uniform(2_000, -8000...8000, seed: 4) + [1e6, -3e30, .infinity, .nan, 1])
    }

    @Test func sineKeepsSmallAngles() {
      onEachLevel { _ in
        let x: [Float] = [0, -0.0, 1e-30, -1e-10, 1e-4, .leastNonzeroMagnitude]
        var y = [Float](repeating: 7, count: x.count)
        ck_sin(&y, x, x.count)
        for (x, y) in zip(x, y) { #expect(FloatLoops.agree(y, sin(Double(x)), relative: 1e-7)) }
      }
    }

    /// The left tail of gelu is a tiny probability; the permitted error is that of e^(-x²/2) in floats.
    @Test func geluTail() {
      let values =
        uniform(30_000, -13...13, seed: 5) + [-.infinity, .infinity, .nan, 0, -1e30, 1e30]
      onEachLevel { level in
        var found = [Float](repeating: 7, count: values.count)
        ck_gelu(&found, values, values.count)
        let wrong = zip(values, found).filter { x, y in
          let square = min(Double(x * x), 200)
          return !FloatLoops.agree(
            y, Self.gated(Double(x), Self.phi(Double(x))), relative: 4e-7 + 1e-7 * square,
            absolute: 2e-44)
        }
        #expect(wrong.isEmpty, "level \(level): \(wrong.prefix(3))")
      }
    }

    @Test func geluApproximations() {
      let values = uniform(10_000, -12...12, seed: 6) + [-.infinity, .infinity, .nan, -1e30]
      func hyperbolic(_ x: Double) -> Double {
        let u = (2 / Double.pi).squareRoot() * (x + 0.044715 * x * x * x)
        return Self.gated(x, Self.logistic(2 * u))
      }
      onEachLevel { level in
        var found = [Float](repeating: 7, count: values.count)
        ck_gelu_tanh(&found, values, values.count)
        for (x, y) in zip(values, found) where x > -6 || x.isNaN {
          #expect(
            FloatLoops.agree(y, hyperbolic(Double(x)), relative: 6e-6),
            "tanh form at \(x), level \(level)")
        }
        ck_gelu_sigmoid(&found, values, values.count)
        for (x, y) in zip(values, found) {
          let expected = Self.gated(Double(x), Self.logistic(1.702 * Double(x)))
          #expect(
            FloatLoops.agree(y, expected, relative: 4e-6), "sigmoid form at \(x), level \(level)")
        }
      }
    }

    /// A result depends only on its element, not on its position or on whether the output is the input buffer.
    @Test(arguments: transcendental + exact)
    func placeDoesNotMatter(_ test: Case) {
      let values = uniform(4_099, -9...9, seed: 7)
      onEachLevel { level in
        var whole = [Float](repeating: 0, count: values.count)
        test.loop(&whole, values, values.count)
        for n in FloatLoops.lengths {
          var part = Array(values.prefix(n)) + [42]
          part.withUnsafeMutableBufferPointer {
            test.loop($0.baseAddress, UnsafePointer($0.baseAddress), n)
          }
          #expect(
            zip(part, whole.prefix(n)).allSatisfy {
              $0.bitPattern == $1.bitPattern || $0.isNaN && $1.isNaN
            }, "\(n), level \(level)")
          #expect(part[n] == 42, "wrote beyond \(n) elements")
        }
      }
    }

    @Test func parameters() {
      let x = FloatLoops.everyMagnitude(seed: 8)
      func check(
        _ name: String, relative: Double = 2e-7,
        _ loop: (UnsafeMutablePointer<Float>, [Float]) -> Void, _ reference: (Double) -> Double
      ) {
        onEachLevel { level in
          var found = [Float](repeating: 7, count: x.count)
          found.withUnsafeMutableBufferPointer { if let base = $0.baseAddress { loop(base, x) } }
          let wrong = zip(x, found).filter {
            !FloatLoops.agree($1, reference(Double($0)), relative: relative, absolute: 1e-38)
          }
          #expect(wrong.isEmpty, "\(name), level \(level): \(wrong.prefix(3))")
        }
      }
      let n = x.count
      check("leaky relu", { ck_leaky_relu($0, $1, 0.25, n) }, { $0 > 0 ? $0 : 0.25 * $0 })
      check("elu", { ck_elu($0, $1, 1.5, n) }, { $0 > 0 ? $0 : 1.5 * expm1($0) })
      check("clip", { ck_clip($0, $1, -1, 6, n) }, { $0.isNaN ? .nan : min(max($0, -1), 6) })
      check("threshold", { ck_threshold_relu($0, $1, 0.5, n) }, { $0 < 0.5 ? 0 : $0 })
      check(
        "hard sigmoid", relative: 1e-6, { ck_hard_sigmoid($0, $1, 0.25, 0.5, n) },
        { $0.isNaN ? .nan : min(max(0.25 * $0 + 0.5, 0), 1) })
      check("linear", relative: 1e-6, { ck_linear($0, $1, 2, 0, n) }, { 2 * $0 })
      check("reciprocal", { ck_reciprocal($0, $1, 0, n) }, { 1 / $0 })
      let positive = uniform(1_000, 0...50, seed: 9)
      onEachLevel { _ in
        var y = [Float](repeating: 0, count: positive.count)
        ck_rsqrt(&y, positive, 0.5, y.count)
        for (x, y) in zip(positive, y) {
          #expect(FloatLoops.agree(y, 1 / (Double(x) + 0.5).squareRoot(), relative: 3e-7))
        }
        ck_hard_swish(&y, positive.map { $0 / 5 - 5 }, 1.0 / 6, 0.5, y.count)
        for (x, y) in zip(positive, y) {
          let v = Double(x / 5 - 5)
          #expect(
            FloatLoops.agree(y, v * min(max(v / 6 + 0.5, 0), 1), relative: 1e-6, absolute: 1e-6))
        }
      }
    }
  }
}
