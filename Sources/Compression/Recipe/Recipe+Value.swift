// SPDX-License-Identifier: Apache-2.0
// Reads recipes from values, in the flat format of Lua calls or in the format of coremltools configurations.

import MIL
import Options
import Rules

extension Recipe {
  /// Reads a step such as `palettize {…}`: rules in either format, with the additional fields `tied`, `joint` and
  /// `compatible`.
  ///
  /// - Parameters:
  ///   - step: the name of the technique; `nil` for the coremltools format, in which `config_type` specifies it.
  ///   - table: the weights of each operator type.
  /// - Throws: `OptionError`, `RuleError`, `CompressionError`, or any error from compiling a pattern.
  package init(
    step: String?, _ value: OptionValue, _ table: WeightTable, techniques: Techniques = .standard, compilePattern: PatternCompiler
  ) throws {
    guard case .dictionary(var fields) = value else {
      throw RuleError.malformed(problem: "it must be a table of options, found \(value.kind)")
    }
    let tied = try Self.takeTied(&fields)
    let joint = try Self.takeFlag("joint", &fields)
    let compatible = try Self.takeFlag("compatible", &fields)
    let digest = try Self.takeDigest(&fields)
    self.init(
      try Rules(TechniqueGrammar(step: step, techniques: techniques), fields, compilePattern: compilePattern), step: step,
      tied: tied ?? .error,
      joint: joint ?? true,
      compatible: compatible ?? false)
    recordedDigest = digest
    try validate(table)
  }

  private static func takeDigest(_ fields: inout [String: OptionValue]) throws(OptionError) -> String? {
    guard let value = fields["digest"], fields["config_type"] != nil else { return nil }
    guard case .string(let text) = value else {
      throw .wrongKind(option: "digest", of: "recipe", expected: "hexadecimal digits", found: value.kind)
    }
    fields["digest"] = nil
    return text
  }

  private static func takeFlag(_ name: String, _ fields: inout [String: OptionValue]) throws(OptionError) -> Bool? {
    guard let value = fields.removeValue(forKey: name) else { return nil }
    guard case .bool(let flag) = value else {
      throw .wrongKind(option: name, of: "recipe", expected: "true or false", found: value.kind)
    }
    return flag
  }

  private static func takeTied(_ fields: inout [String: OptionValue]) throws(OptionError) -> Tied? {
    guard let value = fields.removeValue(forKey: "tied") else { return nil }
    guard case .string(let text) = value, let tied = Tied(rawValue: text) else {
      let allowed = "one of \(Tied.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))"
      throw .notAllowed(option: "tied", of: "recipe", allowed: allowed, found: "\(value)")
    }
    return tied
  }

  /// The recipe in the coremltools format, with extensions for features that the format does not have, each written
  /// only if it is used.
  ///
  /// Reading it yields the same recipe, except for functions: the selector is omitted.
  package var configuration: OptionValue {
    var fields = rules.fields(.operators) { technique in
      technique.changedOptions.merging(["config_type": .string(technique.kind.configType)]) { $1 }
    }
    if let main = rules.configurations.first { fields["config_type"] = .string(main.kind.configType) }
    if let digest { fields["digest"] = .string(digest) }
    if tied != .error { fields["tied"] = .string(tied.rawValue) }
    if !joint { fields["joint"] = .bool(false) }
    if compatible { fields["compatible"] = .bool(true) }
    return .dictionary(fields)
  }
}

/// The grammar of rules in recipes.
struct TechniqueGrammar: RuleGrammar {
  let step: String?
  let techniques: Techniques

  var options: [OptionDeclaration] { step.map { techniques.options(step: $0) } ?? [] }
  var form: ConfigurationForm { .operators }

  func configuration(_ options: [String: OptionValue]) throws -> any Technique { try techniques.make(step: step ?? "", options) }

  func inherited(base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue] {
    techniques.inherited(step: step ?? "", base: base, own: own)
  }

  func configurationClass(_ value: OptionValue?, of entry: String?) throws -> String? {
    switch value {
    case .string(let given):
      try check(given, at: entry ?? "config_type")
      return given
    case nil where step != nil: return nil
    default:
      let known = techniques.all.map { $0.configType }.joined(separator: ", ")
      throw RuleError.malformed(
        problem: entry.map { "\($0).config_type must be a string" } ?? "config_type must be given, one of \(known)")
    }
  }

  func configuration(_ options: [String: OptionValue], class className: String?, at entry: String) throws -> any Technique {
    guard let className else { return try configuration(options) }
    return try techniques.type(configType: className).make(options)
  }

  /// An option with its default value is accepted where the option that makes it idle is given too: coremltools' configurations name every option.
  func idleOptions(_ configuration: any Technique, given: [String: OptionValue]) -> [String: OptionSetting] {
    let changed = configuration.changedOptions
    return configuration.idleOptions.filter { changed[$0.key] != nil || (given[$0.value.option] ?? .null) == .null }
  }

  /// - Throws: `CompressionError.unknownTechnique`; `RuleError` for the class of a different step.
  private func check(_ className: String, at place: String) throws {
    let technique = try techniques.type(configType: className)
    guard let step, technique.name != step else { return }
    throw RuleError.malformed(problem: "\(place) is an \(className), which belongs to \(technique.name), not to \(step)")
  }
}
