// SPDX-License-Identifier: Apache-2.0
// What the evaluator needs of a model: how to run it and how it takes batches.

import Tensors

/// Anything that turns named tensors into named tensors: a planned program, a closure, a recorded answer.
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
}

extension Predictor {
  package var classNames: [String]? { nil }
  package var classIDs: [Int]? { nil }
  package var rememberedOutputs: OutputMemory? { nil }
  package func unfitElement(of tensor: Tensor, for input: String) -> UnfitElement? { nil }
  package func doubt(about tensor: Tensor, for input: String) -> String? { nil }
}

/// A predictor made of a closure.
package struct ClosurePredictor: Predictor {
  package let inputNames: [String]
  package let batchRule: BatchRule
  package let classNames: [String]?
  private let body: ([String: Tensor]) throws -> [String: Tensor]

  package init(
    inputNames: [String], batchRule: BatchRule = .any, classNames: [String]? = nil,
    body: @escaping ([String: Tensor]) throws -> [String: Tensor]
  ) {
    self.inputNames = inputNames
    self.batchRule = batchRule
    self.classNames = classNames
    self.body = body
  }

  package func predict(_ inputs: [String: Tensor]) throws -> [String: Tensor] { try body(inputs) }
}
