// SPDX-License-Identifier: Apache-2.0
// What is known of each name while a block is being specialised.

import MIL
import Operators
import Tensors

/// Names with their types and, where known, values.
struct Scope {
  private(set) var operands: [String: Operand]

  init(_ operands: [String: Operand] = [:]) { self.operands = operands }

  subscript(name: String) -> Operand? { operands[name] }

  mutating func bind(_ name: String, _ type: ValueType, _ constant: Constant? = nil) {
    operands[name] = Operand(name: name, type: type, constant: constant)
  }

  /// The operation with what is known of its inputs.
  ///
  /// - Throws: `OperatorError` for a name that nothing has bound.
  func call(_ operation: Operation, opset: Opset) throws -> Call {
    let op = try Catalogue.find(operation)
    var bound: [String: [Operand]] = [:]
    for argument in operation.inputs {
      bound[argument.parameter] = try argument.bindings.map { try resolve($0, in: operation) }
    }
    for attribute in operation.attributes where op.signature.parameter(attribute.name) != nil {
      bound[attribute.name] = [Operand(name: nil, type: attribute.value.type, constant: attribute.value)]
    }
    return Call(operation: operation, opset: opset, signature: op.signature, operands: bound)
  }

  private func resolve(_ binding: Binding, in operation: Operation) throws -> Operand {
    switch binding {
    case .constant(let value): return Operand(name: nil, type: value.type, constant: value)
    case .name(let name):
      guard let known = operands[name] else {
        throw OperatorError(
          operatorName: operation.type, operationName: operation.name, problem: "nothing gives the value '\(name)'")
      }
      return known
    }
  }
}
