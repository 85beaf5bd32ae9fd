// SPDX-License-Identifier: Apache-2.0
// Techniques that a script defines while Wane runs: the protocol of techniques with a function behind it.

import Encodings
import MIL
import Options
import Tensors
import WeightStorage

/// What a script declares of a technique.
package final class TechniqueDefinition: Sendable {
  /// Compresses one weight: the encoding of the weight or of its rows (`WeightContext.layout`).
  ///
  /// It is called on the thread that compresses. It throws `SkipReason` to leave the weight alone.
  package typealias Body = @Sendable (_ options: [String: OptionValue], WeightContext) throws -> EncodedWeight

  package let name: String
  package let doc: String
  package let options: [ScriptedOption]
  /// Names of statistics without which the technique cannot work.
  package let needs: [String]
  /// The SHA-256 of the function, in hexadecimal digits.
  package let digest: String
  fileprivate let body: Body

  /// The statistics that a technique may need.
  package static let statistics = ["second_moments", "mean", "absmax", "squared_gradients"]

  /// - Parameter options: `weight_threshold` is added if it is not among them.
  package init(
    name: String, doc: String, options: [ScriptedOption], needs: [String], digest: String, body: @escaping Body
  ) {
    self.name = name
    self.doc = doc
    let hasThreshold = options.contains { $0.name == ScriptedOption.weightThreshold.name }
    self.options = options + (hasThreshold ? [] : [.weightThreshold])
    self.needs = needs
    self.digest = digest
    self.body = body
  }

  /// The technique for the list of techniques.
  package var kind: TechniqueKind {
    TechniqueKind(
      TechniqueStep(name, doc, example: "model:compress{ { \"\(name)\" } }"), action: name, suffixes: WeightSuffix.all,
      declarations: options.map(\.declaration), digest: digest
    ) { try ScriptedTechnique(self, $0) }
  }
}

/// A technique of a script with its options.
package struct ScriptedTechnique: Technique {
  private let definition: TechniqueDefinition
  /// A value for every option.
  private let values: [String: OptionValue]

  /// - Throws: `OptionError` for an unknown option or a value of another type than the default.
  package init(_ definition: TechniqueDefinition, _ given: [String: OptionValue]) throws(OptionError) {
    self.definition = definition
    var values: [String: OptionValue] = [:]
    for option in definition.options { values[option.name] = option.standard }
    for (name, value) in given.sorted(by: { $0.key < $1.key }) {
      guard let option = definition.options.first(where: { $0.name == name }) else {
        throw .unknown(name, of: definition.name, among: definition.options.map(\.declaration))
      }
      values[name] = try option.read(value, of: definition.name)
    }
    self.values = values
  }

  package static func == (a: ScriptedTechnique, b: ScriptedTechnique) -> Bool {
    a.definition === b.definition && a.values == b.values
  }

  package var kind: TechniqueKind { definition.kind }
  package var changedOptions: [String: OptionValue] {
    let standard = Dictionary(definition.options.map { ($0.name, $0.standard) }, uniquingKeysWith: { first, _ in first })
    return values.filter { $0.value != standard[$0.key] }
  }
  package var idleOptions: [String: OptionSetting] { [:] }
  package var weightThreshold: Int {
    if case .integer(let threshold)? = values[ScriptedOption.weightThreshold.name] { threshold } else { 0 }
  }
  package var callsScript: Bool { true }
  package var needs: [String] { definition.needs }
  package var looksAtStoredValues: Bool { false }
  package var replacesStorage: Bool { true }
  package func suffix(of made: EncodedWeight) -> String { made.suffix }
  /// What the function returns decides, and is checked when it does.
  package func joint(with present: EncodingScheme) -> JointRule { .allowed }

  package func compress(_ weight: EncodedWeight, _ context: WeightContext) throws -> EncodedWeight {
    let made = try definition.body(values, context)
    do { return try made.fitted(to: weight, layout: context.layout(weight.shape)) } catch let misfit as WeightMisfit {
      throw CompressionError.script(technique: definition.name, weight: context.name, problem: misfit.problem)
    }
  }
}

extension WeightContext {
  /// How a weight of that shape becomes a matrix with a row for each output channel.
  package func layout(_ shape: Shape) -> RowLayout { RowLayout(shape, outputAxis: outputAxis) }
}
