// SPDX-License-Identifier: Apache-2.0
// Converts the steps of a recipe to training methods with the same effect on the stored weights.

import Compression
import Operators
import Options
import Rules
import Training

/// The training methods of a recipe, with their options.
struct RecipeMethods {
  private(set) var methods: [(type: any TrainingMethod.Type, fields: [String: OptionValue])] = []
  /// Options of the recipe that training replaces, in words.
  private(set) var remarks: [String] = []

  /// - Parameter more: more options for each method, by its name: `prune = { scheduler = … }`.
  /// - Throws: `WorkflowError.untrainable` for a step or option without a counterpart; the errors of reading the recipe.
  init(_ plan: CompressionPlan, more: [String: [String: OptionValue]], _ client: CompressionClient) throws {
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
        try add(technique, value, more[technique] ?? [:], client)
      }
    }
    guard !methods.isEmpty else { throw WorkflowError.untrainable(problem: "the recipe", reason: "it has no step that compresses") }
    if let stray = more.keys.sorted().first(where: { name in !methods.contains { $0.type.name == name } }) {
      throw WorkflowError.untrainable(problem: "options for \(stray)", reason: "the recipe has no such step")
    }
  }

  private mutating func add(_ technique: String, _ value: OptionValue, _ more: [String: OptionValue], _ client: CompressionClient) throws {
    guard let type = TrainingMethods.all.first(where: { $0.name == technique }) else {
      throw WorkflowError.untrainable(problem: "the step \(technique)", reason: "training has no such method")
    }
    let recipe = try Recipe(
      step: technique, value, Catalog.weightTable, techniques: client.techniques, compilePattern: client.compilePattern)
    let fields = try fields(recipe.rules, technique, more)
    if let i = methods.firstIndex(where: { $0.type.name == technique }) {
      methods[i].fields = try Self.merged(methods[i].fields, fields, technique)
    } else {
      methods.append((type, fields))
    }
  }

  /// Steps of one method that only name weights, such as those of a search, are one step.
  private static func merged(
    _ a: [String: OptionValue], _ b: [String: OptionValue], _ technique: String
  ) throws -> [String: OptionValue] {
    guard Set(a.keys) == [names], Set(b.keys) == [names], case .dictionary(let first)? = a[names], case .dictionary(let second)? = b[names]
    else {
      throw WorkflowError.untrainable(
        problem: "several \(technique) steps", reason: "a method is applied once; merge them into one step with op_names")
    }
    return [names: .dictionary(first.merging(second) { $1 })]
  }

  private static let names = "module_name_configs"

  /// The rules in coremltools' format, in which entries inherit nothing; with patterns in the flat one, which has them.
  private mutating func fields(
    _ rules: Rules<any Technique>, _ technique: String, _ more: [String: OptionValue]
  ) throws -> [String: OptionValue] {
    var made: [String: OptionValue] = [:]
    func value(_ setting: Rules<any Technique>.Setting, _ owner: inout RecipeMethods) throws -> OptionValue {
      let all = try setting.configurations.map { technique in
        OptionValue.dictionary(try owner.options(of: technique).merging(more) { $1 })
      }
      return all.isEmpty ? .bool(false) : all.count == 1 ? all[0] : .list(all)
    }
    let types = try rules.types.map { ($0.name, try value($0.setting, &self)) }
    let names = try rules.names.map { ($0.key, try value($0.value, &self)) }
    let patterns = try rules.patterns.map { OptionValue.list([.string($0.text), try value($0.setting, &self)]) }
    let global = try rules.global.map { try value($0, &self) }
    if patterns.isEmpty {
      if let global { made["global_config"] = global }
      if !types.isEmpty { made["module_type_configs"] = .dictionary(Dictionary(types) { $1 }) }
      if !names.isEmpty {
        made[Self.names] = .dictionary(Dictionary(names.map { (NameExpressionText.exactly($0), $1) }) { $1 })
      }
      return made
    }
    if case .dictionary(let base)? = global { made = base }
    if !types.isEmpty { made["op_types"] = .dictionary(Dictionary(types) { $1 }) }
    if !names.isEmpty { made["op_names"] = .dictionary(Dictionary(names) { $1 }) }
    guard global != nil || types.isEmpty else {
      throw WorkflowError.untrainable(
        problem: "\(technique): op_types beside op_patterns", reason: "give options for all weights, too, or name the weights")
    }
    made["op_patterns"] = .list(patterns + (global == nil ? [.list([.string("."), .bool(false)])] : []))
    return made
  }

  /// The options of the method. Every option that an entry could inherit is given.
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
      options["group_size"] = all["granularity"] == .string("per_grouped_channel") ? all["group_size"] : .null
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
