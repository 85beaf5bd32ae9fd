// SPDX-License-Identifier: Apache-2.0
// Compares optimizers and schedules with torch 2.7.

import Options
import TestSupport
import Testing
import Training

struct OptimizerTests {
  /// Three steps of `torch.optim` on [1, -2, 0.5] at lr 0.1, the gradients of step s (from 0) being [0.1 (s + 1), -0.3, 0.2 s].
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let options: [String: OptionValue]
    let steps: [[Float]]
    var testDescription: String { "\(name) \(options.keys.sorted())" }
  }

  static let cases = [
    Case(name: "sgd", options: [:], steps: [[0.99, -1.97, 0.5], [0.97, -1.94, 0.48], [0.94, -1.91, 0.44]]),
    Case(
      name: "sgd", options: ["momentum": .number(0.9), "weight_decay": .number(0.01)],
      steps: [[0.989, -1.968, 0.4995], [0.958111, -1.907232, 0.4785505], [0.8993528, -1.8206336, 0.4192174]]),
    Case(
      name: "sgd", options: ["momentum": .number(0.9), "nesterov": .bool(true)],
      steps: [[0.981, -1.943, 0.5], [0.9349, -1.8617, 0.462], [0.85441, -1.75853, 0.3698]]),
    Case(
      name: "sgd", options: ["momentum": .number(0.9), "dampening": .number(0.5)],
      steps: [[0.99, -1.97, 0.5], [0.971, -1.928, 0.49], [0.9389, -1.8752, 0.461]]),
    Case(
      name: "adam", options: ["weight_decay": .number(0.01)],
      steps: [[0.9, -1.9, 0.4000002], [0.8029474, -1.8000083, 0.3239679], [0.7066101, -1.7000304, 0.2404362]]),
    Case(
      name: "adamw", options: [:],
      steps: [[0.899, -1.898, 0.4995], [0.8015828, -1.796102, 0.4245868], [0.7049811, -1.6943059, 0.341305]]),
  ]

  @Test(arguments: cases) func movesAsTorchDoes(_ example: Case) throws {
    let optimizer = try #require(Optimizers.all.first { $0.name == example.name }).init(example.options)
    var run = Run(optimizer)
    for (s, expected) in example.steps.enumerated() {
      run.step(rate: 0.1)
      for (a, b) in try pairs(run.weight, expected) { #expect(abs(a - b) < 2e-6, "step \(s + 1): \(run.weight)") }
    }
  }

  /// Steps on [1, -2, 0.5], the gradients of step s (from 0) being [0.1 (s + 1), -0.3, 0.2 s].
  private struct Run {
    private let optimizer: any Optimizer
    private(set) var weight: [Float] = [1, -2, 0.5]
    private var first: [Float] = [0, 0, 0]
    private var second: [Float] = [0, 0, 0]
    private var steps = 0

    init(_ optimizer: any Optimizer) { self.optimizer = optimizer }

    mutating func step(rate: Float, momentum: Double? = nil) {
      var gradient: [Float] = [0.1 * Float(steps + 1), -0.3, 0.2 * Float(steps)]
      steps += 1
      let (optimizer, steps) = (optimizer, steps)
      weight.withUnsafeMutableBufferPointer { w in
        gradient.withUnsafeMutableBufferPointer { g in
          first.withUnsafeMutableBufferPointer { a in
            second.withUnsafeMutableBufferPointer { b in
              guard let w = w.baseAddress, let g = g.baseAddress, let a = a.baseAddress, let b = b.baseAddress else { return }
              optimizer.update(
                ParameterUpdate(
                  count: 3, weight: w, gradient: g, slots: [a, b], rate: rate, momentum: momentum,
                  weightDecay: Float(optimizer.weightDecay), step: steps))
            }
          }
        }
      }
    }
  }

  /// The same with torch's OneCycleLR(max_lr 1, total_steps 10), which changes momentum and β1.
  @Test(
    arguments: [
      ("sgd", [[0.996, -1.988, 0.5], [0.8452, -1.6916, 0.396], [0.2987, -0.9071, -0.174], [-0.5255898, 0.0155446, -1.2074833]]),
      (
        "adam",
        [
          [0.96, -1.96, 0.5], [0.5359856, -1.5631579, 0.1130489], [-0.2534499, -0.855027, -0.6594822],
          [-1.1048594, -0.0822204, -1.4928083],
        ]
      ),
    ] as [(String, [[Float]])])
  func movesAsTorchDoesWithACycledMomentum(_ name: String, _ steps: [[Float]]) throws {
    let type = try #require(Optimizers.all.first { $0.name == name })
    let optimizer = try type.init(name == "sgd" ? ["momentum": .number(0.9)] : [:])
    let plan = try RatePlan(.dictionary(["type": .string("one_cycle"), "cycle_momentum": .bool(true)]))
    var run = Run(optimizer)
    for (s, expected) in steps.enumerated() {
      run.step(rate: Float(try plan.factor(step: s, fallback: 10)), momentum: plan.momentum(step: s, fallback: 10))
      for (a, b) in try pairs(run.weight, expected) { #expect(abs(a - b) < 4e-6, "step \(s + 1): \(run.weight)") }
    }
  }

  @Test func nesterovWantsMomentum() {
    #expect(throws: OptionError.self) { try Optimizers.all[0].init(["nesterov": .bool(true)]) }
  }
}

struct ScheduleTests {
  static let cases: [(OptionValue, [Double])] = [
    (
      .dictionary(["type": .string("step"), "step_size": .integer(3), "gamma": .number(0.5)]),
      [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]
    ),
    (.string("cosine"), [1, 0.975528, 0.904508, 0.793893, 0.654508, 0.5, 0.345492, 0.206107, 0.095492, 0.024472]),
    (.string("one_cycle"), [0.04, 0.52, 1, 0.950485, 0.811746, 0.611262, 0.388742, 0.188258, 0.049519, 4e-06]),
    (.dictionary(["type": .string("polynomial"), "power": .number(2)]), [1, 0.81, 0.64, 0.49, 0.36, 0.25, 0.16, 0.09, 0.04, 0.01]),
    (.null, [Double](repeating: 1, count: 10)),
    // Two increasing steps, then a cosine over the other eight.
    (
      .dictionary(["type": .string("cosine"), "warmup_steps": .integer(2)]),
      [1.0 / 3, 2.0 / 3, 1, 0.96194, 0.853553, 0.691342, 0.5, 0.308658, 0.146447, 0.03806]
    ),
  ]

  @Test(arguments: 0..<cases.count) func followsTorch(_ number: Int) throws {
    let (value, expected) = Self.cases[number]
    let plan = try RatePlan(value)
    for (step, factor) in expected.enumerated() {
      #expect(abs(try plan.factor(step: step, fallback: 10) - factor) < 1e-6, "step \(step) of \(value)")
    }
  }

  /// torch 2.7's OneCycleLR(SGD(momentum 0.9), max_lr 1, total_steps 10), momentum of steps 0 to 9.
  @Test func oneCycleMovesMomentumAgainstTheRate() throws {
    let expected = [0.95, 0.9, 0.85, 0.8549516, 0.8688255, 0.8888740, 0.9111260, 0.9311745, 0.9450484, 0.95]
    let plan = try RatePlan(.dictionary(["type": .string("one_cycle"), "cycle_momentum": .bool(true)]))
    for (step, momentum) in expected.enumerated() {
      #expect(abs(try #require(plan.momentum(step: step, fallback: 10)) - momentum) < 1e-6, "step \(step)")
    }
    #expect(try RatePlan(.string("one_cycle")).momentum(step: 3, fallback: 10) == nil)
  }

  @Test func saysThatItMustKnowTheTotal() throws {
    #expect(throws: TrainingError.needsTotal(schedule: "cosine")) { try RatePlan(.string("cosine")).factor(step: 0, fallback: nil) }
    #expect(throws: TrainingError.self) { try RatePlan(.string("cosin")) }
  }
}
