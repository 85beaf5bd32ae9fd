// SPDX-License-Identifier: Apache-2.0
// How rules are read for one kind of configuration, including the format of coremltools' configuration files.

import Options

/// Describes the rules for one kind of configuration: its options and its coremltools format.
package protocol RuleGrammar<Configuration>: Sendable {
  associatedtype Configuration: Sendable
  /// The name of the step that is read, such as `quantize`; `nil` if the coremltools configuration determines it.
  var step: String? { get }
  /// The options that an entry of the step may contain.
  var options: [OptionDeclaration] { get }
  /// The fields of the coremltools format.
  var form: ConfigurationForm { get }

  /// The configuration for the given options.
  func configuration(_ options: [String: OptionValue]) throws -> Configuration
  /// The options that must not be given, since they have no effect in a configuration, each with the setting that would give it one.
  ///
  /// - Parameter given: the options from which the configuration was made.
  func idleOptions(_ configuration: Configuration, given: [String: OptionValue]) -> [String: OptionSetting]
  /// The options of an entry of the flat format, which inherits from the entries above it.
  func inherited(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue]
  /// Checks `config_type`, the coremltools class of a whole file or of an entry.
  ///
  /// - Parameters:
  ///   - value: `nil` if the field is missing.
  ///   - entry: `nil` for the whole file.
  func configurationClass(_ value: OptionValue?, of entry: String?) throws -> String?
  /// The configuration for an entry of the coremltools format.
  ///
  /// - Parameter className: the class of the entry, or that of the file if the entry has none.
  func configuration(_ options: [String: OptionValue], class className: String?, at entry: String) throws -> Configuration
  /// A test for an operator type named as in coremltools configurations.
  func typeTest(_ name: String) throws -> TypeTest
}

extension RuleGrammar {
  package func typeTest(_ name: String) -> TypeTest { { type, _ in type == name } }
  package func idleOptions(_ configuration: Configuration, given: [String: OptionValue]) -> [String: OptionSetting] { [:] }
}

/// The fields of one coremltools configuration format.
package struct ConfigurationForm: Sendable {
  let types: String
  let names: String
  /// Whether names are regular expressions.
  let hasExpressions: Bool
  /// Whether `op_patterns`, which is an extension of the coremltools format, is allowed.
  let hasPatterns: Bool
  /// The name of rules for types in reports and errors.
  let typesPlace: String
  /// Fields that only apply to PyTorch. They must be empty.
  let foreign: Set<String>

  /// The format of `coremltools.optimize.coreml`.
  package static let operators = ConfigurationForm(
    types: "op_type_configs", names: "op_name_configs", hasExpressions: false, hasPatterns: true, typesPlace: "op_types", foreign: [])
  /// The format of `coremltools.optimize.torch`.
  package static let modules = ConfigurationForm(
    types: "module_type_configs", names: "module_name_configs", hasExpressions: true, hasPatterns: false,
    typesPlace: "module_type_configs", foreign: ["non_traceable_module_names", "preserved_attributes"])

  /// The fields whose presence distinguishes this format from the flat format.
  var fields: Set<String> { foreign.union(["config_type", "global_config", types, names]) }
}
