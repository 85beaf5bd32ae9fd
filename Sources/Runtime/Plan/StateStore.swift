// SPDX-License-Identifier: Apache-2.0
// State buffers that persist between predictions.

import Kernels
import MIL
import Tensors

/// The states of a stateful model, created by `Executor.makeState` and passed to each prediction; initially zero.
package final class StateStore {
  /// Type of each state, by name.
  package let types: [String: TensorType]
  private var tensors: [String: Tensor]

  init(_ types: [String: TensorType]) {
    self.types = types
    tensors = types.mapValues { Tensor(zeros: $0.dtype.computed, $0.shape ?? []) }
  }

  /// A state's content, in the declared type.
  package func read(_ name: String) -> Tensor? {
    guard let type = types[name], let tensor = tensors[name] else { return nil }
    return tensor.cast(to: type.dtype)
  }

  func copy(_ name: String, to buffer: Buffer) {
    tensors[name]?.withBytes {
      if let from = $0.baseAddress { buffer.pointer.copyMemory(from: from, byteCount: min($0.count, buffer.byteCount)) }
    }
  }

  func replace(_ name: String, from buffer: Buffer) {
    tensors[name]?.withMutableBytes {
      $0.baseAddress?.copyMemory(from: buffer.pointer, byteCount: min($0.count, buffer.byteCount))
    }
  }
}
