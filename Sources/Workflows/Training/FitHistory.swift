// SPDX-License-Identifier: Apache-2.0
// The epochs of a fit.

import Evaluation
import TextLayout

/// What one epoch of a fit was like.
package struct FitEpoch: Sendable {
  /// Counted from 1.
  package let epoch: Int
  /// Optimizer steps done after it.
  package let step: Int
  /// Mean over its batches.
  package let loss: Double
  /// The learning rate after it.
  package let rate: Double
  /// How long it took, without validation.
  package let seconds: Double
  /// Of the validation, by name.
  package internal(set) var metrics: [String: Double] = [:]
}

/// The epochs of a fit.
package struct FitHistory: Sendable {
  package let epochs: [FitEpoch]
  /// Number of the best epoch among these, counted from 1.
  package let best: Int?

  /// A line an epoch.
  package func text(in frame: DisplayFrame) -> String {
    let names = epochs.first?.metrics.keys.sorted() ?? []
    var table = Table(
      columns: [Table.Column("epoch"), Table.Column("step"), Table.Column("loss")] + names.map { Table.Column($0) } + [
        Table.Column("time", unit: "s")
      ])
    for e in epochs {
      table.append(
        ["\(e.epoch)", "\(e.step)", Quantity.significant(e.loss, 4)] + names.map { e.metrics[$0].map { Quantity.significant($0, 4) } ?? "" }
          + [Quantity.fixed(e.seconds, 1)])
    }
    return table.text(in: frame, remedy: "print(tostring(history)) shows all")
  }
}
