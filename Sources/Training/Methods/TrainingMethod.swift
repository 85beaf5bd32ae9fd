// SPDX-License-Identifier: Apache-2.0
// What a training-time method is: options, and what it does with a weight.

import Compression
import MIL

/// A way to compress weights while they are trained.
///
/// To add one: a type in this folder, and its row in `TrainingMethods.all`. Lua's method, its options, help, reference,
/// report and checkpoint follow.
package protocol TrainingMethod: Optioned {
  /// coremltools' configuration class of the same options.
  static var configType: String { get }
  static var summary: String { get }
  static var source: String { get }
  /// Place among the methods of one weight: what comes first works on the weight itself.
  static var order: Int { get }
  /// What a weight's name gets appended when it is stored so.
  static var suffix: String { get }
  /// Types of operators whose weights it takes where nobody names others.
  static var operatorTypes: Set<String> { get }
  /// Only weights of more elements are taken.
  var weightThreshold: Int { get }
  /// The opset that the finished model needs.
  func requirement(_ context: MethodContext) -> (opset: Opset, feature: String)?
  /// The method at work on a weight.
  ///
  /// - Throws: `MethodSkip` to leave the weight alone.
  func transform(_ weight: TrainedWeight, _ context: MethodContext) throws -> any WeightTransform
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

/// A method as a row of the list.
package struct MethodRow: Sendable {
  package let name: String
  package let configType: String
  package let summary: String
  package let source: String
  package let options: [OptionDeclaration]
  package let make: @Sendable ([String: RecipeValue]) throws -> any TrainingMethod

  init<M: TrainingMethod>(_ type: M.Type) {
    name = M.name
    configType = M.configType
    summary = M.summary
    source = M.source
    options = M.options.map(\.declaration)
    make = { try M($0) }
  }
}

package enum TrainingMethods {
  /// Every method.
  package static let all: [MethodRow] = [
    MethodRow(MagnitudePruner.self), MethodRow(DKMPalettizer.self), MethodRow(LinearQuantizer.self),
  ]
}
