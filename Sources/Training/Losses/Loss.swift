// SPDX-License-Identifier: Apache-2.0
// The protocol of losses: options, and the operations that compute a scalar from outputs and labels.

import MIL
import Operators
import Options
import Tensors

/// A loss.
///
/// To add one, define a type in this folder and add it to `Losses.all`.
package protocol Loss: Configurable {
  static var summary: String { get }
  /// The values that outputs are compared with.
  var target: LossTarget { get }
  /// Checks labels for errors that no operator would detect.
  ///
  /// - Parameter output: the shape of the output.
  func check(_ labels: Tensor, output: Shape) throws
  /// Emits the loss, which is a scalar.
  func emit(_ context: LossContext) throws -> TypedValue
}

extension Loss {
  package func check(_ labels: Tensor, output: Shape) throws {}
}

/// The values that a loss compares outputs with.
package enum LossTarget: Sendable {
  case labels
  /// The outputs of another model, and optionally labels.
  case reference
}

/// The inputs of a loss.
package struct LossContext {
  package let emitter: Emitter
  /// The function with all operations before the loss.
  package let function: Function
  /// The output of the model.
  package let output: TypedValue
  package let labels: TypedValue?
  /// The corresponding output of another model.
  package let reference: TypedValue?

  package init(
    emitter: Emitter, function: Function, output: TypedValue, labels: TypedValue?, reference: TypedValue?
  ) {
    self.emitter = emitter
    self.function = function
    self.output = output
    self.labels = labels
    self.reference = reference
  }

  /// The labels, or an error that explains why they are required.
  func neededLabels(_ loss: String) throws -> TypedValue {
    guard let labels else { throw TrainingError.loss(name: loss, problem: "the data has no labels") }
    return labels
  }

  func neededReference(_ loss: String) throws -> TypedValue {
    guard let reference else {
      throw TrainingError.loss(name: loss, problem: "give the other model: loss = { type = \"\(loss)\", teacher = model }")
    }
    return reference
  }

  /// The argument of the softmax that produces the value, if any.
  package func logits(of value: TypedValue) throws -> TypedValue? {
    let uses = UseMap(function)
    var name = value.name
    while let current = name, let location = uses.producer(of: current), location.depth == 0,
      let traits = Catalog.known(function.block[location])?.activations
    {
      let input = function.block[location].bindings("x")?.first?.name
      if traits.isSoftmax { return try input.map(emitter.value) }
      guard traits.isCopy else { return nil }
      name = input
    }
    return nil
  }
}

package enum Losses {
  /// All losses.
  package static let all: [any Loss.Type] = [
    CrossEntropyLoss.self, MeanSquaredLoss.self, MeanAbsoluteLoss.self, CosineLoss.self,
    DivergenceLoss.self,
  ]

  /// The loss with the given name.
  package static func make(_ name: String, _ options: [String: OptionValue]) throws -> any Loss {
    guard let loss = all.first(where: { $0.name == name }) else {
      throw TrainingError.unknown(what: "loss", name: name, known: all.map { $0.name })
    }
    return try loss.init(options)
  }
}
