// SPDX-License-Identifier: Apache-2.0
// Elementwise choice between two operands.

import Kernels
import Tensors

extension Tensor {
  /// `condition ? a : b` elementwise; all three broadcast, and `a` and `b` have the promoted dtype.
  package static func chosen(_ condition: TensorOperand, _ a: TensorOperand, _ b: TensorOperand) throws -> Tensor {
    let name = "where"
    let dtype = Promotion.dtype(of: [a, b])
    let shape = try broadcast([condition.shape, a.shape, b.shape], for: name)
    let truth = try condition.truth()
    let (x, y) = (try a.materialized(as: dtype, for: name).unpacked, try b.materialized(as: dtype, for: name).unpacked)
    let out = try result(x.dtype, shape, of: name)
    guard out.count > 0 else { return out.packed(as: dtype) }
    withExtendedLifetime((truth, x, y, out)) {
      let (c, p, q, r) = (truth.buffer, x.buffer, y.buffer, out.buffer)
      switch x.dtype.bits {
      case 8: choose(c, p, q, r, UInt8.self)
      case 16: choose(c, p, q, r, UInt16.self)
      case 32: choose(c, p, q, r, UInt32.self)
      default: choose(c, p, q, r, UInt64.self)
      }
    }
    return out.packed(as: dtype)
  }

  private static func choose<T: BitwiseCopyable>(_ condition: Buffer, _ a: Buffer, _ b: Buffer, _ y: Buffer, _ type: T.Type) {
    let walk = Broadcast(output: y, operands: [condition, a, b])
    let truth = condition.bytes()
    let (p, q) = (a.pointer.assumingMemoryBound(to: T.self), b.pointer.assumingMemoryBound(to: T.self))
    let r = y.pointer.assumingMemoryBound(to: T.self)
    let steps = walk.steps
    walk.forEachPiece { at, operands, count in
      let (truth, p, q, r) = (truth + operands[0], p + operands[1], q + operands[2], r + at)
      for i in 0..<count { r[i] = truth[i * steps[0]] != 0 ? p[i * steps[1]] : q[i * steps[2]] }
    }
  }
}
