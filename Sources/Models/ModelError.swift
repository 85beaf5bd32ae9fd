// SPDX-License-Identifier: Apache-2.0
// Errors of model inputs, functions and opsets.

import MIL
import Tensors

/// An invalid input, a missing function, or an opset that the model cannot be converted to.
package enum ModelError: Error, Equatable {
  /// A value that the input's declared dtype cannot represent.
  case unfitValue(String, UnfitElement)
  /// The state does not belong to the model.
  case wrongState(given: [String], kept: [String])
  /// The obstacles to converting a model to a newer opset, one sentence each.
  case cannotRetarget(from: Opset, to: Opset, obstacles: [String])
  /// The model cannot be run weight by weight over data.
  case cannotCalibrate(reason: String)
  /// The statistics belong to another program or other weights.
  case wrongStatistics
}

extension ModelError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .cannotRetarget(let from, let to, let obstacles):
      "the model cannot be raised from \(from) to \(to): \(obstacles.prefix(4).joined(separator: "; "))"
        + (obstacles.count > 4 ? "; and \(obstacles.count - 4) more" : "")
    case .cannotCalibrate(let reason): "the model cannot be calibrated: \(reason)"
    case .wrongStatistics:
      "the statistics were collected from another model or other weights; model:calibrate(data) collects those of this one"
    case .unfitValue(let name, let unfit): "input '\(name)': \(unfit)"
    case .wrongState(let given, let kept):
      "the state holds \(given.joined(separator: ", ")), the model keeps "
        + (kept.isEmpty ? "no state; predict without one" : "\(kept.joined(separator: ", ")); model:make_state() makes one")
    }
  }
}
