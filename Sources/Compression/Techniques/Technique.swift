// SPDX-License-Identifier: Apache-2.0
// What a compression technique is: options, and a pure function from a weight to its encoding.

import Encodings
import MIL
import Options
import Tensors
import WeightStorage

/// A way to compress weights, with its options as properties.
///
/// Pure: a weight and what is known of its place in the program go in, an encoding or the reason for leaving it comes out.
package protocol Technique: Configurable, Equatable {
  /// The recipe step that this technique implements. Several techniques may share a step.
  static var step: TechniqueStep { get }
  /// coremltools' configuration class of the same options.
  static var configType: String { get }
  /// First line of help.
  static var summary: String { get }
  /// Where the method is described.
  static var source: String { get }
  /// What the report says was done: `quantized`.
  static var action: String { get }
  /// All suffixes that the technique may append to the name of a weight, such as `_quantized`.
  static var suffixes: [String] { get }
  /// Whether the size of the result depends on the values of the weight. If so, the report of a later step can only
  /// be predicted after this step has been executed.
  static var dependsOnValues: Bool { get }
  /// Only weights of more elements are compressed.
  var weightThreshold: Int { get }
  /// Checks whether these options are supported for an operator type. `table` describes the weights of each operator
  /// type.
  func validate(operatorType: String, _ table: WeightTable) throws(CompressionError)
  /// The newest opset that some option needs, with the words for it; `nil` when iOS16 will do.
  var requirement: (opset: Opset, feature: String)? { get }
  /// The suffix, one of `suffixes`, for a weight stored in this form.
  func suffix(of made: EncodedWeight) -> String
  /// Whether the technique calls a Lua function, which must run on the caller's thread.
  var callsScript: Bool { get }
  /// Whether the channel axes of the consumers matter.
  var needsAxes: Bool { get }
  /// Whether a compressed weight is compressed further as it is stored: its codes, its table, the values under its mask.
  /// Otherwise its decoded values count.
  var looksAtStoredValues: Bool { get }
  /// Why the options cannot follow what was done to a weight before; `nil` when they can.
  func joint(with present: EncodingScheme) -> JointRule
  /// Compresses one weight.
  ///
  /// - Throws: `SkipReason` to leave the weight, `CompressionError` to give up, or what a user's function throws.
  func compress(_ weight: EncodedWeight, _ context: WeightContext) throws -> EncodedWeight
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

/// What a technique does with a weight that is compressed already.
package enum JointRule: Equatable, Sendable {
  case allowed
  case refused(reason: String)
}

extension Technique {
  package static var name: String { step.name }
  package static var dependsOnValues: Bool { false }
  package func suffix(of made: EncodedWeight) -> String { Self.suffixes[0] }
  package var callsScript: Bool { false }
  package func validate(operatorType: String, _ table: WeightTable) throws(CompressionError) {}
  package var requirement: (opset: Opset, feature: String)? { nil }
  package var needsAxes: Bool { true }
  package var looksAtStoredValues: Bool { true }

  /// `palettize {nbits: 4}`: what conflicts and histories show.
  package var summaryOfOptions: String { "\(Self.name) \(OptionValue.dictionary(changedOptions))" }

  func isEqual(to other: any Technique) -> Bool { (other as? Self) == self }
}

/// What a technique knows of a weight besides its elements.
package struct WeightContext: Sendable {
  /// The weight's name, for errors.
  package var name: String
  /// Axes of output and input channels, counted from the front; `nil` when the consumers disagree.
  package var outputAxis: Int?
  package var inputAxis: Int?
  package var consumers: [Consumer]
  package var opset: Opset
  /// Whether the weight was named in the recipe.
  package var isNamed: Bool
  /// Whether to follow coremltools where Wane would do otherwise.
  package var compatible: Bool
  /// Whether to leave out the expensive search and give an encoding of the right size only.
  package var isDryRun: Bool
  package var isCancelled: @Sendable () -> Bool

  package init(
    name: String, outputAxis: Int? = 0, inputAxis: Int? = 1, consumers: [Consumer] = [],
    opset: Opset = .iOS18, isNamed: Bool = false,
    compatible: Bool = false, isDryRun: Bool = false,
    isCancelled: @escaping @Sendable () -> Bool = { false }
  ) {
    self.name = name
    self.outputAxis = outputAxis
    self.inputAxis = inputAxis
    self.consumers = consumers
    self.opset = opset
    self.isNamed = isNamed
    self.compatible = compatible
    self.isDryRun = isDryRun
    self.isCancelled = isCancelled
  }

  func checkCancelled() throws {
    if isCancelled() { throw CompressionError.cancelled }
  }

  /// Both axes, or the reason why there are none.
  func axes() throws(SkipReason) -> (output: Int, input: Int) {
    guard let outputAxis, let inputAxis else {
      throw .unsettledAxes(consumers: consumers.map(\.operatorName))
    }
    return (outputAxis, inputAxis)
  }
}

extension Option where Root: Technique {
  /// The option `weight_threshold`, which every technique has.
  package static func weightThreshold(_ path: any WritableKeyPath<Root, Int> & Sendable) -> Self {
    .integer("weight_threshold", path, in: 0...Int.max, "only weights of more elements are \(Root.action)")
  }
}
