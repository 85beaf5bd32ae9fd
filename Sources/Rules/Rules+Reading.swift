// SPDX-License-Identifier: Apache-2.0
// Reads rules from option values, in the flat format of Lua calls or in the format of coremltools configurations.

import Options

extension Rules {
  /// The fields of the flat format that are not options.
  private static var flatFields: [String] { ["op_types", "op_names", "op_patterns"] }

  /// Reads the rules of a step such as `palettize {…}`.
  ///
  /// Two formats are supported. The flat format contains options together with `op_types`, `op_names` (a table from
  /// names to options, or to `false` for no compression) and `op_patterns` (a list of `{pattern, options}`); its
  /// entries inherit the top-level options. The coremltools format contains `global_config` and configurations by
  /// type and name; its entries start from the defaults. In both formats an entry may be a list of options for
  /// weights of different sizes, and `allow_unmatched` permits rules that match nothing.
  ///
  /// - Throws: `RuleError`, `OptionError`, or any error from the grammar or from compiling a pattern.
  package init(
    _ grammar: some RuleGrammar<Configuration>, _ given: [String: OptionValue], compilePattern: PatternCompiler
  ) throws {
    self.init()
    var fields = given
    if let value = fields.removeValue(forKey: "allow_unmatched"), value != .null {
      guard case .bool(let flag) = value else {
        throw OptionError.wrongKind(
          option: "allow_unmatched", of: grammar.step ?? "recipe", expected: "true or false", found: value.kind)
      }
      allowsUnmatched = flag
    }
    if grammar.step == nil || !grammar.form.fields.isDisjoint(with: fields.keys) {
      try readConfigurations(grammar, fields, compilePattern)
    } else {
      try readFlat(grammar, fields, compilePattern)
    }
  }

  // MARK: Flat

  private mutating func readFlat(
    _ grammar: some RuleGrammar<Configuration>, _ fields: [String: OptionValue], _ compilePattern: PatternCompiler
  ) throws {
    let base = fields.filter { !Self.flatFields.contains($0.key) }
    let given = base.filter { $0.value != .null }.map(\.key).sorted()
    /// The top-level options that have an effect on at least one entry.
    var effective: Set<String> = []
    /// - Throws: `OptionError.combination` for one of these options that has no effect.
    func check(_ names: [String], _ idle: [String: OptionSetting]) throws(OptionError) {
      for name in names {
        guard let setting = idle[name] else { continue }
        throw .combination(of: grammar.step ?? "recipe", problem: "\(name) goes with \(setting)")
      }
    }
    func setting(_ value: OptionValue, _ place: String) throws -> Setting {
      try Self.setting(value, place) { own in
        let options = grammar.inherited(base: base, own: own)
        let configuration = try grammar.configuration(options)
        let idle = grammar.idleOptions(configuration, given: options)
        try check(own.filter { $0.value != .null }.map(\.key).sorted(), idle)
        effective.formUnion(given.filter { idle[$0] == nil })
        return configuration
      }
    }
    types = try Self.entries(fields["op_types"], "op_types").map { name, value in
      TypeRule(
        place: "op_types.\(name)", name: name, fits: { type, _ in type == name }, setting: try setting(value, "op_types.\(name)"))
    }
    for (name, value) in try Self.entries(fields["op_names"], "op_names") { names[name] = try setting(value, "op_names.\(name)") }
    patterns = try Self.patterns(fields["op_patterns"], compilePattern, setting)
    let configuration: Configuration
    do {
      configuration = try grammar.configuration(base)
    } catch OptionError.combination where !(types.isEmpty && names.isEmpty && patterns.isEmpty) {
      // Top-level options that are invalid on their own may still be valid together with those of an entry.
      return
    }
    try check(given.filter { !effective.contains($0) }, grammar.idleOptions(configuration, given: base))
    global = .apply([configuration])
  }

  // MARK: coremltools format

  private mutating func readConfigurations(
    _ grammar: some RuleGrammar<Configuration>, _ fields: [String: OptionValue], _ compilePattern: PatternCompiler
  ) throws {
    let form = grammar.form
    try Self.check(fields, grammar)
    let className = try grammar.configurationClass(fields["config_type"], of: nil)
    func setting(_ value: OptionValue, _ place: String) throws -> Setting {
      try Self.setting(value, place) { own in
        var options = own
        let ownClass = try options.removeValue(forKey: "config_type").flatMap { try grammar.configurationClass($0, of: place) }
        return try grammar.configuration(options, class: ownClass ?? className, at: place)
      }
    }
    if let value = fields["global_config"], value != .null { global = try setting(value, "global_config") }
    types = try Self.entries(fields[form.types], form.types).map { name, value in
      TypeRule(
        place: "\(form.typesPlace).\(name)", name: name, fits: try grammar.typeTest(name),
        setting: try setting(value, "\(form.types).\(name)"))
    }
    for (name, value) in try Self.entries(fields[form.names], form.names) {
      let place = "\(form.names).\(name)"
      if form.hasExpressions {
        let expression = try NameExpression(name)
        patterns.append(PatternRule(place: place, text: name, matches: expression.fits, setting: try setting(value, place)))
      } else {
        names[name] = try setting(value, place)
      }
    }
    patterns += try Self.patterns(fields["op_patterns"], compilePattern, setting)
    if className != nil, global == nil, types.isEmpty, names.isEmpty, patterns.isEmpty {
      throw RuleError.malformed(problem: "config_type is the only field; put the options into global_config, or omit config_type")
    }
  }

  /// Throws an error for fields that the coremltools format does not have.
  private static func check(_ fields: [String: OptionValue], _ grammar: some RuleGrammar<Configuration>) throws {
    let form = grammar.form
    let known = form.fields.subtracting(form.foreign).union(form.hasPatterns ? ["op_patterns"] : [])
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) where !known.contains(name) {
      if form.foreign.contains(name) {
        guard value == .null || value.equals(.list([])) else {
          throw RuleError.malformed(problem: "\(name) applies to PyTorch modules, which a program does not have: remove it")
        }
      } else if flatFields.contains(name) || grammar.options.contains(where: { $0.name == name }) {
        throw RuleError.malformed(problem: "\(name) is not a top-level field; move it into global_config or another configuration")
      } else {
        throw OptionError.unknown(name, of: "recipe", among: known.sorted())
      }
    }
  }

  // MARK: Entries

  /// The entries of a table from names to options, sorted by name.
  private static func entries(_ value: OptionValue?, _ field: String) throws(RuleError) -> [(String, OptionValue)] {
    switch value ?? .null {
    case .null, .list([]): return []
    case .dictionary(let entries): return entries.sorted { $0.key < $1.key }
    case let other: throw .malformed(problem: "\(field) must be a table of names, found \(other.kind)")
    }
  }

  private static func patterns(
    _ value: OptionValue?, _ compilePattern: PatternCompiler, _ setting: (OptionValue, String) throws -> Setting
  ) throws -> [PatternRule] {
    guard let value, value != .null else { return [] }
    guard case .list(let items) = value else {
      throw RuleError.malformed(problem: "op_patterns must be a list of {pattern, options}, found \(value.kind)")
    }
    return try items.map { item in
      guard case .list(let pair) = item, pair.count == 2, case .string(let text) = pair[0] else {
        throw RuleError.malformed(problem: "an entry of op_patterns must be {pattern, options}, found \(item)")
      }
      let place = "op_patterns \"\(text)\""
      return PatternRule(place: place, text: text, matches: try compilePattern(text), setting: try setting(pair[1], place))
    }
  }

  /// - Parameter make: creates the configuration from the options of an entry.
  private static func setting(
    _ value: OptionValue, _ place: String, _ configuration: ([String: OptionValue]) throws -> Configuration
  ) throws -> Setting {
    func make(_ own: [String: OptionValue]) throws -> Configuration {
      do { return try configuration(own) } catch let error as OptionError { throw error.within(place) }
    }
    switch value {
    case .bool(false), .null: return .leave
    case .bool(true), .list([]): return .apply([try make([:])])
    case .dictionary(let own): return .apply([try make(own)])
    case .list(let items):
      return .apply(
        try items.map { item in
          switch item {
          case .list([]): return try make([:])
          case .dictionary(let own): return try make(own)
          default: throw RuleError.malformed(problem: "\(place) must be a list of tables of options, found \(item) in it")
          }
        })
    default:
      throw RuleError.malformed(
        problem: "\(place) must be a table of options, or false to leave alone, found \(value)")
    }
  }
}
