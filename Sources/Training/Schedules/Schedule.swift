// SPDX-License-Identifier: Apache-2.0
// The protocol of learning rate schedules.

import Options
import Platform

/// A learning rate schedule: a factor for the trainer's `lr` at each step.
///
/// To add one, define a type in this folder and add it to `Schedules.all`.
package protocol Schedule: Configurable {
  static var summary: String { get }
  /// Whether it requires the total number of steps.
  static var needsTotal: Bool { get }
  /// - Parameters:
  ///   - step: counted from 0.
  ///   - total: number of steps.
  func factor(step: Int, total: Int) -> Double
  /// The momentum of a step; `nil` for the optimizer's own.
  func momentum(step: Int, total: Int) -> Double?
}

extension Schedule {
  package func momentum(step: Int, total: Int) -> Double? { nil }
}

package enum Schedules {
  /// All schedules.
  package static let all: [any Schedule.Type] = [
    ConstantSchedule.self, StepSchedule.self, CosineSchedule.self,
    OneCycleSchedule.self, PolynomialSchedule.self,
  ]
}

/// A schedule with warm-up and the total number of steps, if specified.
package struct RatePlan: Sendable {
  package var schedule: any Schedule
  /// The number of steps in which the rate increases from zero.
  package var warmup: Int
  package var total: Int?

  /// The options in addition to those of the schedule itself.
  package static let common = ["type", "warmup_steps", "total_steps"]

  /// `"cosine"`, or `{ type = "cosine", warmup_steps =, total_steps =, … }`.
  package init(_ value: OptionValue) throws {
    var fields: [String: OptionValue] = [:]
    switch value {
    case .null: fields["type"] = .string(ConstantSchedule.name)
    case .string: fields["type"] = value
    case .dictionary(let given): fields = given
    default: throw OptionError.wrongKind(option: "schedule", of: "trainer", expected: "a name or a table", found: value.kind)
    }
    guard case .string(let name) = fields.removeValue(forKey: "type") ?? .null else {
      throw OptionError.combination(
        of: "schedule", problem: "type must name one of \(Schedules.all.map { $0.name }.joined(separator: ", "))")
    }
    guard let type = Schedules.all.first(where: { $0.name == name }) else {
      throw TrainingError.unknown(what: "schedule", name: name, known: Schedules.all.map { $0.name })
    }
    func count(_ option: String) throws -> Int? {
      switch fields.removeValue(forKey: option) ?? .null {
      case .null: return nil
      case .integer(let n) where n >= 0: return n
      case let other:
        throw OptionError.notAllowed(option: option, of: "schedule", allowed: "an integer of at least 0", found: "\(other)")
      }
    }
    warmup = try count("warmup_steps") ?? 0
    total = try count("total_steps")
    schedule = try type.init(fields)
  }

  /// - Parameters:
  ///   - step: counted from 0.
  ///   - fallback: the total number of steps if none was specified.
  /// - Throws: `TrainingError.needsTotal` if the schedule requires the total number of steps and it is unknown.
  package func factor(step: Int, fallback: Int?) throws -> Double {
    let total = total ?? fallback
    if total == nil, type(of: schedule).needsTotal { throw TrainingError.needsTotal(schedule: type(of: schedule).name) }
    if step < warmup { return Double(step + 1) / Double(warmup + 1) }
    return schedule.factor(step: step - warmup, total: max((total ?? Int.max) - warmup, 1))
  }

  /// Whether it changes the optimizer's momentum.
  var movesMomentum: Bool { schedule.momentum(step: 0, total: 1) != nil }

  /// The momentum of a step, or β1 of Adam; `nil` for the optimizer's own.
  package func momentum(step: Int, fallback: Int?) -> Double? {
    schedule.momentum(step: max(step - warmup, 0), total: max((total ?? fallback ?? Int.max) - warmup, 1))
  }
}

struct ConstantSchedule: Schedule {
  static let name = "constant"
  static let summary = "A constant rate."
  static let needsTotal = false
  static let options: [Option<Self>] = []
  func factor(step: Int, total: Int) -> Double { 1 }
}

/// Multiplies by `gamma` after every `step_size` steps, or at given steps.
struct StepSchedule: Schedule {
  var stepSize: Int?
  var milestones: [Int]?
  var gamma = 0.1

  static let name = "step"
  static let summary = "Multiplies the rate by gamma after every step_size steps, or at given steps."
  static let needsTotal = false
  static var options: [Option<Self>] {
    [
      .integer("step_size", \.stepSize, in: 1...Int.max, "steps between two changes"),
      .integers("milestones", \.milestones, in: 0...Int.max, "the steps at which the rate changes, instead of step_size"),
      .number("gamma", \.gamma, in: 0...1, "the factor"),
    ]
  }

  func validate() throws(OptionError) {
    guard (stepSize == nil) != (milestones == nil) else {
      throw .combination(of: Self.name, problem: "one of step_size and milestones must be given")
    }
  }

  func factor(step: Int, total: Int) -> Double {
    let changes = stepSize.map { step / $0 } ?? (milestones ?? []).count { $0 <= step }
    return pow(gamma, Double(changes))
  }
}

/// Half a cosine from 1 to `eta_min` (Loshchilov and Hutter 2017).
struct CosineSchedule: Schedule {
  var etaMin = 0.0
  static let name = "cosine"
  static let summary = "Falls along half a cosine."
  static let needsTotal = true
  static var options: [Option<Self>] { [.number("eta_min", \.etaMin, in: 0...1, "the final rate, as a fraction of lr")] }

  func factor(step: Int, total: Int) -> Double {
    let t = min(Double(step) / Double(total), 1)
    return etaMin + (1 - etaMin) * (1 + cos(.pi * t)) / 2
  }
}

/// Increases along half a cosine, then decreases along half a cosine to almost zero; `lr` is the peak (Smith and
/// Topin 2019).
struct OneCycleSchedule: Schedule {
  var pctStart = 0.3
  var divFactor = 25.0
  var finalDivFactor = 1e4
  var cycleMomentum = false
  var baseMomentum = 0.85
  var maxMomentum = 0.95

  static let name = "one_cycle"
  static let summary = "Rises to lr, then falls to almost nothing."
  static let needsTotal = true
  static var options: [Option<Self>] {
    [
      .number("pct_start", \.pctStart, in: 0...1, "share of the steps that it rises"),
      .number("div_factor", \.divFactor, in: 1...Double.infinity, "lr over the first rate"),
      .number("final_div_factor", \.finalDivFactor, in: 1...Double.infinity, "the first rate over the last"),
      .bool("cycle_momentum", \.cycleMomentum, "move the momentum against the rate; torch does by default"),
      .number("base_momentum", \.baseMomentum, in: 0...0.999999, "with cycle_momentum: the momentum at the peak rate"),
      .number("max_momentum", \.maxMomentum, in: 0...0.999999, "with cycle_momentum: at both ends"),
    ]
  }

  func factor(step: Int, total: Int) -> Double {
    let first = 1 / divFactor
    return value(step: step, total: total, first, 1, first / finalDivFactor)
  }

  func momentum(step: Int, total: Int) -> Double? {
    cycleMomentum ? value(step: step, total: total, maxMomentum, baseMomentum, maxMomentum) : nil
  }

  /// Interpolates from `first` to `top` to `last`.
  private func value(step: Int, total: Int, _ first: Double, _ top: Double, _ last: Double) -> Double {
    let turn = pctStart * Double(total) - 1
    let end = Double(total) - 1
    func between(_ a: Double, _ b: Double, _ t: Double) -> Double { b + (a - b) * (1 + cos(.pi * t)) / 2 }
    let at = Double(min(step, total - 1))
    if at <= turn { return turn <= 0 ? top : between(first, top, at / turn) }
    return end <= turn ? last : between(top, last, (at - max(turn, 0)) / (end - max(turn, 0)))
  }
}

/// Polynomial decay to `end`.
struct PolynomialSchedule: Schedule {
  var power = 1.0
  var end = 0.0
  static let name = "polynomial"
  static let summary = "Falls along a power of the share of steps that is left."
  static let needsTotal = true
  static var options: [Option<Self>] {
    [
      .number("power", \.power, in: 0...Double.infinity, "the exponent"),
      .number("end", \.end, in: 0...1, "the final rate, as a fraction of lr"),
    ]
  }

  func factor(step: Int, total: Int) -> Double { end + (1 - end) * pow(1 - min(Double(step) / Double(total), 1), power) }
}
