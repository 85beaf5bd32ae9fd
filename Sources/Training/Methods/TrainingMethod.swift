// SPDX-License-Identifier: Apache-2.0
// What a training-time method is: options, and what it does with a weight.

import MIL
import Operators
import Options

/// A way to compress weights while they are trained.
///
/// To add one: a type in this folder, and its place in `TrainingMethods.all`. Lua's method, its options, help, reference,
/// report and checkpoint follow.
package protocol TrainingMethod: Configurable {
  /// coremltools' configuration class of the same options.
  static var configType: String { get }
  static var summary: String { get }
  static var source: String { get }
  /// Place among the methods of one weight: what comes first works on the weight itself.
  static var order: Int { get }
  /// What a weight's name gets appended when it is stored so.
  static var suffix: String { get }
  /// The kinds of layers whose weights the method applies to by default.
  static var layers: Set<LayerKind> { get }
  /// Only weights of more elements are taken.
  var weightThreshold: Int { get }
  /// How it rounds the activations of operators that it works on; `nil` for not at all.
  var activations: LinearQuantizer? { get }
  /// The opset that the finished model needs.
  func requirement(_ context: MethodContext) -> (opset: Opset, feature: String)?
  /// The method at work on a weight.
  ///
  /// - Throws: `MethodSkip` to leave the weight alone.
  func transform(_ weight: TrainedWeight, _ context: MethodContext) throws -> any WeightTransform
}

extension TrainingMethod {
  /// Whether the method applies to the weights of the operator type by default.
  static func takes(_ operatorType: String) -> Bool { Catalogue.weightTable[operatorType].layer.map(layers.contains) ?? false }

  package var activations: LinearQuantizer? { nil }
}

/// What a method knows beside the weight.
package struct MethodContext {
  /// Names of the other methods at work on the same weight.
  package let others: Set<String>
  package let opset: Opset
  /// Throws when somebody wants work to stop.
  package let checkCancelled: () throws -> Void

  package init(others: Set<String>, opset: Opset, checkCancelled: @escaping () throws -> Void = {}) {
    self.others = others
    self.opset = opset
    self.checkCancelled = checkCancelled
  }
}

package enum TrainingMethods {
  /// Every method.
  package static let all: [any TrainingMethod.Type] = [
    MagnitudePruner.self, DKMPalettizer.self, LinearQuantizer.self,
  ]
}
