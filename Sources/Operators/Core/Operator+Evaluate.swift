// SPDX-License-Identifier: Apache-2.0
// Evaluates a single operation on constants, for constant folding and for tests of single operators.

import Kernels
import MIL
import Platform
import Tensors

extension Operator {
  /// Evaluates an operation whose inputs are all known. The outputs have the types that the operator infers.
  ///
  /// - Throws: `OperatorError`, including if a shape cannot be inferred.
  package static func evaluate(_ call: Call) throws -> [Tensor] {
    if let folded = try fold(call) { return folded }
    let types = try kept(call).map { tensor -> (DType, Shape) in
      guard let shape = tensor.shape else { throw call.error("the shape of the result is not known") }
      guard tensor.dtype.computed.byteCount(shape.elementCount) <= physicalMemory else {
        throw call.error("the result \(tensor) does not fit in memory")
      }
      return (tensor.dtype, shape)
    }
    if case .view = layout, let first = call.operands[signature.parameters[0].name]?.first?.constant?.tensor {
      return [first.reshaped(types[0].1)]
    }
    let tensors = call.operands.mapValues { $0.map { $0.constant?.tensor?.computed() } }
    let results = types.map { Tensor(uninitialized: $0.0.computed, $0.1) }
    // Axis orders are those of a program, so that the same kernels run. Tensors are kept alive until the kernel has finished. Output
    // tensors are not shared, so writing to their memory is safe.
    let (policy, first) = (layout(call), signature.parameters.first?.name)
    var orders = Reordering()
    var buffers: [String: [Buffer]] = [:]
    for (parameter, values) in tensors {
      buffers[parameter] = values.compactMap { tensor in
        tensor.map { orders.input(Call.buffer($0), policy.order(ofInput: parameter, isFirst: parameter == first, rank: $0.rank)) }
      }
    }
    let outputs = results.map { result in
      orders.output(Call.buffer(result), policy.outputOrder(rank: result.rank == results[0].rank ? result.rank : 0))
    }
    let request = KernelRequest(call: call, inputs: ByParameter(buffers.filter { !$0.value.isEmpty }), outputs: outputs, scratch: Scratch())
    try withExtendedLifetime((tensors, results)) {
      try orders.run { try prepare(request).run() }
    }
    return zip(results, types).map { $0.cast(to: $1.0) }
  }
}

/// Copies of inputs and outputs in the axis orders that a kernel supports.
private struct Reordering {
  private var before: [StridedCopy] = []
  private var after: [StridedCopy] = []
  private var memory: [TensorStorage] = []

  mutating func input(_ buffer: Buffer, _ order: [Int]) -> Buffer {
    guard let copy = reordered(buffer, order) else { return buffer }
    before.append(StridedCopy(from: buffer, to: copy))
    return copy
  }

  mutating func output(_ buffer: Buffer, _ order: [Int]) -> Buffer {
    guard let copy = reordered(buffer, order) else { return buffer }
    after.append(StridedCopy(from: copy, to: buffer))
    return copy
  }

  /// - Returns: `nil` if the buffer has this order already.
  private mutating func reordered(_ buffer: Buffer, _ order: [Int]) -> Buffer? {
    guard order.count == buffer.shape.count, !Layout.same(buffer.order, order, buffer.shape) else { return nil }
    let storage = TensorStorage(byteCount: buffer.byteCount)
    memory.append(storage)
    return Buffer(dtype: buffer.dtype, shape: buffer.shape, order: order, pointer: storage.base)
  }

  func run(_ body: () throws -> Void) rethrows {
    for copy in before { copy.run() }
    try withExtendedLifetime(memory) { try body() }
    for copy in after { copy.run() }
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
