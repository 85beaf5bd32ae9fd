// SPDX-License-Identifier: Apache-2.0
// One operation on constants: for folding, and for tests of single operators.

import Kernels
import MIL
import Tensors

extension Tensor {
  /// The elements in the type that a running program keeps them in.
  package func computed() -> Tensor {
    dtype.isSubByte && dtype != .bool
      ? Tensor(dtype: dtype.computed, shape: shape, storage: Tensor(codes(), shape: shape).storage) : cast(to: dtype.computed)
  }
}

extension ValueType {
  /// The tensor that a running program keeps a value of this type in: a list has its elements along the first axis.
  /// `nil` for what is not kept in one.
  package var kept: TensorType? {
    switch self {
    case .tensor(let type): type
    case .list(.tensor(let element), let length): TensorType(element.dtype, [length] + element.dimensions)
    default: nil
    }
  }

  /// The type of a value declared as this type that is kept in such a tensor.
  package func kept(in tensor: TensorType) -> ValueType {
    guard case .list(.tensor, _) = self, let length = tensor.dimensions.first else { return .tensor(tensor) }
    return .list(.tensor(TensorType(tensor.dtype, Array(tensor.dimensions.dropFirst()))), length: length)
  }
}

extension Call {
  /// Whether the value of every operand is known.
  package var isConstant: Bool { operands.values.allSatisfy { $0.allSatisfy { $0.constant != nil } } }

  /// The outputs of an operation whose inputs are all known, in the types that the operator infers.
  ///
  /// - Throws: `OperatorError`; also when a shape cannot be known in advance.
  package func evaluate() throws -> [Tensor] {
    let op = try Catalogue.find(operation)
    if let folded = try op.fold(self) { return folded }
    let types = try op.kept(self).map { tensor -> (DType, Shape) in
      guard let shape = tensor.shape else { throw error("the shape of the result is not known") }
      return (tensor.dtype, shape)
    }
    if case .view = op.layout, let first = operands[signature.parameters[0].name]?.first?.constant?.tensor {
      return [first.reshaped(types[0].1)]
    }
    let tensors = operands.mapValues { $0.map { $0.constant?.tensor?.computed() } }
    let results = types.map { Tensor(uninitialized: $0.0.computed, $0.1) }
    // Storages are held until the kernel has run; results are ours alone, so writing through their base is safe.
    let buffers = tensors.mapValues { $0.compactMap { $0.map(Self.buffer) } }
    let request = KernelRequest(
      call: self, inputs: ByParameter(buffers.filter { !$0.value.isEmpty }), outputs: results.map(Self.buffer),
      scratch: Scratch())
    try withExtendedLifetime((tensors, results)) {
      try op.prepare(request).run()
    }
    return zip(results, types).map { $0.cast(to: $1.0) }
  }

  /// The tensor's elements where they are. The caller keeps the tensor alive, and writes only to one that nobody shares.
  static func buffer(_ tensor: Tensor) -> Buffer {
    Buffer(
      dtype: tensor.dtype, shape: tensor.shape,
      pointer: tensor.withBytes { UnsafeMutableRawPointer(mutating: $0.baseAddress ?? UnsafeRawPointer(tensor.storage.base)) })
  }
}
