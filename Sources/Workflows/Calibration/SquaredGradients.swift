// SPDX-License-Identifier: Apache-2.0
// Squared gradients of a model's weights over a data set: the diagonal of the Fisher information.

import Calibration
import Evaluation
import MIL
import Models
import Operators
import Options
import Rules
import Tensors
import Training

/// Sums, over the samples of a data set, the squares of the gradients of each sample's loss.
package struct SquaredGradientRun {
  private let model: Model
  private let data: CalibrationData
  private let isCancelled: () -> Bool

  package init(_ model: Model, _ data: CalibrationData, isCancelled: @escaping () -> Bool = { false }) {
    self.model = model
    self.data = data
    self.isCancelled = isCancelled
  }

  /// The sums by the name of the weight's value, in the order of its elements.
  ///
  /// Without a loss, each sample's loss is the product of an output with a vector of normal random numbers; the expectation of
  /// the square is the sum over all outputs of their squared derivatives. Of a softmax, its argument is the output. Several
  /// outputs count alike.
  ///
  /// - Throws: `TrainingError`, `EvaluationError`; `RuntimeError.interrupted`.
  package func sums(progress: (_ done: Int, _ total: Int) -> Void = { _, _ in }) throws -> [String: [Double]] {
    let outputs = model.floatOutputs
    let judged = data.output.map { [$0] } ?? (data.loss == nil ? outputs : Array(outputs.prefix(1)))
    let samples = min(data.samples ?? data.dataset.count, data.dataset.count)
    var sums: [String: [Double]] = [:]
    for (number, output) in judged.enumerated() {
      try add(output, samples, to: &sums) { progress(number * samples + $0, judged.count * samples) }
    }
    return sums
  }

  /// The inputs that the model reads; others, such as a mask for calibration only, are left out.
  private func inputs(of sample: Dataset.Batch, named names: [String]) throws -> [String: Tensor] {
    if names.count == 1, sample.inputs.count == 1, let only = sample.inputs.values.first { return [names[0]: only] }
    var found: [String: Tensor] = [:]
    for name in names {
      guard let tensor = sample.inputs[name] else { throw EvaluationError.missingInput(name: name, present: sample.inputs.keys.sorted()) }
      found[name] = tensor
    }
    return found
  }

  private func add(_ output: String, _ samples: Int, to sums: inout [String: [Double]], _ progress: (Int) -> Void) throws {
    var setup = TrainingSetup()
    setup.output = output
    setup.optimizer = ("sgd", [:])
    if let loss = data.loss {
      setup.loss = .named(loss, [:], teacher: nil)
    } else {
      setup.loss = .custom { context in
        let value = try context.logits(of: context.output) ?? context.output
        guard let vector = context.reference else { return try value.sum(Array(0..<value.shape.count)) }
        return try (value.reshaped(vector.shape) * vector).sum([0])
      }
    }
    let run = try TrainingRun(model, setup, compilePattern: { _ in { _ in false } }, isCancelled: isCancelled)
    run.trainer.freezesRunningStatistics = true
    var random = SplitMix64(seed: data.seed)
    var done = 0
    var size: Int?
    let reader = data.dataset.batches(1, isCancelled: isCancelled)
    while done < samples, let sample = try reader.next() {
      let classes = data.loss == nil ? nil : data.dataset.classNames
      let inputs = try inputs(of: sample, named: run.trainer.inputNames).mapValues { BatchInput.tensor($0) }
      let labels = data.loss == nil ? nil : sample.labels
      var batch =
        if let classes, let labels { try run.batch(inputs, labels: labels, of: classes, areNames: data.dataset.hasNamedLabels) } else {
          try run.batch(inputs, labels: labels)
        }
      if data.loss == nil {
        let count: Int
        if let size {
          count = size
        } else {
          let found = try model.predictBatch(batch.inputs, count: 1)
          count = found[output]?.count ?? found.values.first?.count ?? 1
        }
        size = count
        batch.reference = Tensor((0..<count).map { _ in Float(random.normal()) })
      }
      try run.trainer.gradients(of: batch) { name, gradient in
        var sum = sums.removeValue(forKey: name) ?? [Double](repeating: 0, count: gradient.count)
        sum.withUnsafeMutableBufferPointer { sum in
          for i in gradient.indices { sum[i] += Double(gradient[i]) * Double(gradient[i]) }
        }
        sums[name] = sum
      }
      done += 1
      progress(done)
    }
  }
}

extension Model {
  /// The outputs of the program that are floats.
  fileprivate var floatOutputs: [String] {
    guard let block = function?.block else { return [] }
    var types: [String: ValueType] = [:]
    for operation in block.operations { for output in operation.outputs { types[output.name] = output.type } }
    return block.outputs.filter { types[$0]?.tensorType?.dtype.isFloat == true }
  }
}
