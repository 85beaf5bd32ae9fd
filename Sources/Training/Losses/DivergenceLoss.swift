// SPDX-License-Identifier: Apache-2.0
// Distillation: the divergence of the outputs from those of another model.

import Operators
import Options
import Tensors

/// T² Σ q (log q − log p), with q and p the softmax of both models' logits over T (Hinton et al. 2015).
struct DivergenceLoss: Loss {
  var temperature = 1.0
  var alpha = 1.0
  var labelSmoothing = 0.0

  static let name = "kl"
  static let summary = "Divergence of the outputs from those of another model, the teacher."
  static var options: [Option<Self>] {
    [
      .number("temperature", \.temperature, in: 1e-3...1e3, "temperature that divides the logits of both"),
      .number("alpha", \.alpha, in: 0...1, "weight of the teacher; the rest is the weight of the cross-entropy of the labels"),
      .number("label_smoothing", \.labelSmoothing, in: 0...1, "label smoothing of that cross-entropy"),
    ]
  }

  var target: LossTarget { .reference }

  func emit(_ context: LossContext) throws -> TypedValue {
    let student = try context.logits(of: context.output) ?? context.output
    let reference = try context.neededReference(Self.name)
    guard reference.shape == student.shape else {
      throw TrainingError.loss(name: Self.name, problem: "the teacher returns \(reference.shape), the model \(student.shape)")
    }
    let scores = try ClassDistributions(student / Float(temperature), reference, Self.name)
    // If the teacher returns probabilities, their logarithms are used in place of its logits.
    let logits = try context.logits(of: context.output) == nil ? scores.target : scores.target.apply("log", ["epsilon": Float(1e-12)])
    let shares = try (logits / Float(temperature)).apply("softmax", ["axis": 1])
    let logP = try scores.values - scores.values.apply("reduce_log_sum_exp", ["axes": [1], "keep_dims": true])
    let logQ = try shares.apply("log", ["epsilon": Float(1e-12)])
    let divergence = try (shares * (logQ - logP)).sum([1]).mean() * Float(temperature * temperature)
    guard alpha < 1 else { return divergence }
    var hard = CrossEntropyLoss()
    hard.labelSmoothing = labelSmoothing
    return try divergence * Float(alpha) + hard.emit(context) * Float(1 - alpha)
  }
}
