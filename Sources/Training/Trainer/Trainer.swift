// SPDX-License-Identifier: Apache-2.0
// Trains the constants of a program, optionally with compression.

import Encodings
import Kernels
import MIL
import Operators
import Options
import Rules
import Runtime
import Tensors
import WeightStorage

/// A training run: a program, its parameters in 32 bits, and the methods applied at each step.
///
/// A trainer must be used by a single thread.
package final class Trainer {
  package let program: Program
  package let functionName: String
  package let options: TrainerOptions
  package private(set) var rules: [MethodRule] = []
  /// Whether batch norms use their running statistics without updating them.
  package var freezesRunningStatistics = false
  /// The number of completed optimizer steps.
  package internal(set) var step = 0
  /// Batches since the last optimizer step.
  var pending = 0
  /// The total number of steps, if known.
  package var expectedSteps: Int?
  /// The cancellation check, polled during a step.
  package let isCancelled: () -> Bool

  /// The value that the loss is computed from; `nil` for the only output.
  let judgedOutput: String?
  let parameters: [TrainedParameter]
  /// Running statistics of batch norms, by name.
  let statistics: [String: ExternalBuffer]
  private(set) var activations: ActivationQuantization?
  /// Weights that methods skipped, with the reason, by method and weight.
  package private(set) var skipped: [(method: String, weight: String, reason: String)] = []
  let dropoutSeed = ExternalBuffer(zeros: .int32, [1])
  var learned: [LearnedSlot] = []
  private var programs: [(key: StepProgram.Key, program: StepProgram)] = []

  /// - Parameter program: may contain compressed weights, which are decoded for training.
  /// - Throws: `TrainingError` if there is nothing to train.
  package init(
    _ program: Program, function name: String, options: TrainerOptions, isCancelled: @escaping () -> Bool = { false }
  ) throws {
    if options.schedule.movesMomentum, !options.optimizer.hasMomentum {
      throw OptionError.combination(
        of: "schedule", problem: "cycle_momentum needs an optimizer with momentum: optimizer = { type = \"sgd\", momentum = 0.9 }")
    }
    let plain = try program.storingWeightsDensely(Catalog.weightTable).program.namingInlineTensors()
    guard let function = plain.function(named: name) else { throw TrainingError.unknownValue(name, function: name) }
    self.program = plain
    functionName = name
    self.options = options
    judgedOutput = try options.output.map { try function.scores(of: $0) }
    self.isCancelled = isCancelled
    let lifting = ParameterLifting(function)
    var parameters: [TrainedParameter] = []
    try Self.check(options, against: lifting.parameters.map(\.name))
    for constant in lifting.parameters {
      if try options.frozen.contains(where: { try $0.matches(constant.name) }) { continue }
      let parameter = TrainedParameter(name: constant.name, start: constant.start, storedType: constant.storedType)
      for group in options.groups where try group.matches(constant.name) {
        parameter.rateFactor = group.rateFactor
        parameter.weightDecay = group.weightDecay
      }
      parameter.slots = (0..<options.optimizer.slots).map { _ in ExternalBuffer(zeros: .float32, constant.start.shape) }
      if options.accumulate > 1 { parameter.accumulated = ExternalBuffer(zeros: .float32, constant.start.shape) }
      if options.emaDecay != nil { parameter.average = ExternalBuffer(constant.start) }
      parameters.append(parameter)
    }
    guard !parameters.isEmpty else { throw TrainingError.nothingToTrain(function: name) }
    self.parameters = parameters
    statistics = Dictionary(uniqueKeysWithValues: lifting.buffers.map { ($0.name, ExternalBuffer($0.start)) })
  }

  /// Throws an error for patterns of `frozen` and `groups` that match no parameter.
  private static func check(_ options: TrainerOptions, against names: [String]) throws {
    func check(_ option: String, _ pattern: String, _ matches: (String) throws -> Bool) throws {
      guard try !names.contains(where: matches) else { return }
      throw TrainingError.unmatchedPattern(
        option: option, pattern: pattern, nearest: Suggestion.nearest(to: pattern, among: names), of: names.count)
    }
    for pattern in options.frozen { try check("frozen", pattern.text, pattern.matches) }
    for group in options.groups { try check("groups", group.pattern, group.matches) }
  }

  var function: Function {
    guard let function = program.function(named: functionName) else {
      preconditionFailure("the function was found when the trainer was made")
    }
    return function
  }

  /// The names of the inputs that a batch must contain.
  package var inputNames: [String] { function.inputs.map(\.name) }

  /// The names of the trained parameters.
  package var parameterNames: [String] { parameters.map(\.name) }

  /// The size in bytes of the parameters with all associated buffers.
  package var byteCount: Int { parameters.reduce(0) { $0 + 4 * $1.count * (3 + $1.slots.count) } }

  /// The learning rate of the next step.
  package func rate() throws -> Double {
    try options.rate * options.schedule.factor(step: step, fallback: expectedSteps)
  }

  // MARK: Methods

  /// Applies a method to the weights that its rule matches.
  ///
  /// - Parameter unmatched: how rules that match nothing are handled.
  /// - Throws: `TrainingError` after the first step, for a method that has already been added, or for a format that
  ///   the opset of the program does not support.
  package func add(_ rule: MethodRule, unmatched: UnmatchedPolicy = .refuse) throws {
    guard step == 0, pending == 0 else { throw TrainingError.tooLate(method: rule.method) }
    guard !rules.contains(where: { $0.method == rule.method }) else { throw TrainingError.repeatedMethod(rule.method) }
    let sites = try sites
    try unmatched.handle(rule.rules.unmatched(in: RuleScope([function], sites)), step: rule.method)
    try attach(rules + [rule], sites)
    rules.append(rule)
    programs = []
  }

  /// The weights of the function.
  private var sites: [WeightSite] {
    get throws {
      let index = program.functions.firstIndex { $0.name == functionName } ?? 0
      return try program.weightSites(Catalog.weightTable).filter { $0.function == index }
    }
  }

  private func attach(_ rules: [MethodRule], _ sites: [WeightSite]) throws {
    let opset = Opset(name: function.opset) ?? .iOS15
    let byName = Dictionary(parameters.map { ($0.name, $0) }, uniquingKeysWith: { a, _ in a })
    var plans: [(parameter: TrainedParameter, weight: TrainedWeight, methods: [any TrainingMethod])] = []
    var skipped: [(method: String, weight: String, reason: String)] = []
    for site in sites {
      guard let parameter = byName[site.valueName], site.weight.shape.count >= 2 else { continue }
      let axes = site.channelAxes
      let weight = TrainedWeight(
        name: site.name, shape: site.weight.shape, operatorType: site.consumers.first?.operatorType ?? "", outputAxis: axes.output,
        inputAxis: axes.input, groups: site.consumers.map(\.groups).max() ?? 1)
      let subject = RuleSubject(
        weightNames: [site.name, site.valueName], operatorNames: site.consumers.map(\.operatorName),
        operatorType: weight.operatorType, rank: weight.shape.count, count: weight.count)
      var methods: [any TrainingMethod] = []
      for rule in rules {
        let found = try rule.setting(subject) { type(of: $0).takes(weight.operatorType) }
        guard let method = found else { continue }
        if weight.count <= method.weightThreshold {
          skipped.append(
            (rule.method, weight.name, "\(weight.count) elements are not more than weight_threshold = \(method.weightThreshold)"))
        } else {
          methods.append(method)
        }
      }
      plans.append((parameter, weight, methods.sorted { type(of: $0).order < type(of: $1).order }))
    }
    var made: [(TrainedParameter, [any WeightTransform])] = []
    for (parameter, weight, methods) in plans {
      var transforms: [any WeightTransform] = []
      var names = methods.map { type(of: $0).name }
      for method in methods {
        let own = type(of: method).name
        let context = MethodContext(others: Set(names.filter { $0 != own }), opset: opset) { [isCancelled] in
          if isCancelled() { throw RuntimeError.interrupted }
        }
        do {
          let transform = try method.transform(weight, context)
          if let (needs, feature) = method.requirement(context), needs > opset {
            throw WeightStorageError.needsOpset(weight: weight.name, feature: feature, needs: needs, has: opset)
          }
          transforms.append(transform)
        } catch let skip as MethodSkip {
          names.removeAll { $0 == own }
          skipped.append((own, weight.name, skip.description))
        }
      }
      made.append((parameter, transforms))
    }
    let activations = try activationQuantization(rules, opset)
    for (parameter, transforms) in made { parameter.attach(transforms) }
    self.skipped = skipped
    self.activations = activations
    makeLearnedSlots()
  }

  private func activationQuantization(_ rules: [MethodRule], _ opset: Opset) throws -> ActivationQuantization? {
    let ordered = rules.filter(\.governsActivations) + rules.filter { !$0.governsActivations }
    let found = try ActivationQuantization(function) { operation in
      for rule in ordered {
        let method = try rule.setting(RuleSubject(operatorNames: [operation.name], operatorType: operation.type)) {
          type(of: $0).governsActivations || type(of: $0).takes(operation.type)
        }
        if let rounding = method?.activations { return rounding }
      }
      return nil
    }
    if let site = found.sites.first, opset < .iOS17 {
      throw WeightStorageError.needsOpset(weight: site.value, feature: "quantization of activations", needs: .iOS17, has: opset)
    }
    return found.sites.isEmpty ? nil : found
  }

  // MARK: Programs

  /// The program for batches of these shapes. It is created if it does not exist yet.
  func stepProgram(for batch: TrainingBatch) throws -> StepProgram {
    let key = StepProgram.Key(batch, freezesNorms: freezesNorms)
    if let i = programs.lastIndex(where: { $0.key == key }) { return programs[i].program }
    let made = try StepProgram(self, batch)
    if programs.count >= 4 { programs.removeFirst() }
    programs.append((key, made))
    return made
  }

  /// Whether batch norms use their running statistics without updating them at the next step.
  var freezesNorms: Bool {
    freezesRunningStatistics
      || rules.contains { rule in rule.rules.configurations.first { type(of: $0).governsActivations }?.freezesNorms(step: step) ?? false }
  }
}
