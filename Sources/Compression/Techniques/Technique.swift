// SPDX-License-Identifier: Apache-2.0
// The protocol of compression techniques: options, and a pure function from a weight to its encoding.

import Calibration
import Encodings
import MIL
import Options
import Tensors
import WeightStorage

/// A compression technique with its options set.
///
/// It is a pure function: from a weight and its context in the program to an encoding, or to a reason for skipping
/// it.
package protocol Technique: Equatable, Sendable {
  /// What help, recipes and reports say of it.
  var kind: TechniqueKind { get }
  /// The options that differ from their defaults, by name.
  var changedOptions: [String: OptionValue] { get }
  /// The options that have no effect with the current settings, each with the setting that would give it one.
  var idleOptions: [String: OptionSetting] { get }
  /// Only weights with more elements are compressed.
  var weightThreshold: Int { get }
  /// Checks whether these options are supported for an operator type. `table` describes the weights of each operator
  /// type.
  func validate(operatorType: String, _ table: WeightTable) throws(CompressionError)
  /// The newest opset that the options require, with a description of the feature; `nil` if iOS16 is sufficient.
  var requirement: (opset: Opset, feature: String)? { get }
  /// The suffix, one of the kind's suffixes, for a weight stored in this form.
  func suffix(of made: EncodedWeight) -> String
  /// Whether the technique calls a Lua function, which must run on the caller's thread.
  var callsScript: Bool { get }
  /// Whether the result depends on the channel axes of the consumers.
  var needsAxes: Bool { get }
  /// The statistics that the technique reads, such as `second_moments`; empty for one that needs no data.
  var needs: [String] { get }
  /// The value of the option `algorithm`; empty for a technique without it.
  var algorithmName: String { get }
  /// Whether a compressed weight is compressed further in its stored form: its codes, its table, the values under its
  /// mask. Otherwise its decoded values are compressed.
  var looksAtStoredValues: Bool { get }
  /// Whether the result takes the place of what a compressed weight is stored as, so that no joint format is needed.
  var replacesStorage: Bool { get }
  /// Whether the technique can be applied to a weight with this encoding, or the reason why not.
  func joint(with present: EncodingScheme) -> JointRule
  /// Computes what all weights with these statistics share.
  func prepare(_ statistics: WeightStatistics)
  /// Compresses a weight.
  ///
  /// - Throws: `SkipReason` to skip the weight, `CompressionError` to abort, or any error from a user-defined
  ///   function.
  func compress(_ weight: EncodedWeight, _ context: WeightContext) throws -> EncodedWeight
}

/// A technique that is a Swift type with its options as properties.
package protocol DeclaredTechnique: Technique, Configurable {
  /// The recipe step that this technique implements. Several techniques may share a step.
  static var step: TechniqueStep { get }
  /// The coremltools configuration class with the same options.
  static var configType: String { get }
  /// The first line of help.
  static var summary: String { get }
  /// The publication that describes the method.
  static var source: String { get }
  /// The action in reports: `quantized`.
  static var action: String { get }
  /// All suffixes that the technique may append to the name of a weight, such as `_quantized`.
  static var suffixes: [String] { get }
  /// Whether the size of the result depends on the values of the weight. If so, the report of a later step can only
  /// be predicted after this step has been executed.
  static var dependsOnValues: Bool { get }
}

extension DeclaredTechnique {
  package static var name: String { step.name }
  package static var dependsOnValues: Bool { false }
  package var kind: TechniqueKind { TechniqueKind(Self.self) }
  package func suffix(of made: EncodedWeight) -> String { Self.suffixes[0] }

  package var algorithmName: String {
    guard case .string(let name)? = optionValues["algorithm"] else { return "" }
    return name
  }
}

/// A recipe step as presented in Lua and the help.
package struct TechniqueStep: Sendable, Equatable {
  /// The name, such as `quantize`.
  package let name: String
  /// A sentence that describes the method of that name.
  package let summary: String
  /// An example call of the method.
  package let example: String

  package init(_ name: String, _ summary: String, example: String) {
    self.name = name
    self.summary = summary
    self.example = example
  }
}

/// How a technique handles a weight that is already compressed.
package enum JointRule: Equatable, Sendable {
  case allowed
  case refused(reason: String)
}

extension Technique {
  package var callsScript: Bool { false }
  package func validate(operatorType: String, _ table: WeightTable) throws(CompressionError) {}
  package var requirement: (opset: Opset, feature: String)? { nil }
  package var needsAxes: Bool { true }
  package var looksAtStoredValues: Bool { true }
  package var needs: [String] { [] }
  package var algorithmName: String { "" }
  package func prepare(_ statistics: WeightStatistics) {}
  package var replacesStorage: Bool { false }

  /// A summary for conflicts and histories: `palettize {nbits: 4}`.
  package var summaryOfOptions: String { "\(kind.name) \(OptionValue.dictionary(changedOptions))" }

  func isEqual(to other: any Technique) -> Bool { (other as? Self) == self }
}

/// The context of a weight for a technique.
package struct WeightContext: Sendable {
  /// The weight's name, for errors.
  package var name: String
  /// The axes of output and input channels as nonnegative indices; `nil` if the consumers disagree.
  package var outputAxis: Int?
  package var inputAxis: Int?
  package var consumers: [Consumer]
  package var opset: Opset
  /// Whether a rule names the weight.
  package var isNamed: Bool
  /// Whether to follow coremltools where Wane's default behavior differs.
  package var compatible: Bool
  /// Whether to skip the expensive search and return an encoding with the correct size only.
  package var isDryRun: Bool
  /// The weight as the inventory of the program lists it; `nil` outside of a program.
  package var entry: WeightEntry?
  package var isCancelled: @Sendable () -> Bool
  /// What calibration knows about the weight's input; `nil` without calibration, or if there is no such input.
  package var statistics: WeightStatistics?
  /// In a dry run, whether the weight will have statistics.
  package var expectsStatistics = false
  /// Called with remarks for the report.
  package var remark: @Sendable (String) -> Void = { _ in }

  package init(
    name: String, outputAxis: Int? = 0, inputAxis: Int? = 1, consumers: [Consumer] = [],
    opset: Opset = .iOS18, isNamed: Bool = false,
    compatible: Bool = false, isDryRun: Bool = false, entry: WeightEntry? = nil,
    isCancelled: @escaping @Sendable () -> Bool = { false }, statistics: WeightStatistics? = nil
  ) {
    self.name = name
    self.outputAxis = outputAxis
    self.inputAxis = inputAxis
    self.consumers = consumers
    self.opset = opset
    self.isNamed = isNamed
    self.compatible = compatible
    self.isDryRun = isDryRun
    self.statistics = statistics
    self.entry = entry
    self.isCancelled = isCancelled
  }

  /// Whether there are statistics, or will be after a dry run.
  var hasStatistics: Bool { isDryRun ? expectsStatistics : statistics != nil }

  func checkCancelled() throws {
    if isCancelled() { throw CompressionError.cancelled }
  }

  /// Both axes; throws the reason if there are none.
  func axes() throws(SkipReason) -> (output: Int, input: Int) {
    guard let outputAxis, let inputAxis else {
      throw .unsettledAxes(consumers: consumers.map(\.operatorName))
    }
    return (outputAxis, inputAxis)
  }
}

extension Option where Root: DeclaredTechnique {
  /// The option `weight_threshold`, which every technique has.
  package static func weightThreshold(_ path: any WritableKeyPath<Root, Int> & Sendable) -> Self {
    .integer("weight_threshold", path, in: 0...Int.max, "only weights with more elements are \(Root.action)")
  }
}
