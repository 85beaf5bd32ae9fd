// SPDX-License-Identifier: Apache-2.0
// The type of every value of a program, from the types of its inputs.

import MIL
import Tensors

extension Program {
  /// This program with the types that follow from those of its inputs.
  ///
  /// - Parameter inputs: types of inputs by name, in place of the declared ones, for every function that has such an input.
  /// - Throws: `OperatorError` naming function and operation, where inputs do not fit each other.
  package func inferringTypes(_ inputs: [String: ValueType] = [:]) throws -> Program {
    var program = self
    program.functions = try functions.map { try $0.inferringTypes(inputs) }
    return program
  }

  /// Checks that every name is bound once and before it is read, that operations keep to their signatures, and that
  /// every declared type accepts the one that follows.
  ///
  /// - Throws: `OperatorError` for the first fault, naming function and operation.
  package func checkTypes() throws {
    for function in functions { try function.checkTypes() }
  }
}

extension Function {
  /// This function with the types that follow from those of its inputs.
  ///
  /// - Parameter types: types of inputs by name, in place of the declared ones.
  /// - Throws: `OperatorError` naming function and operation, where inputs do not fit each other.
  package func inferringTypes(_ types: [String: ValueType] = [:]) throws -> Function {
    var function = self
    for i in function.inputs.indices { function.inputs[i].type = types[function.inputs[i].name] ?? function.inputs[i].type }
    // Declared types hold as long as the inputs are the declared ones; they may say more than follows without values.
    function.block = try TypeInference.run(function, function == self ? .refining : .replacing, Catalogue.table)
    return function
  }

  /// Checks names, signatures and declared types of the active block.
  ///
  /// - Throws: `OperatorError` for the first fault, naming function and operation.
  package func checkTypes() throws { _ = try TypeInference.run(self, .checking, Catalogue.table) }
}
