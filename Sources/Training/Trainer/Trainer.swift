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
  let constants: TrainedConstants
  let parameters: [TrainedParameter]
  /// The number of samples that the statistics of restored norms come from; 0 before they are known.
  package internal(set) var normSamples = 0
  /// Running statistics of batch norms, by name.
  let statistics: [String: ExternalBuffer]
  private(set) var activations: ActivationQuantization?
  /// Weights that methods skipped, with the reason, by method and weight.
  package private(set) var skipped: [(method: String, weight: String, reason: String)] = []
  let dropoutSeed = ExternalBuffer(zeros: .int32, [1])
  var learned: [LearnedSlot] = []
  /// The tables that palettization starts from, by the name of the parameter.
  private var starts: [String: PaletteStart] = [:]
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
    var plain = try program.storingWeightsDensely(Catalog.weightTable).program.namingInlineTensors()
    guard let index = plain.functions.firstIndex(where: { $0.name == name }) else {
      throw TrainingError.unknownValue(name, function: name)
    }
    let constants = try TrainedConstants(plain.functions[index], options)
    self.constants = constants
    plain.functions[index] = constants.function
    self.program = plain
    functionName = name
    self.options = options
    judgedOutput = try options.output.map { try constants.original.scores(of: $0) }
    self.isCancelled = isCancelled
    parameters = try constants.parameters.map { constant in
      let parameter = TrainedParameter(name: constant.name, start: constant.start, storedType: constant.storedType)
      for group in options.groups where try group.matches(constant.name) {
        parameter.rateFactor = group.rateFactor
        parameter.weightDecay = group.weightDecay
      }
      parameter.slots = (0..<options.optimizer.slots).map { _ in ExternalBuffer(zeros: .float32, constant.start.shape) }
      if options.accumulate > 1 { parameter.accumulated = ExternalBuffer(zeros: .float32, constant.start.shape) }
      if options.emaDecay != nil { parameter.average = ExternalBuffer(constant.start) }
      return parameter
    }
    statistics = Dictionary(
      constants.statistics.map { ($0.name, ExternalBuffer($0.start)) }, uniquingKeysWith: { first, _ in first })
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

  /// Constants that operators could learn, and why they are not trained.
  package var fixedConstants: [(constant: LiftedConstant, reason: FixedReason)] { constants.fixed }

  /// The uses of the trained parameters.
  package var trainedConstants: [LiftedConstant] { constants.parameters }

  /// The size in bytes of the parameters with all associated buffers.
  package var byteCount: Int { parameters.reduce(0) { $0 + 4 * $1.count * (3 + $1.slots.count) } }

  /// The learning rate of the next step.
  package func rate() throws -> Double {
    try options.rate * options.schedule.factor(step: step, fallback: expectedSteps)
  }

  // MARK: Methods

  /// Applies a method to the weights that its rule matches.
  ///
  /// - Parameters:
  ///   - unmatched: how rules that match nothing are handled.
  ///   - starts: the tables, and the values, that palettization starts from, by the name of the weight.
  /// - Throws: `TrainingError` after the first step, for a method that has already been added, or for a format that
  ///   the opset of the program does not support.
  package func add(_ rule: MethodRule, unmatched: UnmatchedPolicy = .refuse, starts: [String: PaletteStart] = [:]) throws {
    try add([(rule, unmatched)], starts: starts)
  }

  /// Applies several methods, or none of them if one fails.
  package func add(_ new: [(rule: MethodRule, unmatched: UnmatchedPolicy)], starts: [String: PaletteStart] = [:]) throws {
    let sites = try sites
    var all = rules
    for (rule, unmatched) in new {
      guard step == 0, pending == 0 else { throw TrainingError.tooLate(method: rule.method) }
      guard !all.contains(where: { $0.method == rule.method }) else { throw TrainingError.repeatedMethod(rule.method) }
      try unmatched.handle(rule.rules.unmatched(in: RuleScope([function], sites)), step: rule.method)
      all.append(rule)
    }
    let before = self.starts
    self.starts.merge(starts) { $1 }
    do { try attach(all, sites) } catch {
      self.starts = before
      throw error
    }
    rules = all
    programs = []
    // The weights may have changed.
    normSamples = 0
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
      guard let parameter = byName[site.valueName] else { continue }
      let axes = site.channelAxes
      let weight = TrainedWeight(
        name: site.name, shape: site.weight.shape, operatorType: site.consumers.first?.operatorType ?? "", outputAxis: axes.output,
        inputAxis: axes.input, groups: site.consumers.map(\.groups).max() ?? 1)
      let subject = RuleSubject(
        weightNames: [site.name, site.valueName], operatorNames: site.consumers.map(\.operatorName),
        operatorType: weight.operatorType, rank: weight.shape.count, count: weight.count)
      guard weight.shape.count >= 2 else {
        for rule in rules where try rule.setting(subject, fits: { _ in false }) != nil {
          skipped.append((rule.method, weight.name, "it has a single axis; training compresses weights with two or more"))
        }
        continue
      }
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
    var made: [(TrainedParameter, name: String, [any WeightTransform])] = []
    for (parameter, weight, methods) in plans {
      var transforms: [any WeightTransform] = []
      var names = methods.map { type(of: $0).name }
      for method in methods {
        let own = type(of: method).name
        let context = MethodContext(others: Set(names.filter { $0 != own }), opset: opset, start: starts[weight.name]) { [isCancelled] in
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
      made.append((parameter, weight.name, transforms))
    }
    let activations = try activationQuantization(rules, opset)
    for (parameter, name, transforms) in made {
      parameter.attach(transforms)
      if let start = starts[name], transforms.contains(where: { $0 is ClusterTransform }) { parameter.start(from: start.values) }
    }
    self.skipped = skipped
    self.activations = activations
    makeLearnedSlots()
  }

  private func activationQuantization(_ rules: [MethodRule], _ opset: Opset) throws -> ActivationQuantization? {
    let ordered = rules.filter(\.governsActivations) + rules.filter { !$0.governsActivations }
    // Values keep their names when norms are restored, and are rounded behind them.
    let found = try ActivationQuantization(constants.original) { operation in
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
