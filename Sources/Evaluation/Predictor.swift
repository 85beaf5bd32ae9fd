// SPDX-License-Identifier: Apache-2.0
// The interface of models to the evaluator: prediction and batch sizes.

import Tensors

/// A function from named tensors to named tensors, such as a planned program or recorded outputs.
package protocol Predictor {
  /// The names of the required inputs.
  var inputNames: [String] { get }
  /// Inputs among them that follow from the others, so that data may lack them: positions and masks of language models.
  var suppliedInputs: Set<String> { get }
  /// The number of samples per call.
  var batchRule: BatchRule { get }
  /// Class names in the order of the scores, for a classifier. Labels given as names are mapped to them.
  var classNames: [String]? { get }
  /// The class ids in the order of the scores, for a classifier with integer classes. Labels are these ids.
  var classIDs: [Int]? { get }
  /// A cache of the outputs on data sets, for comparisons; `nil` for no caching.
  var rememberedOutputs: OutputMemory? { get }
  /// The first element of a tensor that the dtype of an input cannot represent.
  func unfitElement(of tensor: Tensor, for input: String) -> UnfitElement?
  /// A warning about values that an input accepts but that are probably not intended; `nil` if there is none.
  func doubt(about tensor: Tensor, for input: String) -> String?
  /// Runs the model. The first axis of every input and output is the batch axis (unless the rule is `.unbatched`).
  func predict(_ inputs: [String: Tensor]) throws -> [String: Tensor]
  /// How many calls can run at once.
  var concurrency: Int { get }
  /// Runs the model on the inputs of several calls, with the bits that the calls have one after the other.
  func predict(calls: [[String: Tensor]]) throws -> [[String: Tensor]]
}

extension Predictor {
  package var suppliedInputs: Set<String> { [] }
  package var classNames: [String]? { nil }
  package var classIDs: [Int]? { nil }
  package var rememberedOutputs: OutputMemory? { nil }
  package func unfitElement(of tensor: Tensor, for input: String) -> UnfitElement? { nil }
  package func doubt(about tensor: Tensor, for input: String) -> String? { nil }
  package var concurrency: Int { 1 }
  package func predict(calls: [[String: Tensor]]) throws -> [[String: Tensor]] { try calls.map(predict) }
}
