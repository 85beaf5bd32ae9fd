// SPDX-License-Identifier: Apache-2.0
// Fixes the flexible shapes of a program's inputs.

import MIL
import Operators
import Tensors

extension Function {
  /// The function for inputs of these shapes: all types are inferred again, and what follows from shapes is folded.
  ///
  /// - Throws: `ProgramEditError` for a name that no input has or a shape that its type does not permit; `OperatorError`
  ///   where the shapes do not match.
  package func materialized(_ shapes: [String: Shape]) throws -> Function {
    var types: [String: ValueType] = [:]
    for (name, shape) in shapes.sorted(by: { $0.key < $1.key }) {
      guard let input = inputs.first(where: { $0.name == name }) else {
        throw ProgramEditError.unknown(what: "input", name: name, known: inputs.map(\.name))
      }
      guard case .tensor(let type) = input.type else {
        throw ProgramEditError.interface(name: name, problem: "it is \(input.type), which has no shape to choose")
      }
      let chosen = TensorType(type.dtype, shape)
      guard type.accepts(chosen) else {
        throw ProgramEditError.interface(name: name, problem: "the shape \(shape) is not one of \(type)")
      }
      types[name] = .tensor(chosen)
    }
    var function = try inferringTypes(types)
    function.block = try function.foldingConstants().block
    function.block = function.block.removingDeadCode()
    return function
  }
}
