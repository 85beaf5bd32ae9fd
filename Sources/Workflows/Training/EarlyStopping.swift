// SPDX-License-Identifier: Apache-2.0
// Early stopping: ends a fit that no longer improves, and restores the best weights.

import Tensors
import Training

struct EarlyStopping {
  private let patience: Int?
  private var best = -Double.infinity
  private var since = 0
  private var epochs = 0
  private var state: [String: Tensor]?
  /// The number of the best epoch, counted from 1; `nil` until an epoch has a value other than NaN and −∞.
  private(set) var bestEpoch: Int?

  /// - Parameter patience: the number of epochs without improvement that end the fit; `nil` disables early stopping.
  init(_ patience: Int?) { self.patience = patience }

  /// Records the value of an epoch, and the state of the trainer if it is the best so far.
  ///
  /// - Parameter value: the monitored value, of which greater is better.
  /// - Returns: whether the fit should end.
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

  /// Restores the trainer's state after the best epoch, unless that was the last epoch or early stopping is disabled.
  func restore(_ trainer: Trainer) throws {
    guard let state, since > 0 else { return }
    try trainer.restore(state)
  }
}
