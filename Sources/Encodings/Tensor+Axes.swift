// SPDX-License-Identifier: Apache-2.0
// Moves the axis of output channels to the front of a tensor and back.

import Tensors

extension Tensor {
  /// The tensor with one axis in front of the others, whose order stays the same.
  package func withAxisFirst(_ axis: Int) -> Tensor {
    var moved = shape
    moved.insert(moved.remove(at: axis), at: 0)
    let outer = Shape(shape[..<axis]).elementCount
    return exchanging(outer, shape[axis], inner: Shape(shape[(axis + 1)...]).elementCount, moved)
  }

  /// The inverse: the tensor with its first axis at the given position.
  package func withFirstAxis(at axis: Int) -> Tensor {
    var moved = shape
    moved.insert(moved.remove(at: 0), at: axis)
    let outer = Shape(moved[..<axis]).elementCount
    return exchanging(shape[0], outer, inner: Shape(moved[(axis + 1)...]).elementCount, moved)
  }

  /// The elements as `[a, b, inner]`, in the order of `[b, a, inner]`.
  private func exchanging(_ a: Int, _ b: Int, inner: Int, _ shape: Shape) -> Tensor {
    guard a > 1, b > 1 else { return reshaped(shape) }
    guard dtype.bits >= 8 else {
      let bytes = Tensor(codes(), shape: self.shape).exchanging(a, b, inner: inner, shape)
      return Tensor(codes: bytes.codes(), dtype: dtype, shape: shape)
    }
    var out = Tensor(uninitialized: dtype, shape)
    let run = inner * dtype.bits / 8
    withBytes { from in
      out.withMutableBytes { to in
        guard let from = from.baseAddress, let to = to.baseAddress else { return }
        for i in 0..<a {
          for j in 0..<b { (to + (j * a + i) * run).copyMemory(from: from + (i * b + j) * run, byteCount: run) }
        }
      }
    }
    return out
  }
}
