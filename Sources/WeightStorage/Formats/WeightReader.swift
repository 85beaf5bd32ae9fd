// SPDX-License-Identifier: Apache-2.0
// Reads encoded weights from a program by following the chain of `constexpr_*` operators that produces a value.

import Encodings
import MIL
import Tensors

/// The operations in scope at a position of a program, by the names of their outputs.
package struct WeightReader: Sendable {
  private var definitions: [String: Operation] = [:]

  package init() {}

  /// Adds the operations of a nested block to the scope.
  package mutating func define(_ operations: [Operation]) {
    for operation in operations {
      for output in operation.outputs { definitions[output.name] = operation }
    }
  }

  package func operation(_ name: String) -> Operation? { definitions[name] }

  /// The names of all constants and `constexpr_*` operations that a value is computed from, starting with the value
  /// itself.
  package func chain(_ name: String) -> [String] {
    guard let operation = definitions[name], operation.isStored else { return [] }
    let inputs = operation.inputs.flatMap(\.bindings).compactMap(\.name)
    return operation.outputs.map(\.name) + inputs.flatMap { chain($0) }
  }

  /// The encoding of the value with the given name; `nil` if it is not a stored weight.
  ///
  /// - Throws: `EncodingError` if an argument of an operator is missing or its arguments are inconsistent.
  package func weight(_ name: String) throws(EncodingError) -> EncodedWeight? {
    guard let operation = definitions[name] else { return nil }
    if operation.type == "const" { return operation.constantValue?.tensor.map { .dense($0) } }
    guard case .weight(let weight) = try form(operation) else { return nil }
    return weight
  }

  /// The value of an integer parameter; `nil` if it is not a constant.
  package func integer(_ operation: Operation, _ parameter: String) -> Int? {
    try? OperationParts(operation: operation, reader: self).integer(parameter)
  }

  private func form(_ operation: Operation) throws(EncodingError) -> StoredForm? {
    try StorageFormats.read(operation.type, OperationParts(operation: operation, reader: self))
  }

  /// The arguments of an operation, looked up in the program.
  private struct OperationParts: StoredParts {
    let operation: Operation
    let reader: WeightReader

    func weight(_ parameter: String) throws(EncodingError) -> EncodedWeight? {
      switch operation.bindings(parameter)?.first {
      case .constant(let constant):
        if let tensor = constant.tensor { return .dense(tensor) }
      case .name(let name):
        if let weight = try reader.weight(name) { return weight }
      case nil:
        return nil
      }
      throw .missing(part: parameter)
    }

    func values(mask: String, nonzero: String) throws(EncodingError) -> EncodedValues? {
      guard case .name(let name) = operation.bindings(nonzero)?.first, let source = reader.definitions[name],
        source.outputs.count == 2
      else { return nil }
      guard case .values(let values) = try reader.form(source) else { throw .missing(part: nonzero) }
      return values
    }
  }
}
