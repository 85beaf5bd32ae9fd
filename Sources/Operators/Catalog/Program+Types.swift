// SPDX-License-Identifier: Apache-2.0
// Infers the type of every value in a program from the types of its inputs.

import MIL
import Tensors

extension Program {
  /// The program with types inferred from those of its inputs.
  ///
  /// - Parameter inputs: input types by name that replace the declared types in every function with such an input.
  /// - Throws: `OperatorError` with the names of function and operation if the types of inputs do not match.
  package func inferringTypes(_ inputs: [String: ValueType] = [:]) throws -> Program {
    var program = self
    program.functions = try functions.map { try $0.inferringTypes(inputs) }
    return program
  }

  /// Checks that every name is defined once and before it is used, that operations match their signatures, and that
  /// every declared type is compatible with the inferred type.
  ///
  /// - Throws: `OperatorError` for the first error, with the names of function and operation.
  package func checkTypes() throws {
    for function in functions { try function.checkTypes() }
  }
}

extension Function {
  /// The function with types inferred from those of its inputs.
  ///
  /// - Parameter types: input types by name that replace the declared types.
  /// - Throws: `OperatorError` with the names of function and operation if the types of inputs do not match.
  package func inferringTypes(_ types: [String: ValueType] = [:]) throws -> Function {
    var function = self
    for i in function.inputs.indices { function.inputs[i].type = types[function.inputs[i].name] ?? function.inputs[i].type }
    // Declared types may be more specific than what can be inferred without values. They remain valid if the input types
    // do not change.
    function.block = try TypeInference.run(function, function == self ? .refining : .replacing, Catalog.table)
    return function
  }

  /// Checks names, signatures and declared types of the active block.
  ///
  /// - Throws: `OperatorError` for the first error, with the names of function and operation.
  package func checkTypes() throws { _ = try TypeInference.run(self, .checking, Catalog.table) }
}
