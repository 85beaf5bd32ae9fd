// SPDX-License-Identifier: Apache-2.0
// What the evaluator needs of a model: how to run it and how it takes batches.

import Tensors

/// A function from named tensors to named tensors, such as a planned program or recorded outputs.
package protocol Predictor {
  /// Names of the inputs that must be given.
  var inputNames: [String] { get }
  /// How many samples one call takes.
  var batchRule: BatchRule { get }
  /// Class names in the order of the scores, for a classifier; labels given as names are matched against them.
  var classNames: [String]? { get }
  /// The class ids in the order of the scores, for a classifier with integer classes. Labels are these ids.
  var classIDs: [Int]? { get }
  /// A cache of the outputs on data sets, for comparisons; `nil` for no caching.
  var rememberedOutputs: OutputMemory? { get }
  /// The first element of a tensor that the dtype of an input cannot represent.
  func unfitElement(of tensor: Tensor, for input: String) -> UnfitElement?
  /// A warning about values that an input accepts but that are probably not intended; `nil` if there is none.
  func doubt(about tensor: Tensor, for input: String) -> String?
  /// Runs the model. The first axis of every input is the batch (unless the rule is `.unbatched`), and so is every output's.
  func predict(_ inputs: [String: Tensor]) throws -> [String: Tensor]
}

extension Predictor {
  package var classNames: [String]? { nil }
  package var classIDs: [Int]? { nil }
  package var rememberedOutputs: OutputMemory? { nil }
  package func unfitElement(of tensor: Tensor, for input: String) -> UnfitElement? { nil }
  package func doubt(about tensor: Tensor, for input: String) -> String? { nil }
}
