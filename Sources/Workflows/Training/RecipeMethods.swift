// SPDX-License-Identifier: Apache-2.0
// Converts the steps of a recipe to training methods with the same effect on the stored weights.

import Compression
import Encodings
import Operators
import Options
import Rules
import Training
import WeightStorage

/// The training methods of a recipe, with their options.
struct RecipeMethods {
  private(set) var methods: [(type: any TrainingMethod.Type, fields: [String: OptionValue])] = []
  /// Options of the recipe that training replaces, in words.
  private(set) var remarks: [String] = []
  /// Rules of the recipe that match nothing in the model, with the name of their step.
  private(set) var unmatched: [(step: String, rules: [UnmatchedRule])] = []
  /// The weights that each method is given options for, by name.
  private var entries: [String: [String: OptionValue]] = [:]

  /// - Parameters:
  ///   - more: more options for each method, by its name: `prune = { scheduler = … }`.
  ///   - scope: the weights and operators of the trained function.
  ///   - weights: the weights of the trained function.
  /// - Throws: `WorkflowError.untrainable` for a step or option without a counterpart; the errors of reading the recipe.
  init(
    _ plan: CompressionPlan, more: [String: [String: OptionValue]], _ scope: RuleScope, _ weights: [WeightSite], _ client: CompressionClient
  ) throws {
    for step in plan.steps {
      switch step.step {
      case .decompress: continue
      case .retarget(let opset):
        throw WorkflowError.untrainable(
          problem: "the step retarget", reason: "it comes before training: wane.trainer(model:retarget(\"\(opset)\"), …)")
      case .compress(let technique, let value):
        guard step.selector == nil else {
          throw WorkflowError.untrainable(problem: "\(technique): where", reason: "op_names selects weights of a trainer")
        }
        guard let type = TrainingMethods.all.first(where: { $0.name == technique }) else {
          throw WorkflowError.untrainable(problem: "the step \(technique)", reason: "training has no such method")
        }
        let recipe = try Recipe(
          step: technique, value, Catalog.weightTable, techniques: client.techniques, compilePattern: client.compilePattern)
        unmatched.append((technique, try recipe.rules.unmatched(in: scope)))
        if !methods.contains(where: { $0.type.name == technique }) { methods.append((type, [:])) }
        try add(recipe.rules, technique, weights, more[technique] ?? [:])
      }
    }
    guard !methods.isEmpty else { throw WorkflowError.untrainable(problem: "the recipe", reason: "it has no step that compresses") }
    if let stray = more.keys.sorted().first(where: { name in !methods.contains { $0.type.name == name } }) {
      throw WorkflowError.untrainable(problem: "options for \(stray)", reason: "the recipe has no such step")
    }
    methods = try methods.map { type, _ in
      guard let own = entries[type.name] else {
        throw WorkflowError.untrainable(problem: "the step \(type.name)", reason: "its rules choose none of the model's weights")
      }
      return (type, ["module_name_configs": .dictionary(own)])
    }
  }

  /// Adds the options for each weight that the rules of a step choose, since steps of a recipe, such as those of a search, may differ
  /// only in the weights that they leave alone.
  private mutating func add(
    _ rules: Rules<any Technique>, _ technique: String, _ weights: [WeightSite], _ more: [String: OptionValue]
  ) throws {
    for site in weights {
      let subject = RuleSubject(
        weightNames: [site.name, site.valueName], operatorNames: site.consumers.map(\.operatorName),
        operatorType: site.consumers.first?.operatorType ?? "", rank: site.weight.shape.count, count: site.weight.count)
      let resolution = try rules.resolve(subject) { $0.weightThreshold }
      guard let chosen = resolution.configuration, site.weight.count > chosen.weightThreshold else { continue }
      // Vectors, such as biases, are compressed only where a rule names them; training says then that it does not.
      if site.weight.shape.count < 2, resolution.origin == .global || resolution.origin == .type { continue }
      let name = NameExpressionText.exactly(site.name)
      let options = OptionValue.dictionary(try options(of: chosen).merging(more) { $1 })
      if let known = entries[technique]?[name], known != options {
        throw WorkflowError.untrainable(
          problem: "several \(technique) steps for '\(site.name)'", reason: "a method is applied once to a weight; leave one of them out")
      }
      entries[technique, default: [:]][name] = options
    }
  }

  /// The options of the method.
  private mutating func options(of technique: any Technique) throws -> [String: OptionValue] {
    let all = (technique as? any Configurable)?.optionValues ?? [:]
    let changed = technique.changedOptions
    func fail(_ option: String, _ reason: String) -> WorkflowError {
      .untrainable(problem: "\(technique.kind.name): \(option) = \(all[option] ?? .null)", reason: reason)
    }
    var options: [String: OptionValue] = ["weight_threshold": all["weight_threshold"] ?? .integer(0)]
    switch technique {
    case is Palettization:
      guard all["mode"] == .string("kmeans") || all["mode"] == .string("uniform") else {
        throw fail("mode", "training learns tables of nbits")
      }
      for name in ["granularity", "cluster_dim", "enable_per_channel_scale"] { options[name] = all[name] }
      options["n_bits"] = all["nbits"]
      if all["granularity"] == .string("per_grouped_channel") { options["group_size"] = all["group_size"] }
      if let axis = all["channel_axis"], axis != .null { options["channel_axis"] = axis }
    case is LinearQuantization:
      guard all["granularity"] != .string("per_block") else { throw fail("granularity", "training has a scale for each channel, or one") }
      options["weight_dtype"] = all["dtype"]
      options["weight_per_channel"] = .bool(all["granularity"] == .string("per_channel"))
      options["quantization_scheme"] = .string(all["mode"] == .string("linear_symmetric") ? "symmetric" : "affine")
      // A recipe's step stores weights only.
      options["activation_dtype"] = .string("float32")
    case is MagnitudePruning:
      if let ratio = all["n_m_ratio"], ratio != .null {
        options["n_m_ratio"] = ratio
        options["dim"] = all["dim"] == .null ? .integer(1) : all["dim"]
      } else {
        guard let share = all["target_sparsity"], share != .null else { throw fail("target_sparsity", "training prunes to a share") }
        options["target_sparsity"] = share
        if let block = all["block_size"], block != .null {
          guard all["dim"] == .null || all["dim"] == .integer(0) else { throw fail("dim", "training prunes blocks of output channels") }
          options["block_size"] = block
        }
      }
    default:
      throw WorkflowError.untrainable(
        problem: "\(technique.kind.name) with \(changed.keys.sorted().joined(separator: ", "))", reason: "training has no such method")
    }
    let replaced = ["algorithm", "importance", "ranges", "hessian_dampening", "use_activation_order_heuristic", "processing_group_size"]
      .filter { changed[$0] != nil }
    if let first = replaced.first, first == "algorithm" {
      let remark = "\(technique.kind.name): training replaces algorithm = \(changed[first] ?? .null)"
      if !remarks.contains(remark) { remarks.append(remark) }
    }
    return options
  }
}
