// SPDX-License-Identifier: Apache-2.0
// Computes what does not depend on the inputs.

import MIL
import Operators
import Tensors

extension Function {
  /// The function with constants in place of operations whose results are known: of constants alone, or from shapes.
  ///
  /// Results larger than their operands stay operations, as do weights that are stored compressed.
  ///
  /// - Throws: `OperatorError` for operations that do not match their signature.
  package func foldingConstants() throws -> Function {
    let emitter = try Emitter(refining: self)
    for operation in block.operations {
      guard let folded = try emitter.folded(operation) else {
        try emitter.append(operation)
        continue
      }
      for constant in folded { try emitter.append(constant) }
    }
    var function = self
    function.block.operations = emitter.operations
    return function
  }
}

extension Emitter {
  /// Constants for the outputs of an operation; `nil` if they are not known or too large.
  fileprivate func folded(_ operation: Operation) throws -> [Operation]? {
    guard !operation.isStored, operation.blocks.isEmpty, !operation.hasEffect, let op = Catalog.known(operation) else { return nil }
    guard case .kernel = op.execution else { return nil }
    let call = try call(operation)
    try call.check()
    let known: [Tensor]?
    do { known = call.isConstant ? try op.evaluate(call) : try op.fold(call) } catch { return nil }
    guard let known, known.count == operation.outputs.count else { return nil }
    let read = call.operands.values.joined().reduce(0) { $0 + ($1.constant?.tensor?.byteCount ?? 0) }
    guard known.reduce(0, { $0 + $1.byteCount }) <= max(read, 1 << 12) else { return nil }
    return zip(operation.outputs, known).map { output, value in .const(output.name, Constant(value, opset: opset)) }
  }
}
