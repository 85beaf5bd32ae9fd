// SPDX-License-Identifier: Apache-2.0
// The operands of attention, and the places of their parts.

import Kernels
import Tensors

/// The operands with axes that agree: heads that share keys have an axis of their own.
struct AttentionOperands {
  let q: Buffer
  let k: Buffer
  let v: Buffer
  let y: Buffer
  let mask: AttentionMask?

  init(_ request: KernelRequest) throws {
    var (q, k, v) = (try request.input("query"), try request.input("key"), try request.input("value"))
    var y = request.output
    let heads = [k, v].first { $0.shape.count > q.shape.count }.map { $0.shape[$0.shape.count - 4] }
    mask = request.optionalInput("attn_mask").map { mask in
      let shape = mask.shape.padded(to: q.shape.count)
      return AttentionMask(mask, as: heads.map(shape.grouped) ?? shape)
    }
    if let heads {
      let rank = q.shape.count + 1
      func grouped(_ buffer: Buffer) -> Buffer {
        guard buffer.shape.count < rank else { return buffer }
        let shape = buffer.shape.grouped(heads)
        let at = rank - 4
        var strides = buffer.strides
        strides.insert(strides[at], at: at + 1)
        strides[at] *= shape[at + 1]
        return Buffer(dtype: buffer.dtype, shape: shape, strides: strides, pointer: buffer.pointer)
      }
      (q, k, v, y) = (grouped(q), grouped(k), grouped(v), grouped(y))
    }
    (self.q, self.k, self.v, self.y) = (q, k, v, y)
  }
}

extension Shape {
  /// `[*, heads · group, L, E]` as `[*, heads, group, L, E]`; an axis of extent one, along which a mask is broadcast, as two.
  fileprivate func grouped(_ heads: Int) -> Shape {
    var shape = self
    let at = count - 3
    let parts = self[at] == 1 ? [1, 1] : [heads, self[at] / heads]
    shape.replaceSubrange(at...at, with: parts)
    return shape
  }
}

/// A mask that is added to the scores.
struct AttentionMask {
  /// The mask, of as many axes as the scores.
  let buffer: Buffer
  private let memory: OwnedMemory
  private let source: Buffer

  /// The substitute for minus infinity: large enough to be negligible in the softmax, and finite so that an entirely
  /// masked row yields a mean instead of NaN.
  private static let excluded: Float = -1e30

  /// - Parameter shape: the mask's, with as many axes as the scores.
  init(_ mask: Buffer, as shape: Shape) {
    source = mask
    memory = OwnedMemory(.allocate(capacity: max(mask.count, 1)))
    buffer = Buffer(dtype: .float32, shape: shape, pointer: memory.pointer)
  }

  func refresh() {
    let (to, n) = (memory.pointer, source.count)
    if source.dtype == .bool {
      let from = source.bytes()
      for i in 0..<n { to[i] = from[i] != 0 ? 0 : Self.excluded }
    } else {
      let from = source.floats()
      for i in 0..<n { to[i] = max(from[i], Self.excluded) }
    }
  }
}
