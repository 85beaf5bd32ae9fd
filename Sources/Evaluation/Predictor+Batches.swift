// SPDX-License-Identifier: Apache-2.0
// Prediction of batches of any size with a predictor that supports only certain sizes.

import Tensors

extension Predictor {
  /// The outputs for a batch of any size. The batch is split into sizes that the predictor supports, and the outputs
  /// are concatenated along the first axis.
  ///
  /// - Throws: any error from the predictor; `EvaluationError.outputRows` if the first axis of an output is not the
  ///   batch axis.
  package func predictBatch(_ inputs: [String: Tensor], count: Int) throws -> [String: Tensor] {
    let pieces = batchRule.pieces(of: count)
    if pieces.count == 1, pieces[0].size == count, batchRule != .unbatched {
      let outputs = try predict(inputs)
      try checkRows(outputs, count)
      return outputs
    }
    var parts: [String: [Tensor]] = [:]
    for piece in pieces {
      let outputs = try run(piece, inputs)
      try checkRows(outputs, piece.size)
      for (name, tensor) in outputs {
        parts[name, default: []].append(piece.size == piece.samples.count ? tensor : tensor.rows(0..<piece.samples.count))
      }
    }
    return try parts.mapValues { try Tensor.joined(rowsOf: $0) }
  }

  private func run(_ piece: BatchRule.Piece, _ inputs: [String: Tensor]) throws -> [String: Tensor] {
    let given = inputs.mapValues { $0.rows(piece.samples).repeatingLastRow(upTo: piece.size) }
    guard batchRule == .unbatched else { return try predict(given) }
    return try predict(given.mapValues { $0.reshaped(Array($0.shape.dropFirst())) })
      .mapValues { $0.reshaped([1] + $0.shape) }
  }

  private func checkRows(_ outputs: [String: Tensor], _ count: Int) throws {
    for (name, tensor) in outputs.sorted(by: { $0.key < $1.key }) where tensor.shape.first != count {
      throw EvaluationError.outputRows(output: name, shape: tensor.shape, samples: count)
    }
  }
}
