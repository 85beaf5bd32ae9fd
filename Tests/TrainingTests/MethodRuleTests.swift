// SPDX-License-Identifier: Apache-2.0
// The method for each weight: coremltools' options and configurations, by name.

import Foundation
import Options
import Rules
import Testing
import Training

struct MethodRuleTests {
  private static func rule(_ method: String, _ yaml: String) throws -> MethodRule {
    let type = try #require(TrainingMethods.all.first { $0.name == method })
    guard case .dictionary(let fields) = try OptionText.read(yaml) else { throw RuleError.malformed(problem: "no table") }
    return try MethodRule(type, fields) { text in { $0.contains(text) } }
  }

  /// The options for a weight, except defaults; `nil` if it is skipped.
  private static func options(
    _ rule: MethodRule, _ names: [String], _ type: String = "conv", rank: Int = 4, count: Int = 10_000
  ) throws -> [String: OptionValue]? {
    let subject = RuleSubject(weightNames: names, operatorNames: [], operatorType: type, rank: rank, count: count)
    return try rule.setting(subject) { _ in true }?.changedOptions
  }

  // MARK: Options (Fixtures/options.json, made by options.py)

  @Test func everyOptionOfCoremltoolsIsKnownWithItsDefault() throws {
    let file = URL(fileURLWithPath: #filePath).deletingLastPathComponent().appendingPathComponent("Fixtures/options.json")
    guard case .dictionary(let classes) = try OptionText.read(String(contentsOf: file, encoding: .utf8)) else {
      Issue.record("no table")
      return
    }
    #expect(classes.count == 3)
    for (name, options) in classes {
      let type = try #require(TrainingMethods.all.first { $0.configType == name })
      guard case .dictionary(let defaults) = options, !defaults.isEmpty else {
        Issue.record("\(name): no table of defaults")
        continue
      }
      for (option, value) in defaults {
        let ours = try #require(type.init().optionValues[option], "\(name).\(option)")
        // Without a type, the fields determine the type of scheduler.
        let found = option == "scheduler" ? .dictionary(["begin_step": .integer(0)]) : ours
        #expect(found.equals(value), "\(name).\(option): \(ours), coremltools' \(value)")
      }
      // A file that lists all defaults changes nothing.
      #expect(try type.init(defaults).changedOptions.filter { $0.key != "scheduler" } == [:])
    }
  }

  @Test(arguments: [
    ("palett_shard", OptionValue.bool(true), "GPU"), ("add_extra_centroid", .bool(true), "n_bits"),
    ("cluster_permute", .list([.integer(1), .integer(0)]), "output channels"), ("partition_size", .integer(4), "group_size"),
    ("palett_mode", .string("gsm"), "dkm"), ("lut_dtype", .string("bf16"), "f16"), ("quant_max", .integer(200), "quant_min and quant_max"),
  ])
  func whatHasNoMeaningHereIsRefusedInWords(_ option: String, _ value: OptionValue, _ word: String) throws {
    let type = try #require(TrainingMethods.all.first { $0.name == "palettize" })
    let error = #expect(throws: OptionError.self) { try type.init([option: value]) }
    #expect("\(try #require(error))".contains(word), "\(String(describing: error))")
  }

  // MARK: coremltools' form

  @Test func namesGoBeforeTypesAndTypesBeforeTheRest() throws {
    let rule = try Self.rule(
      "prune",
      """
      global_config: {target_sparsity: 0.75, block_size: 2}
      module_type_configs:
        Linear: {target_sparsity: 0.5, granularity: per_scalar}
        Conv2d: {target_sparsity: 0.25}
        Conv1d: null
      module_name_configs:
        'layers\\.\\d+\\.first': null
        head: {target_sparsity: 0.9}
      """)
    #expect(try Self.options(rule, ["layers_0_first_weight_to_fp16"]) == nil)
    #expect(try Self.options(rule, ["layers_0_first_bias"]) == ["target_sparsity": .number(0.25)])
    #expect(try Self.options(rule, ["head_weight"], "linear", rank: 2) == ["target_sparsity": .number(0.9)])
    // Entries start from the defaults, not from global_config, and 0.5 is the default.
    #expect(try Self.options(rule, ["x"], "linear", rank: 2) == [:])
    #expect(try Self.options(rule, ["x"], "conv", rank: 4) == ["target_sparsity": .number(0.25)])
    #expect(try Self.options(rule, ["x"], "conv", rank: 3) == nil)
    #expect(try Self.options(rule, ["x"], "conv", rank: 5) == ["block_size": .integer(2), "target_sparsity": .number(0.75)])
  }

  @Test func withoutAGlobalConfigurationTheRestIsLeftAlone() throws {
    let rule = try Self.rule("quantize", "module_type_configs: {Conv2d: {weight_dtype: qint4}}")
    #expect(try Self.options(rule, ["x"]) == ["weight_dtype": .string("qint4")])
    #expect(try Self.options(rule, ["x"], "linear", rank: 2) == nil)
    #expect(try Self.options(Self.rule("quantize", "preserved_attributes: []"), ["x"]) == [:])
  }

  @Test(arguments: ["global_config", "module_type_configs", "module_name_configs"])
  func theSizeOfAWeightChoosesInAList(_ field: String) throws {
    let list = "[{n_bits: 4, cluster_dim: 4, weight_threshold: 1000}, {n_bits: 2, cluster_dim: 2, weight_threshold: 300}]"
    let key = ["global_config": list, "module_type_configs": "{Conv2d: \(list)}", "module_name_configs": "{'c.*': \(list)}"][field] ?? ""
    let rule = try Self.rule("palettize", "\(field): \(key)")
    func bits(_ count: Int) throws -> OptionValue? { try Self.options(rule, ["c1"], count: count)?["n_bits"] }
    #expect(try bits(1001) == .integer(4))
    #expect(try bits(1000) == .integer(2))
    #expect(try bits(301) == .integer(2))
    // Below both thresholds: the configuration with the lower one is returned.
    #expect(try bits(300) == .integer(2))
  }

  @Test func listsStartFromTheOptionsAboveInTheFlatForm() throws {
    let rule = try Self.rule(
      "palettize",
      "{n_bits: 3, palett_tau: 0.01, op_types: {conv: [{weight_threshold: 100}, {weight_threshold: 5000, n_bits: 6}]}}")
    #expect(
      try Self.options(rule, ["x"], count: 200) == ["n_bits": .integer(3), "palett_tau": .number(0.01), "weight_threshold": .integer(100)])
    #expect(try Self.options(rule, ["x"], count: 6000)?["n_bits"] == .integer(6))
  }

  @Test(arguments: [
    ("prune", "module_type_configs: {Lineer: {}}", "Lineer"),
    ("prune", "module_type_configs: {MultiheadAttention: {}}", "linear and matmul"),
    ("prune", "{global_config: {}, target_sparsity: 0.5}", "not a top-level field"),
    ("prune", "{global_config: {}, op_types: {conv: false}}", "not a top-level field"),
    ("prune", "{global_config: {}, config_type: ModuleDKMPalettizerConfig}", "ModuleMagnitudePrunerConfig"),
    ("prune", "{global_config: {target_sparsty: 0.5}}", "target_sparsity"), ("prune", "global_config: 3", "found 3"),
    ("prune", "global_config: [{}, 3]", "found 3"), ("prune", "{global_confg: {}, module_type_configs: {}}", "global_config"),
    ("quantize", "non_traceable_module_names: [a]", "PyTorch modules"), ("prune", "module_type_configs: 3", "must be a table"),
  ])
  func saysWhatItCannotRead(_ method: String, _ yaml: String, _ word: String) throws {
    let error = #expect(throws: (any Error).self) { try Self.rule(method, yaml) }
    #expect("\(try #require(error))".contains(word), "\(String(describing: error))")
  }
}
