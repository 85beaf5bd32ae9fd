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
  /// The statistics lack what an algorithm reads; `collect` is the option that collects it.
  case notCollected(what: String, collect: String)
  /// A feature of newer systems.
  case needsOpset(feature: String, needs: Opset, has: Opset)
  /// No operator reads a value that could be stored as codes.
  case nothingToQuantize
  /// No layer has a bias and another weight than the reference.
  case nothingToCorrect
  /// A file is no statistics, or damaged.
  case statisticsFile(path: String, problem: String)
  /// The program cannot be used as a language model; what is missing as a sentence.
  case noTokenInterface(String)
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
    case .notCollected(let what, let collect):
      "the statistics have no \(what); model:calibrate(data, { collect = { \"\(collect)\" } }) collects them"
    case .needsOpset(let feature, let needs, let has):
      "\(feature) need \(needs), the model is for \(has); model:retarget(\"\(needs)\") raises it"
    case .nothingToQuantize:
      "no operator of the chosen types reads a float value that is computed; op_types chooses others"
    case .nothingToCorrect: "no layer has a bias and another weight than the reference"
    case .statisticsFile(let path, let problem): "\(path) does not hold statistics of Wane: \(problem)"
    case .noTokenInterface(let problem): "the model cannot continue texts: \(problem)"
    case .unfitValue(let name, let unfit): "input '\(name)': \(unfit)"
    case .wrongState(let given, let kept):
      "the state holds \(given.joined(separator: ", ")), the model keeps "
        + (kept.isEmpty ? "no state; predict without one" : "\(kept.joined(separator: ", ")); model:make_state() makes one")
    }
  }
}
