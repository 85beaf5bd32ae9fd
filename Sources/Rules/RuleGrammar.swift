// SPDX-License-Identifier: Apache-2.0
// What a workflow's rules are made of, and how coremltools' files spell them.

import Options

/// How the rules of a workflow are read: which configurations there are, and what their files look like.
package protocol RuleGrammar<Configuration>: Sendable {
  associatedtype Configuration: Sendable
  /// The step that is being read: `quantize`; `nil` where coremltools' form tells.
  var step: String? { get }
  /// The options of the step, which entries may hold.
  var options: [OptionDeclaration] { get }
  /// The fields of coremltools' form.
  var form: ConfigurationForm { get }

  /// The configuration that these options mean.
  func configuration(_ options: [String: OptionValue]) throws -> Configuration
  /// Options that have no effect in a configuration, each with the setting under which it has one.
  func idleOptions(_ configuration: Configuration) -> [String: String]
  /// The options of an entry of the flat form, which starts from those above it.
  func inherited(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue]
  /// Checks `config_type`: the class of coremltools of a whole file, or of an entry.
  ///
  /// - Parameters:
  ///   - value: `nil` where none is given.
  ///   - entry: `nil` for the whole file.
  func configurationClass(_ value: OptionValue?, of entry: String?) throws -> String?
  /// The configuration that an entry of coremltools' form means.
  ///
  /// - Parameter className: the entry's class or else that of the file.
  func configuration(_ options: [String: OptionValue], class className: String?, at entry: String) throws -> Configuration
  /// Operators of a type, as coremltools' form names them.
  func typeTest(_ name: String) throws -> TypeTest
}

extension RuleGrammar {
  package func typeTest(_ name: String) -> TypeTest { { type, _ in type == name } }
  package func idleOptions(_ configuration: Configuration) -> [String: String] { [:] }
}

/// The fields of coremltools' configurations.
package struct ConfigurationForm: Sendable {
  let types: String
  let names: String
  /// Whether names are regular expressions.
  let hasExpressions: Bool
  /// Whether `op_patterns`, which coremltools does not know, may stand beside its fields.
  let hasPatterns: Bool
  /// What rules for types are called in reports and errors.
  let typesPlace: String
  /// Fields that speak of PyTorch alone; they may be there, but empty.
  let foreign: Set<String>

  /// Of coremltools.optimize.coreml.
  package static let operators = ConfigurationForm(
    types: "op_type_configs", names: "op_name_configs", hasExpressions: false, hasPatterns: true, typesPlace: "op_types", foreign: [])
  /// Of coremltools.optimize.torch.
  package static let modules = ConfigurationForm(
    types: "module_type_configs", names: "module_name_configs", hasExpressions: true, hasPatterns: false,
    typesPlace: "module_type_configs", foreign: ["non_traceable_module_names", "preserved_attributes"])

  /// The fields that tell this form from the flat one.
  var fields: Set<String> { foreign.union(["config_type", "global_config", types, names]) }
}
