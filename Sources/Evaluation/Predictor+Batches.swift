// SPDX-License-Identifier: Apache-2.0
// Running batches of any size through a predictor that accepts only certain sizes.

import Tensors

extension Predictor {
  /// The outputs for a batch of any size.
  ///
  /// - Throws: any error from the predictor; `EvaluationError.outputRows` if the first axis of an output is not the
  ///   batch axis.
  package func predictBatch(_ inputs: [String: Tensor], count: Int) throws -> [String: Tensor] {
    try predictBatches([(inputs, count)])[0]
  }

  /// The outputs for batches of any size: split by the predictor's rule, run call by call, several at once where the predictor can,
  /// and joined along the first axis.
  ///
  /// - Throws: what the predictor throws; `EvaluationError.outputRows` when an output's first axis is not the batch.
  package func predictBatches(_ batches: [(inputs: [String: Tensor], count: Int)]) throws -> [[String: Tensor]] {
    let pieces = batches.map { batchRule.pieces(of: $0.count) }
    let calls = zip(batches, pieces).flatMap { batch, pieces in pieces.map { call($0, batch.inputs, of: batch.count) } }
    var outputs = try predict(calls: calls)[...]
    return try zip(batches, pieces).map { batch, pieces in
      let own = outputs.prefix(pieces.count)
      outputs = outputs.dropFirst(pieces.count)
      return try joined(Array(own), pieces)
    }
  }

  /// The inputs of one call.
  private func call(_ piece: BatchRule.Piece, _ inputs: [String: Tensor], of count: Int) -> [String: Tensor] {
    if piece.size == count, batchRule != .unbatched { return inputs }
    let given = inputs.mapValues { $0.rows(piece.samples).repeatingLastRow(upTo: piece.size) }
    return batchRule == .unbatched ? given.mapValues { $0.reshaped(Array($0.shape.dropFirst())) } : given
  }

  private func joined(_ outputs: [[String: Tensor]], _ pieces: [BatchRule.Piece]) throws -> [String: Tensor] {
    var parts: [String: [Tensor]] = [:]
    for (outputs, piece) in zip(outputs, pieces) {
      for (name, tensor) in outputs.sorted(by: { $0.key < $1.key }) {
        let rows = batchRule == .unbatched ? tensor.reshaped([1] + tensor.shape) : tensor
        guard rows.shape.first == piece.size else {
          throw EvaluationError.outputRows(output: name, shape: rows.shape, samples: piece.size)
        }
        parts[name, default: []].append(piece.size == piece.samples.count ? rows : rows.rows(0..<piece.samples.count))
      }
    }
    return try parts.mapValues { $0.count == 1 ? $0[0] : try Tensor.joined(rowsOf: $0) }
  }
}
