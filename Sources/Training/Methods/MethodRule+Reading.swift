// SPDX-License-Identifier: Apache-2.0
// Rules from values: the flat form of Lua's calls, and the configurations of coremltools.optimize.torch.

import Compression

extension MethodRule {
  /// The options that stand beside those of the method itself.
  package static let common = ["op_types", "op_names", "op_patterns"]
  /// The fields of coremltools' form.
  package static let configurationKeys = ["global_config", "module_type_configs", "module_name_configs"]
  /// Fields of coremltools' files that speak of PyTorch alone; they may be there, but empty.
  private static let foreign = ["non_traceable_module_names", "preserved_attributes"]

  /// What `t:prune{…}` and its like say.
  ///
  /// Two shapes are understood. Flat: the method's options, beside `op_types`, `op_names` (name → options, or false to leave
  /// alone) and `op_patterns` (a list of {pattern, options}), whose entries start from the options at the top. coremltools':
  /// `global_config`, `module_type_configs`, `module_name_configs`, whose entries start from the defaults; names there are
  /// regular expressions. In both an entry may be a list of options for weights of different sizes.
  ///
  /// - Parameter compile: makes a test of a pattern of the flat form.
  /// - Throws: `CompressionError`, or what compiling a pattern throws.
  package init(
    _ type: any TrainingMethod.Type, _ fields: [String: RecipeValue], compile: (String) throws -> @Sendable (String) throws -> Bool
  ) throws {
    self.init(method: type.name, configuration: fields)
    if fields.keys.contains(where: { Self.configurationKeys.contains($0) || Self.foreign.contains($0) }) {
      try readConfiguration(type, fields)
    } else {
      try readFlat(type, fields, compile)
    }
  }

  // MARK: Flat

  private mutating func readFlat(
    _ type: any TrainingMethod.Type, _ fields: [String: RecipeValue], _ compile: (String) throws -> @Sendable (String) throws -> Bool
  ) throws {
    let base = fields.filter { !Self.common.contains($0.key) }
    global = .apply([try type.init(base)])
    types = try Self.entries(fields["op_types"], "op_types").map { name, value in
      Typed(type: ModuleType([name]), setting: try Self.setting(type, value, base, "op_types.\(name)"))
    }
    for (name, value) in try Self.entries(fields["op_names"], "op_names") {
      names[name] = try Self.setting(type, value, base, "op_names.\(name)")
    }
    guard case .list(let listed) = fields["op_patterns"] ?? .list([]) else {
      throw CompressionError.recipe(problem: "op_patterns must be a sequence of { pattern, options }")
    }
    patterns = try listed.map { entry in
      guard case .list(let pair) = entry, pair.count == 2, case .string(let text) = pair[0] else {
        throw CompressionError.recipe(problem: "op_patterns must be a sequence of { pattern, options }, found \(entry)")
      }
      return Named(matches: try compile(text), setting: try Self.setting(type, pair[1], base, "op_patterns \"\(text)\""))
    }
  }

  // MARK: coremltools' form

  private mutating func readConfiguration(_ type: any TrainingMethod.Type, _ fields: [String: RecipeValue]) throws {
    for (name, value) in fields.sorted(by: { $0.key < $1.key }) where !Self.configurationKeys.contains(name) {
      switch name {
      case "config_type":
        guard value == .string(type.configType) || value == .string(String(type.configType.dropFirst("Module".count))) else {
          throw CompressionError.recipe(problem: "\(type.name) takes a \(type.configType), found config_type = \(value)")
        }
      case _ where Self.foreign.contains(name):
        guard value == .null || value.equals(.list([])) else {
          throw CompressionError.recipe(problem: "\(name) speaks of PyTorch modules, of which a program has none: leave it out")
        }
      case _ where Self.common.contains(name) || type.declarations.contains { $0.name == name }:
        throw CompressionError.recipe(problem: "\(name) stands beside global_config and the like; put it into one of those")
      default:
        throw CompressionError.unknownOption(technique: type.name, option: name, known: Self.configurationKeys)
      }
    }
    let value = fields["global_config"] ?? .null
    if value != .null { global = try Self.setting(type, value, [:], "global_config") }
    types = try Self.entries(fields["module_type_configs"], "module_type_configs").map { name, value in
      Typed(type: try ModuleType(named: name), setting: try Self.setting(type, value, [:], "module_type_configs.\(name)"))
    }
    patterns = try Self.entries(fields["module_name_configs"], "module_name_configs").map { name, value in
      let expression = try NameExpression(name)
      return Named(
        matches: { name in expression.matches(name) || expression.matches(Self.modulePath(name)) },
        setting: try Self.setting(type, value, [:], "module_name_configs.\(name)"))
    }
    if value == .null, types.isEmpty, patterns.isEmpty { global = .apply([try type.init([:])]) }
  }

  /// The module that a weight belonged to: `layers_0_conv` of `layers_0_conv_weight_to_fp16`.
  private static func modulePath(_ name: String) -> String {
    var path = Substring(name)
    for suffix in ["_to_fp16", "_quantized", "_palettized", "_sparsified", "_weight"] where path.hasSuffix(suffix) {
      path = path.dropLast(suffix.count)
    }
    return String(path)
  }

  // MARK: Entries

  private static func entries(_ value: RecipeValue?, _ field: String) throws(CompressionError) -> [(String, RecipeValue)] {
    switch value ?? .null {
    case .null, .list([]): return []
    case .dictionary(let entries): return entries.sorted { $0.key < $1.key }
    case let other: throw .recipe(problem: "\(field) must be a table, found \(other)")
    }
  }

  private static func setting(
    _ type: any TrainingMethod.Type, _ value: RecipeValue, _ base: [String: RecipeValue], _ place: String
  ) throws(CompressionError) -> Setting {
    switch value {
    case .bool(false), .null: return .leave
    case .bool(true), .list([]): return .apply([try type.init(base)])
    case .dictionary(let own): return .apply([try type.init(base.merging(own) { $1 })])
    case .list(let all):
      var methods: [any TrainingMethod] = []
      for entry in all {
        guard case .apply(let made) = try setting(type, entry, base, place), made.count == 1 else {
          throw .recipe(problem: "\(place) must be a list of tables of options, found \(entry) in it")
        }
        methods += made
      }
      return .apply(methods)
    default: throw .recipe(problem: "\(place) must be a table of options, a list of them, or false, found \(value)")
    }
  }
}
