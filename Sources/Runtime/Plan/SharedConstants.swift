// SPDX-License-Identifier: Apache-2.0
// What all plans of a program know of its constants: decoded weights, and weights in the layouts of kernels.

import Encodings
import Kernels
import MIL
import Operators
import Synchronization
import Tensors

/// Constants of one function, shared by all of its plans: those for several shapes, and those of executors that run side by side.
package final class SharedConstants: Sendable {
  /// Weights that kernels have packed.
  let weights: SharedWeights
  /// Where they are kept for the next process.
  private let file: PackedWeightFile?
  /// Outputs of operations on constants, and decoded weights: the same for all shapes, so computed once.
  private let values = Mutex<[String: [Tensor]]>([:])

  package init(keptIn file: PackedWeightFile? = nil) {
    self.file = file
    weights = SharedWeights(store: file)
  }

  /// Keeps weights that were packed for a new plan.
  func keep() { file?.save() }

  /// The outputs of a call on constants, cached for `constexpr_` operations.
  ///
  /// Only decoded weights are large enough to be worth caching.
  func value(of call: Call) throws -> [Tensor] {
    guard call.operation.isDecoder else { return try call.evaluate() }
    let key = call.operation.outputs.map(\.name).joined(separator: ",")
    return try values.withLock { values in
      if let known = values[key] { return known }
      let computed = try call.evaluate()
      values[key] = computed
      return computed
    }
  }

  /// The decoded elements of a weight that is kept in encoded form.
  func decoded(_ weight: EncodedWeight, named name: String, for call: Call) throws -> Tensor {
    try values.withLock { values in
      if let known = values[name]?.first { return known }
      do throws(EncodingError) {
        let tensor = try weight.decoded()
        values[name] = [tensor]
        return tensor
      } catch {
        throw call.error(error.description)
      }
    }
  }

  /// The memory of decoded weights, which remains.
  var storages: [TensorStorage] { values.withLock { $0.values.flatMap { $0.map(\.storage) } } }

  /// Bytes of all packed and converted weights that plans hold.
  package var byteCount: Int { weights.byteCount }

  /// Bytes below which a converted constant belongs to its plan alone.
  private static let leastBytes = 1 << 12

  /// A constant with the elements and in the order that kernels read.
  func computed(_ constant: Tensor, order: [Int]) -> Tensor {
    let isStored = constant.dtype == constant.dtype.computed && Layout.same(order, Layout.plain(constant.rank), constant.shape)
    guard !isStored, constant.byteCount >= Self.leastBytes else { return constant.computed().stored(in: order) }
    let key = constant.withBytes { bytes in
      SharedWeights.Key(bytes, dtype: constant.dtype, constant.shape, order: order, purpose: "constant")
    }
    let storage = weights.value(of: key) { constant.computed().stored(in: order).storage }
    return Tensor(dtype: constant.dtype.computed, shape: constant.shape, storage: storage)
  }
}

extension Tensor {
  /// The elements rearranged so that the axes are stored in the given order.
  fileprivate func stored(in order: [Int]) -> Tensor {
    guard !Layout.same(order, Layout.plain(rank), shape) else { return self }
    var out = Tensor(uninitialized: dtype, shape)
    withBytes { from in
      out.withMutableBytes { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return }
        let source = Buffer(dtype: dtype, shape: shape, pointer: UnsafeMutableRawPointer(mutating: from))
        StridedCopy(from: source, to: Buffer(dtype: dtype, shape: shape, order: order, pointer: to)).run()
      }
    }
    return out
  }
}
