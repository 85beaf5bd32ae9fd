// SPDX-License-Identifier: Apache-2.0
// What can be wrong with what a model is given.

import MIL
import Tensors

/// An input that does not fit, a function that is not there, or an opset that the model cannot have.
package enum ModelError: Error, Equatable {
  /// A value that the input's declared type cannot hold.
  case unfitValue(String, UnfitElement)
  /// A state was given that the model does not keep.
  case wrongState(given: [String], kept: [String])
  /// What keeps a model from being raised to a newer opset, one sentence each.
  case cannotRetarget(from: Opset, to: Opset, obstacles: [String])
}

extension ModelError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .cannotRetarget(let from, let to, let obstacles):
      "the model cannot be raised from \(from) to \(to): \(obstacles.joined(separator: "; "))"
    case .unfitValue(let name, let unfit): "input '\(name)': \(unfit)"
    case .wrongState(let given, let kept):
      "the state holds \(given.joined(separator: ", ")), the model keeps "
        + (kept.isEmpty ? "no state; predict without one" : "\(kept.joined(separator: ", ")); model:make_state() makes one")
    }
  }
}
