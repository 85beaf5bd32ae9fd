// SPDX-License-Identifier: Apache-2.0
// The weights that a method is applied to, with their options.

import Options
import Rules

/// The rules of a call such as `t:prune{…}`, for one method.
package struct MethodRule: Sendable {
  package let method: String
  /// `TrainingMethod.governsActivations` of the method.
  let governsActivations: Bool
  /// The configuration as given by the user, for checkpoints and histories.
  package let configuration: [String: OptionValue]
  package let rules: Rules<any TrainingMethod>

  /// - Parameters:
  ///   - fields: rules in either format. Names in the coremltools format are regular expressions; an empty table
  ///     stands for the method with its default options.
  ///   - compilePattern: compiles a pattern of the flat format.
  /// - Throws: `OptionError`, `RuleError`, or any error from compiling a pattern.
  package init(_ type: any TrainingMethod.Type, _ fields: [String: OptionValue], compilePattern: PatternCompiler) throws {
    (method, governsActivations) = (type.name, type.governsActivations)
    configuration = fields
    var rules = try Rules(MethodGrammar(type: type), fields, compilePattern: compilePattern)
    let isEmpty = rules.types.isEmpty && rules.patterns.isEmpty && rules.names.isEmpty
    if rules.global == nil, isEmpty { rules.global = .apply([try type.init([:])]) }
    self.rules = rules
  }

  /// The method with the options for a weight or an operator's activations; `nil` to leave it unchanged.
  ///
  /// - Parameter fits: whether the method applies if no rule matches.
  package func setting(_ subject: RuleSubject, fits: (any TrainingMethod) -> Bool) throws -> (any TrainingMethod)? {
    let resolution = try rules.resolve(subject) { $0.weightThreshold }
    guard let method = resolution.configuration, resolution.origin != .global || fits(method) else { return nil }
    return method
  }
}

/// The grammar of rules for training methods.
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
