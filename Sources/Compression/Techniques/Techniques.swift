// SPDX-License-Identifier: Apache-2.0
// The list of techniques.

/// A technique as a row of the list: what recipes, help and completion need, without its Swift type.
package struct TechniqueRow: Sendable {
  package let name: String
  package let configType: String
  package let summary: String
  package let source: String
  package let options: [OptionDeclaration]
  /// The technique with the given options.
  package let make: @Sendable ([String: RecipeValue]) throws(CompressionError) -> any Technique

  init<T: Technique>(_ type: T.Type) {
    name = T.name
    configType = T.configType
    summary = T.summary
    source = T.source
    options = T.options.map(\.declaration)
    make = { (values) throws(CompressionError) in try T(values) }
  }
}

package enum Techniques {
  /// The row of a configuration class of coremltools.
  package static func row(configType: String) throws(CompressionError) -> TechniqueRow {
    guard let row = all.first(where: { $0.configType == configType }) else {
      throw .unknownTechnique(name: configType, known: all.map(\.configType))
    }
    return row
  }

  /// The technique that a step of Lua means.
  ///
  /// `prune` has two kinds, which the options tell apart.
  package static func make(step: String, _ values: [String: RecipeValue]) throws(CompressionError)
    -> any Technique
  {
    let rows = all.filter { $0.name == step }
    guard !rows.isEmpty else { throw .unknownTechnique(name: step, known: names) }
    let known = Set(rows.flatMap { $0.options.map(\.name) })
    if let stranger = values.keys.sorted().first(where: { !known.contains($0) }) {
      throw .unknownOption(
        technique: step, option: stranger, known: rows.flatMap { $0.options.map(\.name) }.uniqued())
    }
    let fitting = rows.first { row in
      values.keys.allSatisfy { key in row.options.contains { $0.name == key } }
    }
    guard let fitting else {
      throw .options(
        technique: step,
        problem: "the options \(values.keys.sorted().joined(separator: ", ")) exclude each other")
    }
    return try fitting.make(values)
  }

  /// The steps' names.
  package static var names: [String] { all.map(\.name).uniqued() }

  /// All options of a step, in order of declaration.
  package static func options(step: String) -> [OptionDeclaration] {
    var seen: Set<String> = []
    return all.filter { $0.name == step }.flatMap(\.options).filter {
      seen.insert($0.name).inserted
    }
  }

  /// Every technique.
  package static let all: [TechniqueRow] = [
    TechniqueRow(LinearQuantization.self),
    TechniqueRow(Palettization.self),
    TechniqueRow(MagnitudePruning.self),
    TechniqueRow(ThresholdPruning.self),
  ]
}

extension Array where Element: Hashable {
  /// The elements without repetitions, in order.
  func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
