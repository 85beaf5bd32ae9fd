// SPDX-License-Identifier: Apache-2.0
// The memory in which the plans of an executor read and update states.

import MIL
import Tensors

/// One buffer for each state of a function, at a fixed address that all plans of an executor use. It holds the content of one
/// store at a time.
final class StateMemory {
  private let types: [String: TensorType]
  private(set) lazy var buffers: [String: ExternalBuffer] = types.mapValues { ExternalBuffer(zeros: $0.dtype, $0.shape ?? []) }
  private weak var occupant: StateStore?
  private var isZero = true

  /// - Parameter types: of the states, by name.
  init(_ types: [String: TensorType]) { self.types = types }

  /// Replaces the content by that of a store; `nil` is zero.
  func admit(_ store: StateStore, _ content: [String: Tensor?]) {
    occupant?.evict()
    for (name, buffer) in buffers {
      if case let tensor?? = content[name] {
        buffer.store(tensor)
      } else if !isZero {
        buffer.clear()
      }
    }
    occupant = store
    isZero = false
  }

  func release(_ store: StateStore) { if occupant === store { occupant = nil } }
}

extension Function {
  /// The types of the states, by name.
  var stateTypes: [String: TensorType] {
    inputs.reduce(into: [:]) { types, input in
      if case .state(let content) = input.type, let type = content.tensorType { types[input.name] = type }
    }
  }
}
