// SPDX-License-Identifier: Apache-2.0
// Recipes from values: the flat form of Lua's calls, and coremltools' configuration dictionaries.

extension Recipe {
  /// Compiles the text of a pattern to a test of names.
  package typealias PatternCompiler = @Sendable (String) throws -> @Sendable (String) throws -> Bool

  /// What a step such as `palettize {…}` says.
  ///
  /// Two shapes are understood. Flat: the technique's options, beside `op_types`, `op_names` (name → options, or false
  /// to leave alone), `op_patterns` (a list of {pattern, options}), `tied`, `joint` and `compatible`; entries start from
  /// the options at the top. coremltools': `config_type`, `global_config`, `op_type_configs`, `op_name_configs`, whose
  /// entries start from the defaults; `op_patterns` may stand beside them.
  ///
  /// - Parameter step: the technique's name; `nil` for coremltools' shape, whose `config_type` then says it.
  /// - Throws: `CompressionError`, or what compiling a pattern throws.
  package init(step: String?, _ value: RecipeValue, compilePattern: PatternCompiler) throws {
    guard case .dictionary(var fields) = value else {
      throw CompressionError.recipe(problem: "it must be a table of options, found \(value.kind)")
    }
    self.init()
    try takeCommonFields(&fields, compilePattern)
    if step == nil || !Self.configurationKeys.isDisjoint(with: fields.keys) {
      try readConfiguration(fields, step: step, compilePattern)
    } else if let step {
      try readFlat(fields, step: step, compilePattern)
    }
    try validate()
  }

  private static let configurationKeys: Set<String> = [
    "config_type", "global_config", "op_type_configs", "op_name_configs",
  ]

  /// Reads and removes the fields that belong to no technique.
  private mutating func takeCommonFields(
    _ fields: inout [String: RecipeValue], _ compilePattern: PatternCompiler
  ) throws {
    func flag(_ name: String, _ path: WritableKeyPath<Recipe, Bool>) throws(CompressionError) {
      guard let value = fields.removeValue(forKey: name) else { return }
      guard case .bool(let flag) = value else {
        throw .optionType(
          technique: "recipe", option: name, expected: "true or false", found: value.kind)
      }
      self[keyPath: path] = flag
    }
    try flag("joint", \.joint)
    try flag("compatible", \.compatible)
    if let value = fields.removeValue(forKey: "tied") {
      guard case .string(let text) = value, let tied = Tied(rawValue: text) else {
        let allowed = "one of \(Tied.allCases.map { "\"\($0.rawValue)\"" }.joined(separator: ", "))"
        throw CompressionError.optionValue(
          technique: "recipe", option: "tied", allowed: allowed, found: "\(value)")
      }
      self.tied = tied
    }
  }

  // MARK: Flat

  private mutating func readFlat(
    _ fields: [String: RecipeValue], step: String, _ compilePattern: PatternCompiler
  ) throws {
    var options = fields
    let types = try Self.entries(options.removeValue(forKey: "op_types"), "op_types")
    let names = try Self.entries(options.removeValue(forKey: "op_names"), "op_names")
    let patterns = try Self.patternEntries(options.removeValue(forKey: "op_patterns"))
    let hasEntries = !(types.isEmpty && names.isEmpty && patterns.isEmpty)
    do {
      global = .apply(try Techniques.standard.make(step: step, options))
    } catch {
      // Options that mean nothing by themselves may still be shared by the entries below.
      guard case .options = error, hasEntries else { throw error }
    }
    func setting(_ entry: RecipeValue) throws(CompressionError) -> Setting {
      guard case .dictionary(let own) = entry else { return .leave }
      return .apply(
        try Techniques.standard.make(
          step: step, OptionInheritance.merged(step: step, base: options, own: own)))
    }
    for (type, entry) in types { opTypes[type] = try setting(entry) }
    for (name, entry) in names { opNames[name] = try setting(entry) }
    for (text, entry) in patterns {
      self.patterns.append(
        Pattern(text, matches: try compilePattern(text), setting: try setting(entry)))
    }
  }

  /// Name → options or false.
  private static func entries(_ value: RecipeValue?, _ field: String) throws(CompressionError)
    -> [String: RecipeValue]
  {
    switch value {
    case nil, .null: return [:]
    case .list(let list) where list.isEmpty: return [:]
    case .dictionary(let entries):
      for (name, entry) in entries { try checkEntry(entry, "\(field).\(name)") }
      return entries
    case let value?:
      throw .recipe(problem: "\(field) must be a table of names, found \(value.kind)")
    }
  }

  private static func checkEntry(_ entry: RecipeValue, _ place: String) throws(CompressionError) {
    switch entry {
    case .dictionary, .null, .bool(false): return
    case .list(let list) where list.isEmpty: return
    default:
      throw .recipe(
        problem: "\(place) must be a table of options, or false to leave alone, found \(entry)")
    }
  }

  private static func patternEntries(_ value: RecipeValue?) throws(CompressionError) -> [(
    String, RecipeValue
  )] {
    guard let value, value != .null else { return [] }
    guard case .list(let list) = value else {
      throw .recipe(
        problem: "op_patterns must be a list of {pattern, options}, found \(value.kind)")
    }
    var entries: [(String, RecipeValue)] = []
    for item in list {
      guard case .list(let pair) = item, pair.count == 2, case .string(let text) = pair[0] else {
        throw .recipe(problem: "an entry of op_patterns must be {pattern, options}, found \(item)")
      }
      try checkEntry(pair[1], "op_patterns \"\(text)\"")
      entries.append((text, pair[1]))
    }
    return entries
  }

  // MARK: coremltools' shape

  private mutating func readConfiguration(
    _ fields: [String: RecipeValue], step: String?, _ compilePattern: PatternCompiler
  ) throws {
    let known = Self.configurationKeys.union(["op_patterns"])
    for key in fields.keys.sorted() where !known.contains(key) {
      throw CompressionError.unknownOption(
        technique: "recipe", option: key, known: known.sorted())
    }
    let type: String?
    switch fields["config_type"] {
    case .string(let given): type = given
    case nil where step != nil: type = nil
    default:
      throw CompressionError.recipe(
        problem:
          "config_type must be given, one of \(Techniques.standard.all.map { $0.configType }.joined(separator: ", "))"
      )
    }
    if let value = fields["global_config"], value != .null {
      global = try Self.configuration(value, type, step, "global_config")
    }
    for (name, entry) in try Self.entries(fields["op_type_configs"], "op_type_configs") {
      opTypes[name] = try Self.configuration(entry, type, step, "op_type_configs.\(name)")
    }
    for (name, entry) in try Self.entries(fields["op_name_configs"], "op_name_configs") {
      opNames[name] = try Self.configuration(entry, type, step, "op_name_configs.\(name)")
    }
    for (text, entry) in try Self.patternEntries(fields["op_patterns"]) {
      let setting = try Self.configuration(entry, type, step, "op_patterns \"\(text)\"")
      patterns.append(Pattern(text, matches: try compilePattern(text), setting: setting))
    }
  }

  /// - Parameter type: the class of entries that name none; `nil` where the step's options tell which it is.
  private static func configuration(
    _ value: RecipeValue, _ type: String?, _ step: String?, _ place: String
  ) throws(CompressionError) -> Setting {
    try checkEntry(value, place)
    let isEmpty = value == .list([])
    guard case .dictionary(var options) = isEmpty ? .dictionary([:]) : value else { return .leave }
    var type = type
    if let own = options.removeValue(forKey: "config_type") {
      guard case .string(let name) = own else {
        throw .recipe(problem: "\(place).config_type must be a string")
      }
      type = name
    }
    guard let type else {
      guard let step else { throw .recipe(problem: "\(place) has no config_type") }
      return .apply(try Techniques.standard.make(step: step, options))
    }
    let technique = try Techniques.standard.type(configType: type)
    if let step, technique.name != step {
      throw .recipe(problem: "\(place) is an \(type), which \(step) does not take")
    }
    return .apply(try technique.init(options))
  }

  /// The recipe in coremltools' shape, beside which stands what that has no word for: `op_patterns`, `tied`, `joint`
  /// and `compatible`, each only where it says something.
  ///
  /// Reading it gives the same recipe, but for functions: the selector is left out.
  package var configuration: RecipeValue {
    func entry(_ setting: Setting) -> RecipeValue {
      guard let technique = setting.technique else { return .null }
      var options = technique.changedOptions
      options["config_type"] = .string(type(of: technique).configType)
      return .dictionary(options)
    }
    var fields: [String: RecipeValue] = [:]
    let mainType = (global?.technique ?? techniques.first).map { type(of: $0).configType }
    if let mainType { fields["config_type"] = .string(mainType) }
    if let global { fields["global_config"] = entry(global) }
    if !opTypes.isEmpty { fields["op_type_configs"] = .dictionary(opTypes.mapValues(entry)) }
    if !opNames.isEmpty { fields["op_name_configs"] = .dictionary(opNames.mapValues(entry)) }
    if !patterns.isEmpty {
      fields["op_patterns"] = .list(patterns.map { .list([.string($0.text), entry($0.setting)]) })
    }
    if tied != .error { fields["tied"] = .string(tied.rawValue) }
    if !joint { fields["joint"] = .bool(false) }
    if compatible { fields["compatible"] = .bool(true) }
    return .dictionary(fields)
  }
}
