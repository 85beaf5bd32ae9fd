// SPDX-License-Identifier: Apache-2.0
// Regular expressions in module_name_configs.

import Options
import Rules
import Testing

@Suite("NameExpression") struct NameExpressionTests {
  private static func rules(_ expression: String) throws -> Rules<Width> {
    try Rules(WidthGrammar(form: .modules), ["module_name_configs": .dictionary([expression: .dictionary([:])])]) { _ in { _ in false } }
  }

  @Test(
    arguments: [
      ("conv1", ["conv1", "conv1_weight"], ["conv11", "xconv1"]), ("conv.", ["conv1", "conv_"], ["conv", "conv12"]),
      ("(conv|fc)\\d+", ["conv12", "fc3_weight"], ["fc", "conv1a"]), ("a{2,3}b?", ["aa", "aaab"], ["a", "aaaa", "aabb"]),
      ("[a-c_]+[^0-9]", ["ab_x"], ["ab1", "dx"]), ("^block\\.0$", ["block_0", "block.0"], ["block_00"]),
      ("(?:a|b)*?c", ["c", "abac"], ["ab"]),
      ("(a*)*", ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"], ["aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaab"]), ("\\w+\\.bn", ["x1_bn"], ["bn"]),
      // Suffixes of compression and of the conversion to fp16 in any order and number, and one `_weight`.
      (
        "conv",
        [
          "conv_weight_to_fp16", "conv_weight_to_fp16_quantized", "conv_weight_quantized_to_fp16", "conv_weight_palettized_pcs",
          "conv_weight_to_fp16_palettized_pcs", "conv_weight_sparsified_palettized", "conv_weight_palettized_sparsified_quantized",
          "conv_quantized",
        ], ["conv_weight_weight", "conv_weight_quantized_x", "conv_palettized_weight"]
      ),
    ] as [(String, [String], [String])])
  func expressionsFitWholeNames(_ expression: String, _ fitting: [String], _ others: [String]) throws {
    let rules = try Self.rules(expression)
    for name in fitting { #expect(try rules.patterns[0].matches(name), "\(name)") }
    for name in others { #expect(try !rules.patterns[0].matches(name), "\(name)") }
  }

  @Test(arguments: [
    ("(a", "without a )"), ("a)", "without a ("), ("(?=a)b", "(?:…)"), ("*a", "repeats nothing"), ("a{5000}", "1000"),
    ("[a", "without a ]"),
    ("a\\", "ends with"), ("\\k", "not known"), ("[b-a]", "range from b to a"),
  ])
  func whatIsNoExpression(_ expression: String, _ word: String) throws {
    let error = #expect(throws: RuleError.self) { try Self.rules(expression) }
    #expect("\(try #require(error))".contains(word), "\(String(describing: error))")
  }
}
