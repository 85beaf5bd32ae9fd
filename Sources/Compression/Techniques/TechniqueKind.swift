// SPDX-License-Identifier: Apache-2.0
// What help, recipes and reports say of a technique, and how it is made from options.

import Options

/// A technique as recipes and help know it.
package struct TechniqueKind: Sendable {
  /// The recipe step that the technique implements. Several techniques may share a step.
  package let step: TechniqueStep
  /// The coremltools configuration class with the same options; for a technique of a script, its name.
  package let configType: String
  /// The first line of help.
  package let summary: String
  /// The publication that describes the method.
  package let source: String
  /// The action in reports: `quantized`.
  package let action: String
  /// All suffixes that the technique may append to the name of a weight.
  package let suffixes: [String]
  /// Whether the size of the result depends on the values of the weight.
  package let dependsOnValues: Bool
  package let declarations: [OptionDeclaration]
  /// A digest of the script that defines the technique, in hexadecimal digits; `nil` for a built-in technique.
  package let digest: String?
  /// The technique with these options.
  package let make: @Sendable (_ options: [String: OptionValue]) throws -> any Technique
  /// The options of an entry that inherits from another.
  package let inherited: @Sendable (_ base: [String: OptionValue], _ own: [String: OptionValue]) -> [String: OptionValue]

  /// The name of the step.
  package var name: String { step.name }

  package init<T: DeclaredTechnique>(_ type: T.Type) {
    step = type.step
    configType = type.configType
    summary = type.summary
    source = type.source
    action = type.action
    suffixes = type.suffixes
    dependsOnValues = type.dependsOnValues
    declarations = type.declarations
    digest = nil
    make = { try T($0) }
    inherited = { T.inherited(base: $0, own: $1) }
  }

  init(
    _ step: TechniqueStep, action: String, suffixes: [String], declarations: [OptionDeclaration], digest: String,
    make: @escaping @Sendable (_ options: [String: OptionValue]) throws -> any Technique
  ) {
    self.step = step
    configType = step.name
    summary = step.summary
    source = "defined by wane.technique"
    self.action = action
    self.suffixes = suffixes
    dependsOnValues = true
    self.declarations = declarations
    self.digest = digest
    self.make = make
    inherited = { base, own in base.merging(own) { _, own in own } }
  }
}
