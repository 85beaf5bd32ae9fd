// SPDX-License-Identifier: Apache-2.0
// Which weights a method works on, with which options.

import Options
import Rules

/// What `t:prune{…}` and its like say: rules for one method.
package struct MethodRule: Sendable {
  package let method: String
  /// As it was asked for, for checkpoints and histories.
  package let configuration: [String: OptionValue]
  package let rules: Rules<any TrainingMethod>

  /// - Parameters:
  ///   - fields: rules in either form. Names in coremltools' form are regular expressions; without a single entry it means
  ///     the method with its defaults.
  ///   - compilePattern: makes a test of a pattern of the flat form.
  /// - Throws: `OptionError`, `RuleError`, or what compiling a pattern throws.
  package init(_ type: any TrainingMethod.Type, _ fields: [String: OptionValue], compilePattern: PatternCompiler) throws {
    method = type.name
    configuration = fields
    var rules = try Rules(MethodGrammar(type: type), fields, compilePattern: compilePattern)
    let isEmpty = rules.types.isEmpty && rules.patterns.isEmpty && rules.names.isEmpty
    if rules.global == nil, isEmpty { rules.global = .apply([try type.init([:])]) }
    self.rules = rules
  }

  /// The method with the options for a weight or an operator's activations; `nil` to leave it alone.
  ///
  /// - Parameter fits: whether the method is for it where no rule speaks of it.
  package func setting(_ subject: RuleSubject, fits: (any TrainingMethod) -> Bool) throws -> (any TrainingMethod)? {
    let resolution = try rules.resolve(subject) { $0.weightThreshold }
    guard let method = resolution.configuration, resolution.origin != .global || fits(method) else { return nil }
    return method
  }
}

/// How the rules of methods are read.
struct MethodGrammar: RuleGrammar {
  let type: any TrainingMethod.Type

  var step: String? { type.name }
  var options: [OptionDeclaration] { type.declarations }
  var form: ConfigurationForm { .modules }

  func configuration(_ options: [String: OptionValue]) throws -> any TrainingMethod { try type.init(options) }

  func inherited(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue] {
    type.inherited(base: base, own: own)
  }

  func configurationClass(_ value: OptionValue?, of entry: String?) throws -> String? {
    guard let value else { return nil }
    guard value == .string(type.configType) || value == .string(String(type.configType.dropFirst("Module".count))) else {
      throw RuleError.malformed(problem: "\(type.name) takes a \(type.configType), found config_type = \(value)")
    }
    return type.configType
  }

  func configuration(_ options: [String: OptionValue], class className: String?, at entry: String) throws -> any TrainingMethod {
    try type.init(options)
  }

  func typeTest(_ name: String) throws -> TypeTest {
    let module = try ModuleType(named: name)
    return { module.fits(type: $0, rank: $1) }
  }
}
