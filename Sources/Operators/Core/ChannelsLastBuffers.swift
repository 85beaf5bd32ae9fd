// SPDX-License-Identifier: Apache-2.0
// Channels-last copies for kernels that support no other axis order.

import Kernels
import Tensors

/// Copies that convert a kernel's inputs to channels-last order, and its output back.
///
/// A plan provides channels-last buffers already; only constant folding needs the copies.
final class ChannelsLastBuffers {
  private var before: [StridedCopy] = []
  private var after: [StridedCopy] = []
  private var memory: [OwnedMemory] = []

  func input(_ buffer: Buffer) -> Buffer {
    guard let copy = twin(buffer) else { return buffer }
    before.append(StridedCopy(from: buffer, to: copy))
    return copy
  }

  func output(_ buffer: Buffer) -> Buffer {
    guard let copy = twin(buffer) else { return buffer }
    after.append(StridedCopy(from: copy, to: buffer))
    return copy
  }

  /// A channels-last float buffer of the same shape; `nil` if the buffer is channels-last already.
  private func twin(_ buffer: Buffer) -> Buffer? {
    let order = Layout.channelsLast(buffer.shape.count)
    guard !Layout.same(buffer.order, order, buffer.shape) else { return nil }
    let floats = OwnedMemory(.allocate(capacity: max(buffer.count, 1)))
    memory.append(floats)
    return Buffer(dtype: .float32, shape: buffer.shape, order: order, pointer: UnsafeMutableRawPointer(floats.pointer))
  }

  func run(_ body: () throws -> Void) rethrows {
    for copy in before { copy.run() }
    try body()
    for copy in after { copy.run() }
  }
}
