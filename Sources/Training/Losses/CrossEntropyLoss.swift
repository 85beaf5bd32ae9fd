// SPDX-License-Identifier: Apache-2.0
// Cross-entropy of classes.

import MIL
import Operators
import Options
import Tensors

/// −Σ t log p, where t is 1 for the true class, or the given probability of each class; as
/// `torch.nn.functional.cross_entropy`.
struct CrossEntropyLoss: Loss {
  enum Source: String, CaseIterable, Sendable {
    case auto, logits, probabilities
  }

  var labelSmoothing = 0.0
  var from = Source.auto

  static let name = "cross_entropy"
  static let summary =
    "Cross-entropy of the true classes; labels are class indices, or a probability for each class. Of labels for several positions of a sample, "
    + "negative ones do not count."
  static var options: [Option<Self>] {
    [
      .number("label_smoothing", \.labelSmoothing, in: 0...1, "fraction of the true class's probability that is spread over all classes"),
      .choice("from", \.from, "content of the output; auto: logits, which are taken from before a softmax"),
    ]
  }

  var target: LossTarget { .labels }

  func check(_ labels: Tensor, output: Shape) throws {
    // Classes are on the second or the last axis. Class probabilities are not indices.
    guard output.count >= 2, labels.count < output.elementCount else { return }
    let classes = max(output[1], output[output.count - 1])
    if let unfit = labels.unfitElement(for: .int32) {
      throw TrainingError.loss(name: Self.name, problem: "labels are classes from 0 to \(classes - 1), found \(unfit.place)")
    }
    // The next token of padding is -1, a class of a sample that is negative is a mistake.
    let hasPositions = labels.count > (labels.shape.first ?? 1)
    if let stranger = labels.integers().first(where: { $0 < 0 && !hasPositions || $0 >= classes }) {
      throw TrainingError.loss(name: Self.name, problem: "labels are classes from 0 to \(classes - 1), found \(stranger)")
    }
  }

  func emit(_ context: LossContext) throws -> TypedValue {
    let logits = from == .auto ? try context.logits(of: context.output) : nil
    let scores = try ClassDistributions(logits ?? context.output, context.neededLabels(Self.name), Self.name)
    var target = scores.target
    if labelSmoothing > 0 { target = try target * Float(1 - labelSmoothing) + Float(labelSmoothing / Double(scores.classes)) }
    let losses: TypedValue
    if from == .probabilities {
      let logs = try scores.values.apply("log", ["epsilon": Float(1e-12)])
      losses = try (logs * target).sum([1]).negated()
    } else {
      losses = try scores.values.apply("reduce_log_sum_exp", ["axes": [1], "keep_dims": false]) - (scores.values * target).sum([1])
    }
    guard let counted = scores.counted else { return try losses.mean() }
    return try (losses * counted).sum([0]) / counted.sum([0]).apply("maximum", ["y": Float(1)])
  }
}

/// Scores and class probabilities as two matrices with a row for each classified item.
struct ClassDistributions {
  let values: TypedValue
  let target: TypedValue
  let classes: Int
  /// 1 for each row that counts and 0 for negative labels; `nil` if all rows count.
  let counted: TypedValue?

  /// - Parameter labels: a class index for each row, with the shape of `scores` without the class axis, or a
  ///   probability for each class, with the shape of `scores`.
  init(_ scores: TypedValue, _ labels: TypedValue, _ loss: String) throws {
    let shape = scores.shape
    func withoutAxis(_ axis: Int) -> Shape { Shape(shape.enumerated().filter { $0.offset != axis }.map(\.element)) }
    func same(_ a: Shape, _ b: Shape) -> Bool { a.filter { $0 != 1 } == b.filter { $0 != 1 } }
    // Classes are on the second or the last axis.
    let axes = shape.count < 2 ? [] : [1, shape.count - 1]
    let areIndices = !labels.dtype.isFloat && axes.contains { same(withoutAxis($0), labels.shape) }
    let isSoft = !areIndices && same(labels.shape, shape)
    guard let axis = axes.first(where: { isSoft || same(withoutAxis($0), labels.shape) }) else {
      throw TrainingError.loss(
        name: loss,
        problem: "labels must have the output's shape \(shape) without its axis of classes, or that shape for shares, found \(labels.shape)"
      )
    }
    classes = shape[axis]
    values = try Self.matrix(scores, axis)
    if isSoft {
      target = try Self.matrix(labels.asFloats().reshaped(shape), axis)
      counted = nil
    } else {
      var indices = try labels.apply("cast", ["dtype": "int32"]).reshaped([labels.shape.elementCount])
      if labels.shape.elementCount > (labels.shape.first ?? 1) {
        counted = try indices.apply("greater_equal", ["y": 0]).apply("cast", ["dtype": "fp32"])
        indices = try indices.apply("maximum", ["y": 0])
      } else {
        counted = nil
      }
      target = try scores.emitter.emit(
        "one_hot",
        ["indices": indices, "one_hot_vector_size": classes, "axis": -1, "on_value": Float(1), "off_value": Float(0)])
    }
  }

  private static func matrix(_ value: TypedValue, _ axis: Int) throws -> TypedValue {
    let order = value.shape.indices.filter { $0 != axis } + [axis]
    return try value.transposed(order).reshaped([value.shape.elementCount / value.shape[axis], value.shape[axis]])
  }
}

extension TypedValue {
  /// The mean of all elements.
  func mean() throws -> TypedValue { try apply("reduce_mean", ["axes": Array(0..<rank), "keep_dims": false]) }
}
