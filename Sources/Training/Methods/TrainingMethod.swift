// SPDX-License-Identifier: Apache-2.0
// The protocol of training-time methods: options, and the transformation of a weight.

import MIL
import Operators
import Options

/// A method that compresses weights during training.
///
/// To add one, define a type in this folder and add it to `TrainingMethods.all`. The Lua method, its options, help,
/// reference, report and checkpoint are derived from it.
package protocol TrainingMethod: Configurable {
  /// The coremltools configuration class with the same options.
  static var configType: String { get }
  static var summary: String { get }
  static var source: String { get }
  /// The position among the methods of a weight; the first one is applied to the weight itself.
  static var order: Int { get }
  /// The suffix that is appended to the name of the stored weight.
  static var suffix: String { get }
  /// The kinds of layers whose weights the method applies to by default.
  static var layers: Set<LayerKind> { get }
  /// Only weights with more elements are compressed.
  var weightThreshold: Int { get }
  /// The quantization of activations of the operators that the method is applied to; `nil` for none.
  var activations: LinearQuantizer? { get }
  /// Whether the method determines how activations are rounded, of operators without weights too, before all other methods.
  static var governsActivations: Bool { get }
  /// Whether batch norms use their running statistics without updating them after this number of steps.
  func freezesNorms(step: Int) -> Bool
  /// The opset that the finalized model requires.
  func requirement(_ context: MethodContext) -> (opset: Opset, feature: String)?
  /// Creates the transform for a weight.
  ///
  /// - Throws: `MethodSkip` to skip the weight.
  func transform(_ weight: TrainedWeight, _ context: MethodContext) throws -> any WeightTransform
}

extension TrainingMethod {
  /// Whether the method applies to the weights of the operator type by default.
  static func takes(_ operatorType: String) -> Bool { Catalog.weightTable[operatorType].layer.map(layers.contains) ?? false }

  package var activations: LinearQuantizer? { nil }
  package static var governsActivations: Bool { false }
  package func freezesNorms(step: Int) -> Bool { false }
}

/// The context of a weight for a method.
package struct MethodContext {
  /// The names of the other methods applied to the weight.
  package let others: Set<String>
  package let opset: Opset
  /// The tables that palettization starts from; `nil` for those of least squared error.
  package let start: PaletteStart?
  /// Throws an error if the caller cancelled the work.
  package let checkCancelled: () throws -> Void

  package init(others: Set<String>, opset: Opset, start: PaletteStart? = nil, checkCancelled: @escaping () throws -> Void = {}) {
    self.start = start
    self.others = others
    self.opset = opset
    self.checkCancelled = checkCancelled
  }
}

package enum TrainingMethods {
  /// All methods.
  package static let all: [any TrainingMethod.Type] = [
    MagnitudePruner.self, DKMPalettizer.self, LinearQuantizer.self,
  ]
}
