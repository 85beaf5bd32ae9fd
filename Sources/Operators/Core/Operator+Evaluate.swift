// SPDX-License-Identifier: Apache-2.0
// Evaluates a single operation on constants, for constant folding and for tests of single operators.

import Kernels
import MIL
import Tensors

extension Operator {
  /// Evaluates an operation whose inputs are all known. The outputs have the types that the operator infers.
  ///
  /// - Throws: `OperatorError`, including if a shape cannot be inferred.
  package static func evaluate(_ call: Call) throws -> [Tensor] {
    if let folded = try fold(call) { return folded }
    let types = try kept(call).map { tensor -> (DType, Shape) in
      guard let shape = tensor.shape else { throw call.error("the shape of the result is not known") }
      return (tensor.dtype, shape)
    }
    if case .view = layout, let first = call.operands[signature.parameters[0].name]?.first?.constant?.tensor {
      return [first.reshaped(types[0].1)]
    }
    let tensors = call.operands.mapValues { $0.map { $0.constant?.tensor?.computed() } }
    let results = types.map { Tensor(uninitialized: $0.0.computed, $0.1) }
    // Tensors are kept alive until the kernel has finished. Output tensors are not shared, so writing to their memory is safe.
    let buffers = tensors.mapValues { $0.compactMap { $0.map(Call.buffer) } }
    let request = KernelRequest(
      call: call, inputs: ByParameter(buffers.filter { !$0.value.isEmpty }), outputs: results.map(Call.buffer),
      scratch: Scratch())
    try withExtendedLifetime((tensors, results)) {
      try prepare(request).run()
    }
    return zip(results, types).map { $0.cast(to: $1.0) }
  }
}

extension Call {
  /// The tensor's elements without a copy. The caller keeps the tensor alive and writes only to tensors that are not
  /// shared.
  static func buffer(_ tensor: Tensor) -> Buffer {
    Buffer(
      dtype: tensor.dtype, shape: tensor.shape,
      pointer: tensor.withBytes { UnsafeMutableRawPointer(mutating: $0.baseAddress ?? UnsafeRawPointer(tensor.storage.base)) })
  }
}
