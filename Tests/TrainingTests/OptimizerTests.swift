// SPDX-License-Identifier: Apache-2.0
// Optimizers and schedules against torch 2.7.

import Compression
import Testing
import Training

struct OptimizerTests {
  /// Three steps of `torch.optim` on [1, -2, 0.5] at lr 0.1, the gradients of step s (from 0) being [0.1 (s + 1), -0.3, 0.2 s].
  struct Case: Sendable, CustomTestStringConvertible {
    let name: String
    let options: [String: RecipeValue]
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
    let optimizer = try #require(Optimizers.all.first { $0.name == example.name }).make(example.options)
    var weight: [Float] = [1, -2, 0.5]
    var slots = [[Float]](repeating: [0, 0, 0], count: optimizer.slots)
    for (s, expected) in example.steps.enumerated() {
      var gradient: [Float] = [0.1 * Float(s + 1), -0.3, 0.2 * Float(s)]
      var first = slots.first ?? [0], second = slots.count > 1 ? slots[1] : [0]
      weight.withUnsafeMutableBufferPointer { w in
        gradient.withUnsafeMutableBufferPointer { g in
          first.withUnsafeMutableBufferPointer { a in
            second.withUnsafeMutableBufferPointer { b in
              guard let w = w.baseAddress, let g = g.baseAddress, let a = a.baseAddress, let b = b.baseAddress else { return }
              optimizer.update(
                ParameterUpdate(
                  count: 3, weight: w, gradient: g, slots: [a, b], rate: 0.1, weightDecay: Float(optimizer.weightDecay), step: s + 1))
            }
          }
        }
      }
      if !slots.isEmpty { slots[0] = first }
      if slots.count > 1 { slots[1] = second }
      for (a, b) in zip(weight, expected) { #expect(abs(a - b) < 2e-6, "step \(s + 1): \(weight)") }
    }
  }

  @Test func nesterovWantsMomentum() {
    #expect(throws: CompressionError.self) { try Optimizers.all[0].make(["nesterov": .bool(true)]) }
  }
}

struct ScheduleTests {
  static let cases: [(RecipeValue, [Double])] = [
    (
      .dictionary(["type": .string("step"), "step_size": .integer(3), "gamma": .number(0.5)]),
      [1, 1, 1, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.125]
    ),
    (.string("cosine"), [1, 0.975528, 0.904508, 0.793893, 0.654508, 0.5, 0.345492, 0.206107, 0.095492, 0.024472]),
    (.string("one_cycle"), [0.04, 0.52, 1, 0.950485, 0.811746, 0.611262, 0.388742, 0.188258, 0.049519, 4e-06]),
    (.dictionary(["type": .string("polynomial"), "power": .number(2)]), [1, 0.81, 0.64, 0.49, 0.36, 0.25, 0.16, 0.09, 0.04, 0.01]),
    (.null, [Double](repeating: 1, count: 10)),
    // Two steps of rise, then a cosine over the other eight.
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

  @Test func saysThatItMustKnowTheTotal() throws {
    #expect(throws: TrainingError.needsTotal(schedule: "cosine")) { try RatePlan(.string("cosine")).factor(step: 0, fallback: nil) }
    #expect(throws: TrainingError.self) { try RatePlan(.string("cosin")) }
  }
}
