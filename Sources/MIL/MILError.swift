// SPDX-License-Identifier: Apache-2.0
// What can be wrong with a program, or with a text that should be one.

/// A fault of a program.
package enum MILError: Error, Equatable {
  /// Where in a program: the function, and the operation by its name.
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
  /// A name is bound a second time.
  case repeatedValue(String, Place)
  /// A name is used before, or without, being bound.
  case unboundValue(String, usedBy: String, Place)
  case repeatedParameter(String, Place)
  /// A constant's payload is not what its type says.
  case constantMismatch(String, declared: ValueType, found: String, Place)
  /// An output's declared type is not the one that follows from the inputs.
  case typeMismatch(String, declared: ValueType, inferred: ValueType, Place)
  case outputCount(declared: Int, inferred: Int, Place)
  /// An output has no type in the text and nobody to infer it.
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
      "function \(function) is written for opset \(opset), but has no block for it"
    case .repeatedValue(let name, let place):
      "\(place): the value \"\(name)\" is bound a second time"
    case .unboundValue(let name, let user, let place):
      "\(place): \(user) refers to \"\(name)\", which is not bound before it"
    case .repeatedParameter(let name, let place): "\(place): \"\(name)\" is given twice"
    case .constantMismatch(let name, let declared, let found, let place):
      "\(place): the constant \"\(name)\" is declared \(declared) but holds \(found)"
    case .typeMismatch(let name, let declared, let inferred, let place):
      "\(place): \"\(name)\" is declared \(declared), but its inputs make it \(inferred)"
    case .outputCount(let declared, let inferred, let place):
      "\(place): \(declared) outputs are declared where the operator gives \(inferred)"
    case .missingType(let name, let place): "\(place): \"\(name)\" has no type"
    case .syntax(let line, let column, let expected, let found):
      "line \(line), column \(column): expected \(expected), found \(found)"
    }
  }
}
