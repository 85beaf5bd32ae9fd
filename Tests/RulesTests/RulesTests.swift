// SPDX-License-Identifier: Apache-2.0
// Rules in both formats: their precedence, and errors.

import Options
import Rules
import Testing

/// A width, for weights of more than `above` elements.
struct Width: Configurable, Equatable {
  var bits = 8
  var isFine = false
  var above = 0

  static let name = "store"
  static var options: [Option<Self>] {
    [
      .integer("bits", \.bits, in: 1...8, "width"), .bool("fine", \.isFine, "whether small steps count"),
      .integer("above", \.above, in: 0...Int.max, "elements"),
    ]
  }

  func validate() throws(OptionError) {
    if bits == 1, !isFine { throw .combination(of: Self.name, problem: "bits 1 needs fine") }
  }

  /// An entry with a width does not inherit `fine`.
  static func inherited(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue] {
    base.filter { own["bits"] == nil || $0.key != "fine" }.merging(own) { $1 }
  }
}

struct WidthGrammar: RuleGrammar {
  var step: String? = "store"
  var form = ConfigurationForm.operators

  var options: [OptionDeclaration] { Width.declarations }

  func configuration(_ options: [String: OptionValue]) throws -> Width { try Width(options) }

  func inherited(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue] {
    Width.inherited(base: base, own: own)
  }

  func configurationClass(_ value: OptionValue?, of entry: String?) throws -> String? {
    guard let value else { return nil }
    guard case .string(let name) = value else { throw RuleError.malformed(problem: "\(entry ?? "it") has no class") }
    return name
  }

  func configuration(_ options: [String: OptionValue], class className: String?, at entry: String) throws -> Width {
    guard className != "Nothing" else { throw RuleError.malformed(problem: "\(entry) is a Nothing") }
    return try Width(options)
  }

  func typeTest(_ name: String) -> TypeTest { { type, rank in type == name && rank != 1 } }
}

@Suite("Rules") struct RulesTests {
  static func rules(_ yaml: String, _ grammar: WidthGrammar = WidthGrammar()) throws -> Rules<Width> {
    guard case .dictionary(let fields) = try OptionText.read(yaml) else { throw RuleError.malformed(problem: "no table") }
    return try Rules(grammar, fields) { text in { $0.contains(text) } }
  }

  /// The bits and the rule that they come from; only the rule if the weight is skipped.
  static func answer(
    _ rules: Rules<Width>, _ names: [String], operators: [String] = ["op"], type: String = "conv", rank: Int? = 4, count: Int = 100
  ) throws -> String {
    let subject = RuleSubject(weightNames: names, operatorNames: operators, operatorType: type, rank: rank, count: count)
    let resolution = try rules.resolve(subject) { $0.above }
    return resolution.configuration.map { "\($0.bits) \(resolution.rule)" } ?? resolution.rule
  }

  // MARK: Precedence

  @Test func namesBeforePatternsBeforeTypesBeforeTheRest() throws {
    let rules = try Self.rules(
      "{bits: 8, op_types: {conv: {bits: 4}}, op_patterns: [[enc, {bits: 3}], [enc1, {bits: 5}]], op_names: {enc1_w: {bits: 2}, op: {bits: 6}}}"
    )
    #expect(try Self.answer(rules, ["enc1_w", "enc1_w_quantized"]) == "2 op_names.enc1_w")
    // The weight's other name also takes precedence over the name of its operator.
    #expect(try Self.answer(rules, ["other", "enc1_w"]) == "2 op_names.enc1_w")
    #expect(try Self.answer(rules, ["enc2_w"]) == "6 op_names.op")
    #expect(try Self.answer(rules, ["enc1_x"], operators: ["b"]) == "3 op_patterns \"enc\"")
    #expect(try Self.answer(rules, ["x"], operators: ["b", "enc"]) == "3 op_patterns \"enc\"")
    // Patterns do not match suffixes that compression appended.
    #expect(try Self.answer(rules, ["x", "enc"], operators: ["b"]) == "4 op_types.conv")
    #expect(try Self.answer(rules, ["x"], operators: ["b"], type: "linear") == "8 global")
  }

  @Test func whatNothingSpeaksOfIsLeftAlone() throws {
    let rules = try Self.rules("op_type_configs: {conv: {bits: 4}}")
    #expect(try Self.answer(rules, ["x"], type: "linear") == "no rule for it")
    #expect(try Self.answer(rules, ["x"]) == "4 op_types.conv")
  }

  @Test(arguments: [
    "{bits: 8, op_names: {a: false}}", "{global_config: {bits: 8}, op_name_configs: {a: null}}", "{bits: 8, op_names: {a: null}}",
  ])
  func falseLeavesAlone(_ yaml: String) throws {
    #expect(try Self.answer(Self.rules(yaml), ["a"]) == "op_names.a")
    #expect(try Self.answer(Self.rules(yaml), ["b"]) == "8 global")
  }

  // MARK: Entries

  @Test func entriesOfTheFlatFormStartFromTheTop() throws {
    let rules = try Self.rules("{bits: 3, fine: true, above: 7, op_names: {a: {above: 9}, b: {bits: 4}, c: true, d: []}}")
    func width(_ name: String) -> Width? { rules.names[name]?.configurations.first }
    #expect(width("a") == (try Width(["bits": .integer(3), "fine": .bool(true), "above": .integer(9)])))
    // Options that the type excludes are not inherited.
    #expect(width("b") == (try Width(["bits": .integer(4), "above": .integer(7)])))
    #expect(width("c") == rules.global?.configurations.first && width("d") == width("c"))
  }

  @Test func entriesOfCoremltoolsFormStartFromTheDefaults() throws {
    let rules = try Self.rules("{global_config: {bits: 3, above: 7}, op_name_configs: {a: {above: 9}, b: {}}}")
    #expect(rules.names["a"]?.configurations == [try Width(["above": .integer(9)])])
    #expect(rules.names["b"]?.configurations == [Width()])
  }

  @Test func optionsForSomeOnly() throws {
    // A width of 1 is invalid on its own.
    let rules = try Self.rules("{bits: 1, op_types: {conv: {fine: true}}}")
    #expect(rules.global == nil && rules.types.first?.setting.configurations.first?.bits == 1)
    #expect(throws: OptionError.self) { try Self.rules("{bits: 1}") }
  }

  @Test(arguments: [
    "{op_names: {a: [{bits: 4, above: 1000}, {bits: 2, above: 300}]}}",
    "{op_types: {conv: [{bits: 2, above: 300}, {bits: 4, above: 1000}]}}",
    "{global_config: [{bits: 4, above: 1000}, {bits: 2, above: 300}]}",
    "{op_patterns: [[a, [{bits: 4, above: 1000}, {bits: 2, above: 300}]]]}",
  ])
  func theSizeOfAWeightChoosesInAList(_ yaml: String) throws {
    let rules = try Self.rules(yaml)
    func bits(_ count: Int) throws -> String { String(try Self.answer(rules, ["a"], count: count).prefix(1)) }
    #expect(try bits(1001) == "4" && bits(1000) == "2" && bits(301) == "2")
    // Below both thresholds: the configuration with the lower one is returned.
    #expect(try bits(300) == "2")
  }

  @Test func namesOfModulesAreExpressions() throws {
    let grammar = WidthGrammar(form: .modules)
    let rules = try Self.rules(
      "{module_name_configs: {'layers\\.\\d+\\.first': {bits: 2}}, module_type_configs: {conv: {bits: 4}}}", grammar)
    #expect(try Self.answer(rules, ["layers_0_first_weight_to_fp16"]) == "2 module_name_configs.layers\\.\\d+\\.first")
    #expect(try Self.answer(rules, ["layers_0_firsts"]) == "4 module_type_configs.conv")
    #expect(try Self.answer(rules, ["x"], rank: 1) == "no rule for it")
    #expect(try Self.rules("{module_type_configs: {conv: {}}, preserved_attributes: []}", grammar).types.count == 1)
  }

  // MARK: Writing

  @Test(arguments: [
    "{global_config: {bits: 4}, op_type_configs: {conv: {bits: 2}, linear: null}, op_name_configs: {a: {fine: true}, b: null}}",
    "{op_patterns: [[enc, {bits: 2}], [dec, null]], allow_unmatched: true}",
    "{op_name_configs: {a: [{bits: 2, above: 5}, {bits: 4, above: 9}]}}", "{}",
  ])
  func whatIsWrittenReadsBack(_ yaml: String) throws {
    let rules = try Self.rules(yaml, WidthGrammar(step: nil))
    let fields = rules.fields(.operators) { $0.changedOptions }
    #expect(OptionValue.dictionary(fields) == (try OptionText.read(yaml)))
  }

  // MARK: Faults

  @Test(
    arguments: [
      ("{op_names: 3}", "recipe: op_names must be a table of names, found an integer"),
      ("{op_names: {a: 3}}", "recipe: op_names.a must be a table of options, or false to leave alone"),
      ("{op_names: {a: [{}, 3]}}", "recipe: op_names.a must be a list of tables of options, found 3 in it"),
      ("{op_patterns: {a: {}}}", "recipe: op_patterns must be a list of {pattern, options}, found a table"),
      ("{op_patterns: [a]}", "recipe: an entry of op_patterns must be {pattern, options}, found \"a\""),
      ("{bits: 9}", "store: option 'bits' must be an integer from 1 to 8, found 9"),
      ("{bit: 4}", "store: unknown option 'bit'; did you mean 'bits'?"),
      ("{op_types: {conv: {bit: 4}}}", "store, op_types.conv: unknown option 'bit'; did you mean 'bits'?"),
      ("{op_names: {a: [{bits: 9}]}}", "store, op_names.a: option 'bits' must be an integer from 1 to 8, found 9"),
      ("{op_patterns: [[a, {bits: 9}]]}", "store, op_patterns \"a\": option 'bits' must be"),
      ("{global_config: {bits: 9}}", "store, global_config: option 'bits' must be"),
      ("{global_config: {}, bits: 4}", "recipe: bits is not a top-level field"),
      ("{global_config: {}, op_names: {a: false}}", "recipe: op_names is not a top-level field"),
      ("{global_config: {}, op_type_config: {}}", "recipe: unknown option 'op_type_config'; did you mean 'op_type_configs'?"),
      ("{global_config: {config_type: Nothing}}", "recipe: global_config is a Nothing"),
      ("{op_name_configs: {a: {config_type: 3}}}", "recipe: op_name_configs.a has no class"),
      ("{allow_unmatched: 1}", "store: option 'allow_unmatched' must be true or false, found an integer"),
    ])
  func refusals(_ yaml: String, _ sentence: String) {
    let error = #expect(throws: (any Error).self) { try Self.rules(yaml) }
    #expect(error.map { "\($0)".hasPrefix(sentence) } == true, "\(error.map { "\($0)" } ?? "nothing")")
  }

  @Test func fieldsOfPyTorchAlone() {
    let grammar = WidthGrammar(form: .modules)
    #expect { try Self.rules("{preserved_attributes: [a]}", grammar) } throws: { "\($0)".contains("PyTorch modules") }
    #expect { try Self.rules("{global_config: {}, op_patterns: []}", grammar) } throws: {
      "\($0)".contains("op_patterns is not a top-level field")
    }
  }
}
