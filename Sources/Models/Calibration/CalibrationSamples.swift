// SPDX-License-Identifier: Apache-2.0
// The samples that a model is calibrated with, as calls of the model.

import Calibration
import Evaluation
import ModelPackages
import Runtime
import Tensors

/// What calibration runs a model on.
package struct CalibrationData: Sendable {
  package var dataset: Dataset
  /// The most samples; `nil` for all.
  package var samples: Int?
  /// The input of the data set that is 0 at positions that do not count, such as padding; `nil` if all count.
  package var mask: String?
  /// The loss whose gradients are squared; `nil` for random projections of the outputs.
  package var loss: String?
  /// The output that the loss is computed from; `nil` for all, or for the only one.
  package var output: String?
  /// Seeds the random projections.
  package var seed: UInt64

  package init(
    _ dataset: Dataset, samples: Int? = nil, mask: String? = nil, loss: String? = nil, output: String? = nil, seed: UInt64 = 0
  ) {
    self.dataset = dataset
    self.samples = samples
    self.mask = mask
    self.loss = loss
    self.output = output
    self.seed = seed
  }

  /// The number of samples that are used.
  package var count: Int { min(samples ?? dataset.count, dataset.count) }
}

/// One call of a model for calibration.
struct CalibrationCall {
  /// By input of the program.
  var feeds: [String: Tensor]
  /// Which positions count; samples that only fill up a call of fixed size do not.
  var mask: PositionMask?
}

extension Model {
  /// Samples of one call, if the model takes any number.
  static let samplesPerCall = 32

  /// The calls for all samples.
  ///
  /// - Parameters:
  ///   - samplesPerCall: if the model takes any number.
  ///   - isCancelled: called while samples are read.
  /// - Throws: `EvaluationError` for missing inputs; `RuntimeError` for inputs that do not fit.
  func calls(
    _ data: CalibrationData, samplesPerCall: Int = samplesPerCall, isCancelled: @escaping () -> Bool = { false }
  ) throws -> [CalibrationCall] {
    let dataset = data.dataset
    let limit = data.count
    var names = Dictionary(uniqueKeysWithValues: inputNames.map { ($0, $0) })
    let types = dataset.inputTypes
    if inputNames.count == 1, types.count == 1, let only = types.keys.first { names = [inputNames[0]: only] }
    for source in names.values.sorted() + [data.mask].compactMap({ $0 }) where types[source] == nil {
      throw EvaluationError.missingInput(name: source, present: types.keys.sorted())
    }
    var calls: [CalibrationCall] = []
    var left = limit
    let reader = dataset.batches(samplesPerCall, isCancelled: isCancelled)
    while left > 0, let batch = try reader.next() {
      for piece in batchRule.pieces(of: min(batch.count, left)) {
        let filled = batch.inputs.mapValues { $0.rows(piece.samples).repeatingLastRow(upTo: piece.size) }
        let isUnbatched = batchRule == .unbatched
        func given(_ source: String) -> Tensor? {
          filled[source].map { isUnbatched ? $0.reshaped(Array($0.shape.dropFirst())) : $0 }
        }
        var mask = data.mask.flatMap(given).map { PositionMask($0) }
        let count = piece.samples.count
        if count < piece.size {
          mask = (mask ?? PositionMask(extents: [piece.size], values: Array(repeating: true, count: piece.size))).limited(toSamples: count)
        }
        calls.append(
          CalibrationCall(feeds: try feeds(names.compactMapValues { given($0).map { ModelInput.tensor($0) } }), mask: mask))
      }
      left -= batch.count
    }
    return calls
  }
}
