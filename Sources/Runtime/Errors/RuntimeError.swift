// SPDX-License-Identifier: Apache-2.0
// Errors of running programs.

import MIL
import Platform
import Tensors

/// An error in running a program or in its inputs.
package enum RuntimeError: Error, Equatable {
  case noFunction(String, known: [String])
  case missingInput(String, expected: String)
  case unknownInput(String, known: [String])
  case wrongInput(String, expected: String, found: String, advice: String? = nil)
  case unknownOutput(String)
  case stateNeeded([String])
  case unknownState(String, known: [String])
  /// A state without an axis of positions cannot be truncated.
  case noPositions(String)
  case wrongPosition(String, Int, most: Int)
  case unsupported(operation: String, reason: String)
  /// More than the machine has, or than the system gives.
  case noMemory(what: String, bytes: Int)
  case interrupted
  /// A pass produced an invalid graph. This is only detected if passes are verified.
  case brokenGraph(pass: String, problem: String)
}

extension RuntimeError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .noFunction(let name, let known):
      "the model has no function '\(name)' (functions: \(known.joined(separator: ", ")))"
    case .missingInput(let name, let expected): "input '\(name)' is missing: expected \(expected)"
    case .unknownInput(let name, let known):
      "the model has no input '\(name)' (inputs: \(known.joined(separator: ", ")))"
    case .wrongInput(let name, let expected, let found, let advice):
      "input '\(name)': expected \(expected), found \(found)" + (advice.map { "; \($0)" } ?? "")
    case .unknownOutput(let name): "the program has no value '\(name)'"
    case .stateNeeded(let names):
      "the model keeps state (\(names.joined(separator: ", "))); give predict { state = model:make_state() }"
    case .unknownState(let name, let known): "no state named '\(name)' (states: \(known.joined(separator: ", ")))"
    case .noPositions(let name):
      "state '\(name)' has no axis of positions, since the program does not write it in parts: keep state:copy() of an earlier moment instead"
    case .wrongPosition(let name, let count, let most): "cannot keep \(count) positions of state '\(name)', expected 0 to \(most)"
    case .unsupported(let operation, let reason): "\(operation): \(reason)"
    case .noMemory(let what, let bytes):
      "\(what) would take \(bytes / 1_000_000) MB of memory at once, and the machine has \(physicalMemory / 1_000_000); a smaller batch or smaller inputs need less"
    case .interrupted: "interrupted"
    case .brokenGraph(let pass, let problem): "after the pass '\(pass)': \(problem)"
    }
  }
}
