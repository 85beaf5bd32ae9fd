// SPDX-License-Identifier: Apache-2.0
// What a loss is: options, and the operations that compute one number from outputs and labels.

import MIL
import Operators
import Options
import Tensors

/// A rule that says how wrong outputs are.
///
/// To add one: a type in this folder, and its place in `Losses.all`.
package protocol Loss: Configurable {
  static var summary: String { get }
  /// What it compares outputs with.
  var target: LossTarget { get }
  /// Checks labels that no operator would refuse.
  ///
  /// - Parameter output: the shape of what is judged.
  func check(_ labels: Tensor, output: Shape) throws
  /// Writes the loss; its value is a single number.
  func emit(_ context: LossContext) throws -> TypedValue
}

extension Loss {
  package func check(_ labels: Tensor, output: Shape) throws {}
}

/// What a loss compares outputs with.
package enum LossTarget: Sendable {
  case labels
  /// The outputs of another model, and labels where there are some.
  case reference
}

/// What a loss is written from.
package struct LossContext {
  package let emitter: Emitter
  /// The function with everything before the loss.
  package let function: Function
  /// The output that is judged.
  package let output: TypedValue
  package let labels: TypedValue?
  /// The same output of another model.
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

  /// The labels, or an error that says what they are for.
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

  /// What goes into a softmax, where the value comes out of one.
  func logits(of value: TypedValue) throws -> TypedValue? {
    let uses = UseMap(function)
    var name = value.name
    while let current = name, let location = uses.producer(of: current), location.depth == 0,
      let traits = Catalogue.known(function.block[location])?.activations
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
  /// Every loss.
  package static let all: [any Loss.Type] = [
    CrossEntropyLoss.self, MeanSquaredLoss.self, MeanAbsoluteLoss.self, CosineLoss.self,
    DivergenceLoss.self,
  ]

  /// The loss of that name.
  package static func make(_ name: String, _ options: [String: OptionValue]) throws -> any Loss {
    guard let loss = all.first(where: { $0.name == name }) else {
      throw TrainingError.unknown(what: "loss", name: name, known: all.map { $0.name })
    }
    return try loss.init(options)
  }
}
