// SPDX-License-Identifier: Apache-2.0
// Runs a prepared kernel repeatedly with different inputs.

import Kernels
import MIL
import Operators
import Tensors
import Testing

/// A kernel over buffers whose contents change between runs.
final class Running {
  private var memory: [String: Buffer] = [:]
  private let results: [Buffer]
  private let kernel: Kernel

  /// - Parameter inPlace: the parameter whose memory the first output uses.
  init(_ call: Call, _ values: [String: Tensor], inPlace: String? = nil) throws {
    let op = try Catalog.find(call.operation)
    for (name, tensor) in values { memory[name] = Running.buffer(tensor.dtype.computed, tensor.shape) }
    let memory = memory
    results = try op.infer(call).enumerated().map { i, type in
      let tensor = try #require(type.tensorType)
      let shape = try #require(tensor.shape)
      if i == 0, let inPlace { return try #require(memory[inPlace]) }
      return Running.buffer(tensor.dtype.computed, shape)
    }
    kernel = try op.prepare(
      KernelRequest(call: call, inputs: ByParameter(memory.map { (key: $0.key, value: [$0.value]) }), outputs: results, scratch: Scratch()))
    for (name, tensor) in values { set(name, tensor) }
  }

  deinit {
    for buffer in Set((Array(memory.values) + results).map(\.pointer)) { buffer.deallocate() }
  }

  private static func buffer(_ dtype: DType, _ shape: Shape) -> Buffer {
    Buffer(dtype: dtype, shape: shape, pointer: .allocate(byteCount: max(dtype.byteCount(shape.elementCount), 1), alignment: 64))
  }

  func set(_ name: String, _ tensor: Tensor) {
    guard let buffer = memory[name] else { return }
    tensor.computed().withBytes { if let base = $0.baseAddress { buffer.pointer.copyMemory(from: base, byteCount: $0.count) } }
  }

  func run() throws { try kernel.run() }

  func value(_ name: String) -> Tensor? { memory[name].map(Running.tensor) }

  var outputs: [Tensor] { results.map(Running.tensor) }

  private static func tensor(_ buffer: Buffer) -> Tensor {
    Tensor(dtype: buffer.dtype, shape: buffer.shape, bytes: UnsafeRawBufferPointer(start: buffer.pointer, count: buffer.byteCount))
  }
}
