// SPDX-License-Identifier: Apache-2.0
// Errors of training.

/// An error in a training request, with the facts that explain it.
package enum TrainingError: Error, CustomStringConvertible, Equatable {
  /// A name that the function does not define.
  case unknownValue(String, function: String)
  /// A loss that is not a scalar.
  case lossNotScalar(String, type: String)
  /// No gradient reaches the value; `ends` lists where gradients end, with reasons.
  case noGradient(String, loss: String, ends: [String])
  /// A value whose shape is unknown before execution.
  case unknownShape(String, type: String, operation: String)
  /// A pattern of `frozen` or `groups` that matches none of the parameters; `of` is their number.
  case unmatchedPattern(option: String, pattern: String, nearest: String?, of: Int)
  /// No parameters were selected for training.
  case nothingToTrain(function: String)
  /// A layer that is incompatible with its input.
  case layer(name: String, problem: String)
  /// A loss that cannot be computed from the given outputs and labels.
  case loss(name: String, problem: String)
  /// A batch that is incompatible with the model.
  case batch(problem: String)
  /// A loss or gradient that is infinite or NaN; `origin` describes the first non-finite value.
  case notFinite(step: Int, origin: String?)
  /// A method that was added after the first training step.
  case tooLate(method: String)
  case repeatedMethod(String)
  /// A schedule that requires the total number of steps.
  case needsTotal(schedule: String)
  case checkpoint(problem: String)
  case unknown(what: String, name: String, known: [String])
  case unsupported(what: String, reason: String)

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
    case .unmatchedPattern(let option, let pattern, let nearest, let count):
      "\(option): the pattern \"\(pattern)\" matches none of the \(count) parameters\(nearest.map { " (did you mean \"\($0)\"?)" } ?? "")"
    case .layer(let name, let problem), .loss(let name, let problem): "\(name): \(problem)"
    case .batch(let problem): problem
    case .notFinite(let step, let origin):
      "the loss or its gradient is not finite at step \(step)\(origin.map { ": \($0)" } ?? ""); a smaller lr or clip_norm may help"
    case .tooLate(let method): "\(method) must be asked for before the first step"
    case .repeatedMethod(let method): "\(method) is at work already; give different options by op_types or op_names"
    case .needsTotal(let schedule):
      "the schedule \(schedule) must know the number of steps: give schedule = { type = \"\(schedule)\", total_steps = … }, or use fit"
    case .checkpoint(let problem): "the checkpoint does not fit: \(problem)"
    case .unknown(let what, let name, let known): "there is no \(what) '\(name)'; there are \(known.joined(separator: ", "))"
    case .unsupported(let what, let reason): "\(what) cannot be trained with: \(reason)"
    case .nothingToTrain(let function): "function '\(function)' has no weight that can be trained and was chosen"
    }
  }
}
