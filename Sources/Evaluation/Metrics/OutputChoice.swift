// SPDX-License-Identifier: Apache-2.0
// The outputs that a metric compares, and their references.

import Tensors

/// A candidate's values and the reference's: the same shape, the first axis is the sample axis.
struct ComparedOutput {
  let candidate: [Float]
  let reference: [Float]
  /// Number of elements per sample.
  let rowCount: Int
}

extension MetricBatch {
  /// The output for class metrics: the chosen one, the only one, or the only floating-point one.
  func scores(for metric: String, _ options: MetricOptions) throws -> Tensor {
    try Self.single(outputs, metric, options)
  }

  /// The baseline's output with the same name or, if names differ, its only output.
  func referenceScores(for metric: String, _ options: MetricOptions) throws -> Tensor {
    guard let reference else {
      throw EvaluationError.metricNeeds(metric: metric, what: "another model's outputs; baseline = model gives them")
    }
    if let name = options.output, reference[name] != nil { return try Self.single(reference, metric, options) }
    var options = options
    options.output = nil
    return try Self.single(reference, metric, options)
  }

  private static func single(_ outputs: [String: Tensor], _ metric: String, _ options: MetricOptions) throws -> Tensor {
    let names = outputs.keys.sorted()
    if let name = options.output {
      guard let tensor = outputs[name] else { throw EvaluationError.noSuchOutput(name: name, outputs: names) }
      return tensor
    }
    if outputs.count == 1, let only = outputs.first { return only.value }
    let floats = outputs.filter { $0.value.dtype.isFloat }
    guard floats.count == 1, let only = floats.first else {
      throw EvaluationError.chooseOutput(metric: metric, outputs: names)
    }
    return only.value
  }

  /// The outputs for value metrics: the chosen one or all floating-point ones, each with the baseline's output of the same
  /// name; a single output each is compared regardless of names. Without a baseline, labels are the target of a single output.
  func compared(for metric: String, _ options: MetricOptions) throws -> [ComparedOutput] {
    var pairs: [(name: String, candidate: Tensor, reference: Tensor)] = []
    if let reference {
      var chosen = outputs.filter { $0.value.dtype.isFloat }
      if let name = options.output { chosen = [name: try scores(for: metric, options)] }
      if chosen.isEmpty { throw EvaluationError.metricNeeds(metric: metric, what: "a floating-point output") }
      for (name, tensor) in chosen.sorted(by: { $0.key < $1.key }) {
        let other = chosen.count == 1 ? try referenceScores(for: metric, options) : reference[name]
        guard let other else { throw EvaluationError.noSuchOutput(name: name, outputs: reference.keys.sorted()) }
        pairs.append((name, tensor, other))
      }
    } else if let labels {
      pairs.append(("labels", try scores(for: metric, options), labels))
    } else {
      throw EvaluationError.metricNeeds(metric: metric, what: "a baseline, or labels that are targets")
    }
    return try pairs.map { name, candidate, other in
      // Axes of extent 1 are ignored: targets [n] are compatible with outputs [n, 1].
      guard candidate.shape.filter({ $0 != 1 }) == other.shape.filter({ $0 != 1 }) else {
        throw EvaluationError.unlikeOutputs(
          metric: metric, candidate: candidate.shape, reference: other.shape, referenceName: name)
      }
      return ComparedOutput(
        candidate: candidate.floats(), reference: other.floats(), rowCount: Array(candidate.shape.dropFirst()).elementCount)
    }
  }
}
