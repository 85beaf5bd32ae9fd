// SPDX-License-Identifier: Apache-2.0
// Schedules of the sparsity over training steps.

import Options
import Platform

/// coremltools' two schedulers.
enum SparsityScheduler: Sendable, Equatable {
  /// The target sparsity from this step on.
  case constant(beginStep: Int)
  /// Increases towards the target at these steps, following a polynomial.
  case polynomialDecay(updateSteps: [Int], power: Int)

  /// The sparsity after `step` steps (counted from 1); the previous one between updates.
  func sparsity(step: Int, previous: Double, initial: Double, target: Double) -> Double {
    switch self {
    case .constant(let begin): return step >= begin ? target : previous
    case .polynomialDecay(let steps, let power):
      guard let number = steps.firstIndex(of: step) else { return previous }
      let t = steps.count == 1 ? 1 : Double(number) / Double(steps.count - 1)
      return target + (initial - target) * pow(1 - t, Double(power))
    }
  }

  /// `{ type = "polynomial_decay", update_steps = …, power = 3 }` or `{ type = "constant", begin_step = 0 }`. Without
  /// a type the fields determine it, as in coremltools.
  init(_ value: OptionValue) throws(OptionError) {
    func fail(_ problem: String) -> OptionError { .combination(of: "prune", problem: "scheduler: " + problem) }
    guard case .dictionary(var fields) = value else {
      guard value == .null || value == .string("constant") else {
        throw fail("a table such as { type = \"polynomial_decay\", update_steps = \"range(0, 300, 10)\" } is wanted, found \(value)")
      }
      self = .constant(beginStep: 0)
      return
    }
    let type = fields.removeValue(forKey: "type") ?? .string(fields["update_steps"] == nil ? "constant" : "polynomial_decay")
    func integer(_ name: String, default standard: Int) throws(OptionError) -> Int {
      switch fields.removeValue(forKey: name) ?? .integer(standard) {
      case .integer(let n) where n >= 0: return n
      case let other: throw fail("\(name) must be an integer of at least 0, found \(other)")
      }
    }
    switch type {
    case .string("constant"): self = .constant(beginStep: try integer("begin_step", default: 0))
    case .string("polynomial_decay"):
      let steps = try Self.steps(fields.removeValue(forKey: "update_steps") ?? .null, fail)
      self = .polynomialDecay(updateSteps: steps, power: try integer("power", default: 3))
    default: throw fail("type must be \"constant\" or \"polynomial_decay\", found \(type)")
    }
    if let stranger = fields.keys.min() { throw fail("there is no option \(stranger)") }
  }

  /// A list of steps, or `"range(start, end, step)"` with Python's semantics.
  private static func steps(_ value: OptionValue, _ fail: (String) -> OptionError) throws(OptionError) -> [Int] {
    switch value {
    case .list(let all):
      let steps = all.compactMap { if case .integer(let n) = $0, n >= 0 { n } else { nil } }
      guard steps.count == all.count, !steps.isEmpty else { throw fail("update_steps must be integers of at least 0") }
      return steps
    case .string(let text):
      let inner = text.filter { $0 != " " }
      guard inner.hasPrefix("range("), inner.hasSuffix(")") else {
        throw fail("update_steps must be a list or \"range(a, b, c)\", found \(value)")
      }
      let numbers = inner.dropFirst(6).dropLast().split(separator: ",").map { Int($0) }
      let known = numbers.compactMap { $0 }
      guard known.count == numbers.count, (1...3).contains(known.count) else { throw fail("update_steps cannot be read: \(value)") }
      let (start, end) = known.count == 1 ? (0, known[0]) : (known[0], known[1])
      let step = known.count == 3 ? known[2] : 1
      guard step > 0, start >= 0, end > start, (end - start) / step < 10_000_000 else { throw fail("update_steps is empty: \(value)") }
      return Array(stride(from: start, to: end, by: step))
    default: throw fail("polynomial_decay needs update_steps")
    }
  }
}
