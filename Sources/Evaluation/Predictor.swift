// SPDX-License-Identifier: Apache-2.0
// What the evaluator needs of a model: how to run it and how it takes batches.

import Tensors

/// Anything that turns named tensors into named tensors: a planned program, a recorded answer.
package protocol Predictor {
  /// Names of the inputs that must be given.
  var inputNames: [String] { get }
  /// How many samples one call takes.
  var batchRule: BatchRule { get }
  /// Class names in the order of the scores, for a classifier; labels given as names are matched against them.
  var classNames: [String]? { get }
  /// Class ids in the order of the scores, for a classifier whose classes are integers; labels are ids of these.
  var classIDs: [Int]? { get }
  /// Its outputs on data sets, for what is compared with it; `nil` keeps none.
  var rememberedOutputs: OutputMemory? { get }
  /// The first element of a tensor that an input cannot hold.
  func unfitElement(of tensor: Tensor, for input: String) -> UnfitElement?
  /// What may be wrong with values that an input can hold, in words.
  func doubt(about tensor: Tensor, for input: String) -> String?
  /// Runs the model. The first axis of every input is the batch (unless the rule is `.unbatched`), and so is every output's.
  func predict(_ inputs: [String: Tensor]) throws -> [String: Tensor]
  /// How many calls can run at once.
  var concurrency: Int { get }
  /// Runs the model on the inputs of several calls, with the bits that the calls have one after the other.
  func predict(calls: [[String: Tensor]]) throws -> [[String: Tensor]]
}

extension Predictor {
  package var classNames: [String]? { nil }
  package var classIDs: [Int]? { nil }
  package var rememberedOutputs: OutputMemory? { nil }
  package func unfitElement(of tensor: Tensor, for input: String) -> UnfitElement? { nil }
  package func doubt(about tensor: Tensor, for input: String) -> String? { nil }
  package var concurrency: Int { 1 }
  package func predict(calls: [[String: Tensor]]) throws -> [[String: Tensor]] { try calls.map(predict) }
}
