// SPDX-License-Identifier: Apache-2.0
// Which weights a method works on, with which options.

import Compression

/// A method for all weights, and others for types of operators, names and patterns of names.
///
/// As with compression without data, the name of a weight goes before that of an operator, names before patterns, patterns
/// before types, types before the rest; an entry starts from the options above it.
package struct MethodRule: Sendable {
  package enum Setting: Sendable {
    case leave
    case apply(any TrainingMethod)
  }

  package struct Pattern: Sendable {
    let text: String
    let matches: @Sendable (String) throws -> Bool
    let setting: Setting
  }

  package let method: String
  /// As it was asked for, for checkpoints and histories.
  package let configuration: [String: RecipeValue]
  private let global: Setting
  private let types: [String: Setting]
  private let names: [String: Setting]
  private let patterns: [Pattern]

  /// The method for whatever no entry speaks of.
  var standard: (any TrainingMethod)? { global.method }

  /// The options that stand beside those of the method itself.
  package static let common = ["op_types", "op_names", "op_patterns"]

  /// - Parameter compile: makes a test of a pattern.
  package init(
    _ row: MethodRow, _ fields: [String: RecipeValue], compile: (String) throws -> @Sendable (String) throws -> Bool
  ) throws {
    method = row.name
    configuration = fields
    let base = fields.filter { !Self.common.contains($0.key) }
    func setting(_ value: RecipeValue, _ place: String) throws -> Setting {
      switch value {
      case .bool(false), .null: return .leave
      case .bool(true): return .apply(try row.make(base))
      case .dictionary(let own): return .apply(try row.make(base.merging(own) { $1 }))
      case .list([]): return .apply(try row.make(base))
      default: throw CompressionError.recipe(problem: "\(place) must be a table of options, or false, found \(value)")
      }
    }
    func table(_ option: String) throws -> [String: Setting] {
      switch fields[option] ?? .null {
      case .null, .list([]): return [:]
      case .dictionary(let entries):
        return Dictionary(uniqueKeysWithValues: try entries.map { ($0.key, try setting($0.value, "\(option).\($0.key)")) })
      case let other: throw CompressionError.recipe(problem: "\(option) must be a table, found \(other)")
      }
    }
    global = .apply(try row.make(base))
    types = try table("op_types")
    names = try table("op_names")
    guard case .list(let listed) = fields["op_patterns"] ?? .list([]) else {
      throw CompressionError.recipe(problem: "op_patterns must be a sequence of { pattern, options }")
    }
    patterns = try listed.map { entry in
      guard case .list(let pair) = entry, pair.count == 2, case .string(let text) = pair[0] else {
        throw CompressionError.recipe(problem: "op_patterns must be a sequence of { pattern, options }, found \(entry)")
      }
      return Pattern(text: text, matches: try compile(text), setting: try setting(pair[1], "op_patterns \"\(text)\""))
    }
  }

  /// The method with the options for a weight; `nil` to leave it alone.
  ///
  /// - Parameters:
  ///   - names: the weight's, then those of the operators that read it.
  ///   - type: of the operator that reads it.
  package func setting(names candidates: [String], type: String, fits: (any TrainingMethod) -> Bool) throws -> (any TrainingMethod)? {
    if let setting = candidates.lazy.compactMap({ names[$0] }).first { return setting.method }
    for pattern in patterns where try candidates.contains(where: pattern.matches) { return pattern.setting.method }
    if let setting = types[type] { return setting.method }
    guard let method = global.method, fits(method) else { return nil }
    return method
  }
}

extension MethodRule.Setting {
  fileprivate var method: (any TrainingMethod)? { if case .apply(let method) = self { method } else { nil } }
}
