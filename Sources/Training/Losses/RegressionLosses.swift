// SPDX-License-Identifier: Apache-2.0
// Regression losses.

import Operators
import Options
import Tensors

extension TypedValue {
  /// The value as floats: targets and class probabilities may be integers.
  func asFloats() throws -> TypedValue { dtype.isFloat ? self : try apply("cast", ["dtype": "fp32"]) }
}

extension LossContext {
  /// The labels with the shape of the output.
  fileprivate func aligned(_ loss: String) throws -> TypedValue {
    let labels = try neededLabels(loss)
    guard labels.shape.elementCount == output.shape.elementCount else {
      throw TrainingError.loss(name: loss, problem: "labels must be as many as outputs, \(output.shape), found \(labels.shape)")
    }
    return try labels.asFloats().reshaped(output.shape)
  }
}

struct MeanSquaredLoss: Loss {
  static let name = "mse"
  static let summary = "The mean squared difference."
  static let options: [Option<Self>] = []
  var target: LossTarget { .labels }

  func emit(_ context: LossContext) throws -> TypedValue {
    try (context.output - context.aligned(Self.name)).squared().mean()
  }
}

struct MeanAbsoluteLoss: Loss {
  static let name = "mae"
  static let summary = "The mean absolute difference."
  static let options: [Option<Self>] = []
  var target: LossTarget { .labels }

  func emit(_ context: LossContext) throws -> TypedValue {
    try (context.output - context.aligned(Self.name)).apply("abs").mean()
  }
}

/// 1 − a·b / (|a| |b|) along the last axis.
struct CosineLoss: Loss {
  static let name = "cosine"
  static let summary = "1 − the cosine similarity of outputs and labels along the last axis."
  static let options: [Option<Self>] = []
  var target: LossTarget { .labels }

  func emit(_ context: LossContext) throws -> TypedValue {
    let (a, b) = (context.output, try context.aligned(Self.name))
    let last = [a.rank - 1]
    func norm(_ x: TypedValue) throws -> TypedValue { try (x.squared().sum(last) + 1e-12).apply("sqrt") }
    return try 1 - ((a * b).sum(last) / (norm(a) * norm(b))).mean()
  }
}
