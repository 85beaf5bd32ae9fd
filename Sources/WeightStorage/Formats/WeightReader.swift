// SPDX-License-Identifier: Apache-2.0
// From a program to encodings: follows the chain of `constexpr_*` operators behind a value.

import Encodings
import MIL
import Tensors

/// The operations visible at some place of a program, by the names of their outputs.
package struct WeightReader: Sendable {
  private var definitions: [String: Operation] = [:]

  package init() {}

  /// Makes the operations of one more block visible.
  package mutating func define(_ operations: [Operation]) {
    for operation in operations {
      for output in operation.outputs { definitions[output.name] = operation }
    }
  }

  package func operation(_ name: String) -> Operation? { definitions[name] }

  /// The names of all operations behind a value that are constants or decode them, the value's own first.
  package func chain(_ name: String) -> [String] {
    guard let operation = definitions[name], operation.isStored else { return [] }
    let inputs = operation.inputs.flatMap(\.bindings).compactMap(\.name)
    return operation.outputs.map(\.name) + inputs.flatMap { chain($0) }
  }

  /// How the value of that name is stored; `nil` when it is not a stored tensor.
  ///
  /// - Throws: `EncodingError` when an operator lacks a part or its parts do not fit.
  package func weight(_ name: String) throws(EncodingError) -> EncodedWeight? {
    guard let operation = definitions[name] else { return nil }
    if operation.type == "const" { return operation.constantValue?.tensor.map { .dense($0) } }
    guard case .weight(let weight) = try form(operation) else { return nil }
    return weight
  }

  /// The value of an integer parameter, when it is a constant.
  package func integer(_ operation: Operation, _ parameter: String) -> Int? {
    try? OperationParts(operation: operation, reader: self).integer(parameter)
  }

  private func form(_ operation: Operation) throws(EncodingError) -> StoredForm? {
    try StorageFormats.read(operation.type, OperationParts(operation: operation, reader: self))
  }

  /// The parts of an operation, as the program binds them.
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
