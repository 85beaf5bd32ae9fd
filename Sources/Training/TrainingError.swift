// SPDX-License-Identifier: Apache-2.0
// What keeps a program from being trained.

/// A fault in what is asked of training, with the facts that explain it.
package enum TrainingError: Error, CustomStringConvertible, Equatable {
  /// A name that the function does not bind.
  case unknownValue(String, function: String)
  /// A loss of more or less than one number.
  case lossNotScalar(String, type: String)
  /// No gradient comes to the value; `ends` are the places where gradients end, with their reasons.
  case noGradient(String, loss: String, ends: [String])
  /// A value whose shape is not known in advance.
  case unknownShape(String, type: String, operation: String)
  /// Nothing was chosen to be trained.
  case nothingToTrain(function: String)

  package var description: String {
    switch self {
    case .unknownValue(let name, let function): "function '\(function)' has no value '\(name)'"
    case .lossNotScalar(let name, let type): "the loss '\(name)' must be a single float, found \(type): reduce it, as by reduce_mean"
    case .noGradient(let name, let loss, let ends):
      "'\(loss)' does not change smoothly with '\(name)'"
        + (ends.isEmpty ? ": it does not depend on it" : ": \(ends.joined(separator: "; "))")
    case .unknownShape(let name, let type, let operation):
      "the shape of '\(name)' is not known before the program runs (\(type), from \(operation)): give fixed input shapes, "
        + "or leave such operations out of what is trained"
    case .nothingToTrain(let function): "function '\(function)' has no weight that can be trained and was chosen"
    }
  }
}
