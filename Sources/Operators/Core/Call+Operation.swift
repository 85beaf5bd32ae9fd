// SPDX-License-Identifier: Apache-2.0
// Creates a call from an operation of a program and the known values that it reads.

import MIL
import Tensors

extension Call {
  /// The call for an operation. Attributes that are parameters (as written by older opsets) become operands.
  ///
  /// - Parameters:
  ///   - operators: the table in which the operator is looked up.
  ///   - value: looks up a value by name; returns `nil` for an undefined name.
  /// - Throws: `OperatorError` for an unknown operator and for an undefined name.
  init(_ operation: Operation, opset: Opset, operators: OperatorTable, value: (String) -> Operand?) throws {
    let signature = try operators.find(operation).signature
    var operands = ByParameter<[Operand]>()
    for argument in operation.inputs {
      operands[argument.parameter] = try argument.bindings.map { binding in
        switch binding {
        case .constant(let constant): return Operand(name: nil, type: constant.type, constant: constant)
        case .name(let name):
          guard let known = value(name) else {
            throw OperatorError(
              operatorName: operation.type, operationName: operation.name, problem: "the value '\(name)' is not defined")
          }
          return known
        }
      }
    }
    for attribute in operation.attributes where attribute.name != "name" && signature.parameter(attribute.name) != nil {
      operands[attribute.name] = [Operand(name: nil, type: attribute.value.type, constant: attribute.value)]
    }
    self.init(operation: operation, opset: opset, signature: signature, operands: operands)
  }
}
