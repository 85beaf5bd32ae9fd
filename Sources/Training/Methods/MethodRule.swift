// SPDX-License-Identifier: Apache-2.0
// Which weights a method works on, with which options.

import Compression

/// A method for all weights, and others for types of operators, names and patterns of names.
///
/// As with compression without data, the name of a weight goes before that of an operator, names before patterns, patterns
/// before types, types before the rest.
package struct MethodRule: Sendable {
  package enum Setting: Sendable {
    case leave
    /// One, or several for weights of different sizes: of those whose `weight_threshold` the weight exceeds, the greatest.
    case apply([any TrainingMethod])
  }

  struct Named: Sendable {
    let matches: @Sendable (String) throws -> Bool
    let setting: Setting
  }

  struct Typed: Sendable {
    let type: ModuleType
    let setting: Setting
  }

  package let method: String
  /// As it was asked for, for checkpoints and histories.
  package let configuration: [String: RecipeValue]
  var global = Setting.leave
  var types: [Typed] = []
  var names: [String: Setting] = [:]
  /// The first that matches counts.
  var patterns: [Named] = []

  init(method: String, configuration: [String: RecipeValue]) {
    self.method = method
    self.configuration = configuration
  }

  /// Every method that occurs, those for whatever no entry speaks of first.
  var methods: [any TrainingMethod] {
    ([global] + types.map(\.setting) + patterns.map(\.setting) + names.sorted { $0.key < $1.key }.map(\.value)).flatMap(\.methods)
  }

  /// The method with the options for a weight; `nil` to leave it alone.
  ///
  /// - Parameters:
  ///   - names: the weight's, then those of the operators that read it.
  ///   - type: of the operator that reads it.
  ///   - rank: of the weight; `nil` for an operator's activations.
  ///   - count: of its elements.
  package func setting(
    names candidates: [String], type: String, rank: Int? = nil, count: Int = .max, fits: (any TrainingMethod) -> Bool
  ) throws -> (any TrainingMethod)? {
    if let setting = candidates.lazy.compactMap({ names[$0] }).first { return setting.method(for: count) }
    for pattern in patterns where try candidates.contains(where: pattern.matches) { return pattern.setting.method(for: count) }
    if let typed = types.first(where: { $0.type.fits(type: type, rank: rank) }) { return typed.setting.method(for: count) }
    guard let method = global.method(for: count), fits(method) else { return nil }
    return method
  }
}

extension MethodRule.Setting {
  fileprivate var methods: [any TrainingMethod] { if case .apply(let all) = self { all } else { [] } }

  /// Where the weight is too small for all, the one that asks least: it tells the reason.
  fileprivate func method(for count: Int) -> (any TrainingMethod)? {
    let sorted = methods.sorted { $0.weightThreshold < $1.weightThreshold }
    return sorted.last { count > $0.weightThreshold } ?? sorted.first
  }
}
