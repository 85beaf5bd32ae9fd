// SPDX-License-Identifier: Apache-2.0
// Rules that match nothing, and suggestions of similar names.

import Rules
import Synchronization
import Testing

@Suite("UnmatchedRule") struct UnmatchedRuleTests {
  /// Two convolutions with weights, a bias, an activation.
  let scope = RuleScope(
    weights: [["conv1_weight", "conv1_weight_quantized"], ["conv2_weight"], ["conv1_bias"]],
    operators: [
      RuleScope.Operator(name: "conv1", type: "conv", rank: 4), RuleScope.Operator(name: "conv2", type: "conv", rank: 4),
      RuleScope.Operator(name: "act", type: "relu"),
    ], constants: ["axes"])

  func unmatched(_ yaml: String) throws -> [String] { try RulesTests.rules(yaml).unmatched(in: scope).map(\.description) }

  @Test(arguments: [
    "{}", "{op_names: {conv1_weight: {}, conv2: false, act: {}}}", "{op_names: {conv1_weight_quantized: false}}",
    // A bias, an integer constant and an operator without weights cannot be compressed, but rules can match them.
    "{op_names: {conv1_bias: false, axes: {}}, op_types: {relu: {}}, op_patterns: [['2_w', {}], [act, false]]}",
    "{op_names: {nothing: {}}, op_types: {gru: false}, op_patterns: [[zzz, {}]], allow_unmatched: true}",
    "{op_name_configs: {conv2_weight: null}, op_type_configs: {conv: {}}}",
  ])
  func whatMatches(_ yaml: String) throws { #expect(try unmatched(yaml) == []) }

  @Test(
    arguments: [
      ("{op_names: {conv1_wieght: {}}}", "op_names.conv1_wieght matches no weight or operator (did you mean 'conv1_weight'?)"),
      ("{op_names: {conv3: false}}", "op_names.conv3 matches no weight or operator (did you mean 'conv1'?)"),
      ("{op_names: {bias: false}}", "op_names.bias matches no weight or operator (did you mean 'conv1_bias'?)"),
      ("{op_names: {zzzzzz: false}}", "op_names.zzzzzz matches no weight or operator"),
      ("{op_types: {Conv: {}}}", "op_types.Conv matches no operator (did you mean 'conv'?); weights are read by conv"),
      ("{op_types: {gru: {}}}", "op_types.gru matches no operator; weights are read by conv"),
      ("{op_type_configs: {gru: {}}}", "op_types.gru matches no operator; weights are read by conv"),
      ("{op_patterns: [['^enc', {}]]}", "op_patterns \"^enc\" matches none of 3 weights, nor any operator"),
      ("{op_name_configs: {fc: null}}", "op_names.fc matches no weight or operator"),
    ])
  func whatDoesNot(_ yaml: String, _ sentence: String) throws { #expect(try unmatched(yaml) == [sentence]) }

  @Test func ranksCountWhereTheyAreKnown() throws {
    let grammar = WidthGrammar(form: .modules)
    let flat = RuleScope(weights: [["w"]], operators: [RuleScope.Operator(name: "a", type: "conv", rank: 1)])
    let rules = try RulesTests.rules("{module_type_configs: {conv: {}}, module_name_configs: {'x.*': {}}}", grammar)
    #expect(
      try rules.unmatched(in: flat).map(\.rule) == ["module_name_configs.x.*", "module_type_configs.conv"])
    #expect(try rules.unmatched(in: scope).map(\.rule) == ["module_name_configs.x.*"])
  }

  @Test func policies() throws {
    let rules = try RulesTests.rules("{op_names: {a1: {}, b1: {}}}").unmatched(in: scope)
    let error = #expect(throws: RuleError.self) { try UnmatchedPolicy.refuse.handle(rules, step: "store") }
    #expect(
      error.map { "\($0)" } == "store: op_names.a1 matches no weight or operator; op_names.b1 matches no weight or operator")
    try UnmatchedPolicy.refuse.handle([], step: "store")
    try UnmatchedPolicy.ignore.handle(rules, step: "store")
    let told = Mutex<[String]>([])
    try UnmatchedPolicy.tell { rule in told.withLock { $0.append(rule.rule) } }.handle(rules, step: "store")
    #expect(told.withLock { $0 } == ["op_names.a1", "op_names.b1"])
  }
}
