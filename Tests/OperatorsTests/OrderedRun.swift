// SPDX-License-Identifier: Apache-2.0
// Runs a single operation on buffers whose axes are stored in a different order than in the program.

import Kernels
import MIL
import Operators
import Tensors

/// The elements of a tensor in separate memory, with axes in a given order.
final class OrderedMemory {
  let buffer: Buffer
  /// The owner of the memory, if it is shared.
  private let owner: OrderedMemory?

  /// Memory that contains `tensor`, or uninitialized memory for a tensor of its dtype and shape.
  init(_ tensor: Tensor, order: [Int], copying: Bool) {
    let pointer = UnsafeMutableRawPointer.allocate(byteCount: max(tensor.byteCount, 1), alignment: 64)
    buffer = Buffer(dtype: tensor.dtype, shape: tensor.shape, order: order, pointer: pointer)
    owner = nil
    guard copying else { return }
    let size = tensor.dtype.bits / 8
    tensor.withBytes { bytes in
      forEachPlace { plain, stored in
        for b in 0..<size { pointer.storeBytes(of: bytes[plain * size + b], toByteOffset: stored * size + b, as: UInt8.self) }
      }
    }
  }

  /// The memory of `other`, to be overwritten with elements of the same size.
  init(sharing other: OrderedMemory, dtype: DType) {
    owner = other
    buffer = Buffer(dtype: dtype, shape: other.buffer.shape, order: other.buffer.order, pointer: other.buffer.pointer)
  }

  deinit { if owner == nil { buffer.pointer.deallocate() } }

  /// The elements as a tensor.
  var tensor: Tensor {
    var result = Tensor(zeros: buffer.dtype, buffer.shape)
    let size = buffer.dtype.bits / 8
    result.withMutableBytes { bytes in
      forEachPlace { plain, stored in
        for b in 0..<size { bytes[plain * size + b] = buffer.pointer.load(fromByteOffset: stored * size + b, as: UInt8.self) }
      }
    }
    return result
  }

  private func forEachPlace(_ body: (Int, Int) -> Void) {
    let (plain, stored) = (buffer.shape.rowMajorStrides, buffer.strides)
    for i in 0..<buffer.count {
      let place = buffer.shape.indices.reduce(0) { $0 + i / plain[$1] % buffer.shape[$1] * stored[$1] }
      body(i, place)
    }
  }
}

extension Call {
  /// The outputs for buffers with axes in `order`, as far as the operator's layout policy permits it.
  ///
  /// - Parameter inPlace: whether the first output overwrites the first input of the same size.
  func evaluate(order: [Int], inPlace: Bool = false) throws -> [Tensor] {
    let op = try Catalog.find(operation)
    let types = try op.infer(self).compactMap(\.tensorType)
    func ordering(_ shape: Shape, isOutput: Bool) -> [Int] {
      let follows = if case .strided = op.layout { !isOutput } else { true }
      return follows && shape.count == order.count ? order : Layout.plain(shape.count)
    }
    let inputs = operands.compactMapValues { operands -> OrderedMemory? in
      operands.first?.constant?.tensor.map {
        OrderedMemory($0.computed(), order: ordering($0.shape, isOutput: false), copying: true)
      }
    }
    let results = types.enumerated().map { index, type -> OrderedMemory in
      let room = Tensor(zeros: type.dtype.computed, type.shape ?? [])
      if inPlace, index == 0 {
        let parameters = signature.parameters.map(\.name)
        for name in parameters {
          guard let input = inputs[name], input.buffer.byteCount == room.byteCount, input.buffer.shape == room.shape
          else { continue }
          return OrderedMemory(sharing: input, dtype: room.dtype)
        }
      }
      return OrderedMemory(room, order: ordering(room.shape, isOutput: true), copying: false)
    }
    let request = KernelRequest(
      call: self, inputs: inputs.mapValues { [$0.buffer] }, outputs: results.map(\.buffer), scratch: Scratch())
    try withExtendedLifetime((inputs, results)) { try op.prepare(request).run() }
    return zip(results, types).map { $0.tensor.cast(to: $1.dtype) }
  }
}
