// SPDX-License-Identifier: Apache-2.0
// Ends a fit that does not get better, and goes back to the best weights.

import Tensors
import Training

struct EarlyStopping {
  private let patience: Int?
  private var best = -Double.infinity
  private var since = 0
  private var epochs = 0
  private var state: [String: Tensor]?
  /// Counted from 1; `nil` while no epoch had a number to show.
  private(set) var bestEpoch: Int?

  /// - Parameter patience: epochs without improvement; `nil` for any number.
  init(_ patience: Int?) { self.patience = patience }

  /// Whether it is enough.
  ///
  /// - Parameter value: of the epoch, the greater the better.
  mutating func sees(_ value: Double, _ trainer: Trainer) -> Bool {
    epochs += 1
    if value > best {
      best = value
      since = 0
      bestEpoch = epochs
      if patience != nil { state = trainer.state }
      return false
    }
    since += 1
    return patience.map { since >= $0 } ?? false
  }

  /// Gives the trainer the weights of the best epoch, where a later one was the last.
  func restore(_ trainer: Trainer) throws {
    guard let state, since > 0 else { return }
    try trainer.restore(state)
  }
}
