// SPDX-License-Identifier: Apache-2.0
// Definition of a metric, and its accumulator over batches.

import Tensors

/// Accumulates over batches in double precision.
package protocol Metric {
  mutating func add(_ batch: MetricBatch) throws
  /// Called after the last batch, before `result` is read.
  mutating func finish() throws
  /// The value over all batches; `nil` before the first batch.
  var result: MetricValue? { get }
}

extension Metric {
  package mutating func finish() throws {}
}

/// A metric's value over a data set.
package struct MetricValue: Sendable, Equatable {
  package let value: Double
  /// The 95 % confidence interval, for proportions.
  package let interval: ClosedRange<Double>?
  /// The unit that the value is averaged over: samples, positions or elements.
  package let count: Int
  /// The matrix that the value summarizes, for confusions.
  package let confusion: ConfusionMatrix?

  package init(_ value: Double, interval: ClosedRange<Double>? = nil, count: Int, confusion: ConfusionMatrix? = nil) {
    self.value = value
    self.interval = interval
    self.count = count
    self.confusion = confusion
  }
}

/// The outputs of one batch and their references.
package struct MetricBatch: Sendable {
  /// Every output, `[samples, …]`.
  package let outputs: [String: Tensor]
  /// The baseline's outputs for the same samples.
  package let reference: [String: Tensor]?
  package let labels: Tensor?
  package let count: Int

  package init(outputs: [String: Tensor], reference: [String: Tensor]? = nil, labels: Tensor? = nil, count: Int) {
    self.outputs = outputs
    self.reference = reference
    self.labels = labels
    self.count = count
  }
}

/// Options that several metrics share.
package struct MetricOptions: Sendable, Equatable {
  /// Which output is compared. By default, the only floating-point output for class metrics, and all
  /// floating-point outputs together for value metrics.
  package var output: String?
  /// The class axis. By default, the axis whose removal gives the labels' shape, else the last axis with
  /// more than one element.
  package var classAxis: Int?
  package var scores: ScoreKind
  /// The names of the classes, for confusions; set by the evaluator.
  package var classNames: [String]?

  /// Whether scores are logits or probabilities.
  package enum ScoreKind: String, Sendable, CaseIterable {
    /// Probabilities if the first batch's reference scores are non-negative and sum to 1 within 1 %, else logits.
    case auto
    case logits, probabilities
  }

  package init(output: String? = nil, classAxis: Int? = nil, scores: ScoreKind = .auto) {
    self.output = output
    self.classAxis = classAxis
    self.scores = scores
  }
}

/// Name, description and factory of a metric.
package struct MetricDefinition {
  package enum Direction: String, Sendable { case higher, lower }

  /// What the metric requires.
  package enum Need: Sendable {
    case labels
    /// A baseline or, without one, labels that are targets with the output's shape.
    case reference
    case nothing
  }

  package let name: String
  /// The unit; empty for plain numbers.
  package let unit: String
  package let better: Direction
  package let needs: Need
  package let formula: String
  package let source: String
  package let make: (MetricOptions) -> any Metric

  package init(
    name: String, unit: String = "", better: Direction, needs: Need, formula: String, source: String,
    make: @escaping (MetricOptions) -> any Metric
  ) {
    self.name = name
    self.unit = unit
    self.better = better
    self.needs = needs
    self.formula = formula
    self.source = source
    self.make = make
  }

  /// Whether `a` is better than `b`; NaN is worse than any number.
  package func isBetter(_ a: Double, than b: Double) -> Bool {
    if a.isNaN || b.isNaN { return !a.isNaN && b.isNaN }
    return better == .higher ? a > b : a < b
  }
}
