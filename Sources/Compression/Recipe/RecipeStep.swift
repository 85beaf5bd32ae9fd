// SPDX-License-Identifier: Apache-2.0
// The steps that were or are to be applied to a model.

import MIL
import Options
import Rules

/// A compression step, as stored in recipes and in the history of a model.
package enum RecipeStep: Sendable, Equatable {
  /// A technique (`quantize`, …) with its options in either format that `Recipe` reads.
  case compress(technique: String, OptionValue)
  case decompress
  case retarget(Opset)

  /// Reads one step: a coremltools configuration, `{step: decompress}` or `{step: retarget, target: iOS18}`.
  ///
  /// - Throws: `RuleError` or `CompressionError` if the value is not a step.
  package init(_ value: OptionValue, techniques: Techniques = .standard) throws {
    guard case .dictionary(let fields) = value else {
      throw RuleError.malformed(problem: "a step must be a table of options, found \(value.kind)")
    }
    switch fields["step"] {
    case nil:
      self = .compress(technique: try Self.technique(fields, techniques), value)
    case .string("decompress"): self = .decompress
    case .string("retarget"):
      guard case .string(let target)? = fields["target"], let opset = Opset(target: target) else {
        throw RuleError.malformed(problem: "retarget needs a target, one of \(Opset.targets)")
      }
      self = .retarget(opset)
    case let other?:
      throw RuleError.malformed(problem: "there is no step \(other)")
    }
  }

  /// The technique of the first configuration class that is found.
  private static func technique(_ fields: [String: OptionValue], _ techniques: Techniques) throws -> String {
    guard case .string(let type)? = fields["config_type"] else {
      let known = techniques.all.map { $0.configType }.joined(separator: ", ")
      throw RuleError.malformed(problem: "config_type must be given, one of \(known)")
    }
    return try techniques.type(configType: type).name
  }

  /// The step in the form that `init` reads, with the options unchanged.
  package var value: OptionValue {
    switch self {
    case .compress(_, let options): options
    case .decompress: .dictionary(["step": .string("decompress")])
    case .retarget(let opset): .dictionary(["step": .string("retarget"), "target": .string("\(opset)")])
    }
  }

  // MARK: Several

  /// Reads one step, or a list of them.
  package static func steps(_ value: OptionValue, techniques: Techniques = .standard) throws -> [RecipeStep] {
    guard case .list(let items) = value else { return [try RecipeStep(value, techniques: techniques)] }
    var steps: [RecipeStep] = []
    for item in items { steps.append(try RecipeStep(item, techniques: techniques)) }
    return steps
  }

  /// The steps in the form that `steps(_:)` reads. A single step is not enclosed in a list, so that coremltools can
  /// read it.
  package static func value(_ steps: [RecipeStep]) -> OptionValue {
    steps.count == 1 ? steps[0].value : .list(steps.map(\.value))
  }
}

extension Opset {
  /// The opset of a deployment target such as `iOS18`, compared without regard to case.
  package init?(target: String) {
    guard let found = Opset.allCases.first(where: { "\($0)".lowercased() == target.lowercased() }) else { return nil }
    self = found
  }

  /// A text with all targets.
  package static var targets: String { allCases.map { "\($0)" }.joined(separator: ", ") }
}
