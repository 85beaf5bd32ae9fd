// SPDX-License-Identifier: Apache-2.0
// An operation of a program, with what is known of the values it reads.

import MIL
import Tensors

extension Call {
  /// The operation under its operator's signature; attributes that are parameters (as older opsets write them) are operands.
  ///
  /// - Parameters:
  ///   - operators: where the operation's own is found.
  ///   - value: what is known of a name; `nil` when nothing binds it.
  /// - Throws: `OperatorError` for an operator that Wane does not know, and for a name that nothing binds.
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
              operatorName: operation.type, operationName: operation.name, problem: "nothing gives the value '\(name)'")
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
