// SPDX-License-Identifier: Apache-2.0
// The list of techniques.

import Options

/// The available techniques, for recipes, Lua, help and completion.
package struct Techniques: Sendable {
  package let all: [TechniqueKind]

  package init(_ all: [TechniqueKind]) { self.all = all }

  /// The list with one more technique, in place of one of the same name.
  package func adding(_ kind: TechniqueKind) -> Techniques { Techniques(all.filter { $0.name != kind.name } + [kind]) }

  /// All built-in techniques.
  package static let standard = Techniques([
    TechniqueKind(LinearQuantization.self),
    TechniqueKind(Palettization.self),
    TechniqueKind(MagnitudePruning.self),
    TechniqueKind(ThresholdPruning.self),
  ])

  /// The steps, without duplicates.
  package var steps: [TechniqueStep] {
    var seen: Set<String> = []
    return all.map { $0.step }.filter { seen.insert($0.name).inserted }
  }

  /// The names of the steps.
  package var names: [String] { steps.map(\.name) }

  /// All suffixes that the techniques may append to the name of a weight.
  package var suffixes: [String] { all.flatMap { $0.suffixes }.uniqued() }

  /// Whether the sizes of the step's results depend on values.
  package func dependsOnValues(step: String) -> Bool { all.contains { $0.name == step && $0.dependsOnValues } }

  /// The technique of a configuration class of coremltools, or of a script by its name.
  package func type(configType: String) throws(CompressionError) -> TechniqueKind {
    guard let kind = all.first(where: { $0.configType == configType }) else {
      throw .unknownTechnique(name: configType, known: all.map { $0.configType })
    }
    return kind
  }

  /// The technique for a step in Lua. If several techniques share the step, the options determine which one.
  ///
  /// - Throws: `OptionError`, or `CompressionError.unknownTechnique`.
  package func make(step: String, _ values: [String: OptionValue]) throws -> any Technique {
    let kinds = all.filter { $0.name == step }
    guard !kinds.isEmpty else { throw CompressionError.unknownTechnique(name: step, known: names) }
    let known = options(step: step)
    if let stranger = values.keys.sorted().first(where: { name in !known.contains { $0.name == name } }) {
      throw OptionError.unknown(stranger, of: step, among: known)
    }
    let fitting = kinds.first { kind in
      values.keys.allSatisfy { key in kind.declarations.contains { $0.name == key } }
    }
    guard let fitting else {
      throw OptionError.combination(
        of: step,
        problem: "the options \(values.keys.sorted().joined(separator: ", ")) exclude each other")
    }
    return try fitting.make(values)
  }

  /// The options of an entry of a step's recipe, which inherits from the entries above it.
  package func inherited(step: String, base: [String: OptionValue], own: [String: OptionValue]) -> [String: OptionValue] {
    all.first { $0.name == step }?.inherited(base, own) ?? own
  }

  /// All options of a step, in order of declaration.
  package func options(step: String) -> [OptionDeclaration] {
    var seen: Set<String> = []
    return all.filter { $0.name == step }.flatMap { $0.declarations }.filter {
      seen.insert($0.name).inserted
    }
  }
}

extension Array where Element: Hashable {
  /// The elements without repetitions, in order.
  func uniqued() -> [Element] {
    var seen: Set<Element> = []
    return filter { seen.insert($0).inserted }
  }
}
