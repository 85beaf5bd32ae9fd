// SPDX-License-Identifier: Apache-2.0
// What can be wrong with what an edit of a program is asked for.

import MIL
import Options

/// An edit that a program does not permit.
package enum ProgramEditError: Error, Equatable, Sendable {
  /// There is no value, input or operation with this name.
  case unknown(what: String, name: String, known: [String])
  /// A name is taken, or given twice.
  case taken(name: String, by: String)
  /// A value that cannot become an input or output of a model.
  case inexpressible(name: String, type: String, what: String)
  /// The outputs depend on inputs that are not among those that are given.
  case missingInput(name: String, output: String)
  /// An input that no output depends on.
  case unusedInput(name: String)
  /// What a script's function returned does not fit the operation that it stands in for.
  case rewrite(operation: String, problem: String)
  /// Outputs of a changed program that differ from those of the original.
  case changedOutput(name: String, difference: Double, tolerance: Double)
  /// A cut through the program that is not possible.
  case cut(problem: String)
  /// Two models that cannot be joined.
  case join(problem: String)
  /// A change of the interface that is not possible.
  case interface(name: String, problem: String)
}

extension ProgramEditError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .unknown(let what, let name, let known):
      "there is no \(what) '\(name)'; \(Suggestion.hint(for: name, among: known, called: what + "s"))"
    case .taken(let name, let other): "the name '\(name)' is taken by \(other)"
    case .inexpressible(let name, let type, let what): "'\(name)' is \(type), which cannot be \(what) of a model"
    case .missingInput(let name, let output): "\(output) depends on the input '\(name)', which is not among inputs"
    case .unusedInput(let name): "no output depends on the input '\(name)'"
    case .rewrite(let operation, let problem): "rewrite, \(operation): \(problem)"
    case .changedOutput(let name, let difference, let tolerance):
      "output '\(name)' changes by \(Self.short(difference)) of its largest magnitude, more than the tolerance \(Self.short(tolerance))"
    case .cut(let problem): problem
    case .join(let problem): problem
    case .interface(let name, let problem): "'\(name)': \(problem)"
    }
  }

  private static func short(_ value: Double) -> String {
    guard value.isFinite, value != 0 else { return "\(value)" }
    var scale = 1.0
    while value.magnitude * scale < 100 { scale *= 10 }
    return "\((value * scale).rounded() / scale)"
  }
}
