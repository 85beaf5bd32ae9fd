// SPDX-License-Identifier: Apache-2.0
// The content of states, which persists between predictions.

import Kernels
import MIL
import Tensors

/// The states of a stateful model, created by `Executor.makeState` and passed to each prediction; initially zero.
///
/// Content lies in tensors of its own, or in the memory of the executor that used it last, which reads and updates it there.
/// Not thread-safe.
package final class StateStore {
  /// Type of each state, by name.
  package let types: [String: TensorType]
  /// For each state that the program extends from prediction to prediction, the axis of its positions.
  package let positionAxes: [String: Int]
  /// The content, unless it lies in the memory of an executor; `nil` for states that are zero.
  private var tensors: [String: Tensor] = [:]
  private var home: StateMemory?

  package init(_ types: [String: TensorType], positionAxes: [String: Int] = [:]) {
    self.types = types
    self.positionAxes = positionAxes
  }

  /// A state's content in the type of the computation: what another store needs to continue with the same results.
  package func content(_ name: String) -> Tensor? {
    guard let type = types[name] else { return nil }
    if let buffer = home?.buffers[name] { return buffer.tensor }
    return tensors[name] ?? Tensor(zeros: type.dtype.computed, type.shape ?? [])
  }

  /// A state's content, in the declared type.
  package func read(_ name: String) -> Tensor? {
    guard let type = types[name] else { return nil }
    return content(name)?.cast(to: type.dtype)
  }

  /// Replaces a state's content. Numbers of other types are converted if that preserves them, as for inputs.
  ///
  /// - Throws: `RuntimeError` for an unknown name, and for a tensor of another shape or type.
  package func write(_ name: String, _ tensor: Tensor) throws {
    guard let type = types[name] else { throw RuntimeError.unknownState(name, known: types.keys.sorted()) }
    guard type.shape == tensor.shape else {
      throw RuntimeError.wrongInput(name, expected: type.description, found: TensorType(tensor.dtype, tensor.shape).description)
    }
    // Content that was read in the type of the computation is more precise than the declared type.
    if tensor.dtype == type.dtype.computed { return replace(name, by: tensor) }
    do {
      replace(name, by: try tensor.converted(to: type.dtype).cast(to: type.dtype.computed))
    } catch {
      throw RuntimeError.wrongInput(name, expected: type.description, found: error.description)
    }
  }

  private func replace(_ name: String, by tensor: Tensor) {
    if let buffer = home?.buffers[name] { buffer.store(tensor) } else { tensors[name] = tensor }
  }

  /// Sets all states to zero.
  package func reset() {
    leave()
    tensors = [:]
  }

  /// An independent store with the same content.
  package func copy() -> StateStore {
    let copy = StateStore(types, positionAxes: positionAxes)
    for name in types.keys where home != nil || tensors[name] != nil { copy.tensors[name] = content(name) }
    return copy
  }

  /// Sets to zero what the states hold of positions from `count` on.
  ///
  /// - Throws: `RuntimeError` if there is a state without an axis of positions, or with fewer positions.
  package func truncate(_ count: Int) throws {
    for (name, type) in types {
      guard let axis = positionAxes[name] else { throw RuntimeError.noPositions(name) }
      let most = type.shape?[axis] ?? 0
      guard (0...most).contains(count) else { throw RuntimeError.wrongPosition(name, count, most: most) }
    }
    for (name, axis) in positionAxes where home != nil || tensors[name] != nil {
      guard let content = content(name) else { continue }
      replace(name, by: content.clearing(from: count, axis: axis))
    }
  }

  // MARK: Memory of executors

  /// Moves the content to an executor's memory, where it stays until another store or another executor needs the place.
  func enter(_ memory: StateMemory) {
    guard home !== memory else { return }
    let content = types.keys.reduce(into: [:]) { $0[$1] = home == nil ? tensors[$1] : self.content($1) }
    leave()
    memory.admit(self, content)
    tensors = [:]
    home = memory
  }

  /// Takes the content out of an executor's memory.
  func evict() {
    guard home != nil else { return }
    let content = types.keys.reduce(into: [:]) { $0[$1] = self.content($1) }
    leave()
    tensors = content
  }

  private func leave() {
    home?.release(self)
    home = nil
  }
}

extension Tensor {
  /// The elements with zero at the indices from `count` on along an axis.
  fileprivate func clearing(from count: Int, axis: Int) -> Tensor {
    var out = self
    let row = dtype.byteCount(shape[(axis + 1)...].reduce(1, *))
    let block = shape[axis] * row
    out.withMutableBytes { bytes in
      guard let base = bytes.baseAddress, block > 0 else { return }
      for start in stride(from: 0, to: bytes.count, by: block) {
        (base + start + count * row).initializeMemory(as: UInt8.self, repeating: 0, count: block - count * row)
      }
    }
    return out
  }
}
