// SPDX-License-Identifier: Apache-2.0
// The results of a fit, epoch by epoch.

import Evaluation
import TextLayout

/// The result of an epoch.
package struct FitEpoch: Sendable {
  /// The number of the epoch, counted from 1.
  package let epoch: Int
  /// The total number of optimizer steps after the epoch.
  package let step: Int
  /// The mean training loss over the batches of the epoch; NaN if there were none.
  package let loss: Double
  /// The learning rate after the epoch.
  package let rate: Double
  /// The training time in seconds, excluding validation.
  package let seconds: Double
  /// The metrics of the validation by name; empty without validation. Metrics without a value are omitted.
  package internal(set) var metrics: [String: Double] = [:]
}

/// The results of a fit.
package struct FitHistory: Sendable {
  package let epochs: [FitEpoch]
  /// The position of the best epoch in `epochs`, counted from 1; `nil` if no epoch has a comparable value.
  package let best: Int?

  /// A table with a row for each epoch, limited to the lines of the frame.
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
