// SPDX-License-Identifier: Apache-2.0
// Writes rules as a coremltools configuration.

import Options

extension Rules {
  /// The fields of the coremltools format that are not empty, plus the extensions `op_patterns` and
  /// `allow_unmatched`.
  ///
  /// - Parameter entry: converts a configuration to the options of its entry.
  package func fields(_ form: ConfigurationForm, entry: (Configuration) -> [String: OptionValue]) -> [String: OptionValue] {
    func value(_ setting: Setting) -> OptionValue {
      let all = setting.configurations.map { OptionValue.dictionary(entry($0)) }
      return all.count > 1 ? .list(all) : all.first ?? .null
    }
    var fields: [String: OptionValue] = [:]
    if let global { fields["global_config"] = value(global) }
    if !types.isEmpty {
      fields[form.types] = .dictionary(Dictionary(types.map { ($0.name, value($0.setting)) }, uniquingKeysWith: { first, _ in first }))
    }
    if !names.isEmpty { fields[form.names] = .dictionary(names.mapValues(value)) }
    if !patterns.isEmpty { fields["op_patterns"] = .list(patterns.map { .list([.string($0.text), value($0.setting)]) }) }
    if allowsUnmatched { fields["allow_unmatched"] = .bool(true) }
    return fields
  }
}
