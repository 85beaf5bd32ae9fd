// SPDX-License-Identifier: Apache-2.0
// Errors of programs and of their text form.

/// An error in a program.
package enum MILError: Error, Equatable {
  /// The location in a program: the function, and the operation by its name.
  package struct Place: Hashable, Sendable {
    package var function: String
    package var operation: String?

    package init(function: String, operation: String? = nil) {
      self.function = function
      self.operation = operation
    }
  }

  case repeatedFunction(String)
  case missingBlock(function: String, opset: String)
  /// A name is bound twice.
  case repeatedValue(String, Place)
  /// A name is used before it is bound, or is never bound.
  case unboundValue(String, usedBy: String, Place)
  case repeatedParameter(String, Place)
  /// A constant's payload does not match its type.
  case constantMismatch(String, declared: ValueType, found: String, Place)
  /// An output's declared type differs from the type inferred from the inputs.
  case typeMismatch(String, declared: ValueType, inferred: ValueType, Place)
  case outputCount(declared: Int, inferred: Int, Place)
  /// An output has no type in the text and no type inference was given.
  case missingType(String, Place)
  case syntax(line: Int, column: Int, expected: String, found: String)
}

extension MILError.Place: CustomStringConvertible {
  package var description: String {
    operation.map { "function \(function), operation \($0)" } ?? "function \(function)"
  }
}

extension MILError: CustomStringConvertible {
  package var description: String {
    switch self {
    case .repeatedFunction(let name): "two functions are named \"\(name)\""
    case .missingBlock(let function, let opset):
      "function \(function) has opset \(opset), but no block for that opset"
    case .repeatedValue(let name, let place):
      "\(place): the value \"\(name)\" is defined a second time"
    case .unboundValue(let name, let user, let place):
      "\(place): \(user) refers to \"\(name)\", which is not defined before it"
    case .repeatedParameter(let name, let place): "\(place): the input \"\(name)\" appears twice"
    case .constantMismatch(let name, let declared, let found, let place):
      "\(place): the constant \"\(name)\" is declared \(declared) but holds \(found)"
    case .typeMismatch(let name, let declared, let inferred, let place):
      "\(place): \"\(name)\" is declared \(declared), but its type inferred from the inputs is \(inferred)"
    case .outputCount(let declared, let inferred, let place):
      "\(place): \(declared) outputs are declared, expected \(inferred)"
    case .missingType(let name, let place): "\(place): \"\(name)\" has no type"
    case .syntax(let line, let column, let expected, let found):
      "line \(line), column \(column): expected \(expected), found \(found)"
    }
  }
}
