// SPDX-License-Identifier: Apache-2.0
// Post-ops of Wane's own products and convolutions: some before a sum is stored, others while it is in the cache.

import Kernels
import Tensors

/// Post-ops of which the first, a sum and limits, are applied before elements are stored.
struct SplitPost {
  private(set) var first = SumPost()
  private(set) var others: [FusedPostOperation] = []
  private let output: Buffer
  private let y: UnsafeMutablePointer<Float>

  /// `nil` if an operand is not one value, one for each index of `channelAxis`, or one for each element in the output's order.
  init?(_ request: KernelRequest, channelAxis: Int) {
    output = request.output
    y = output.floats()
    for post in request.post {
      if let operand = post.operand {
        guard operand.dtype == .float32,
          operand.shape == output.shape
            ? Layout.same(operand.order, output.order, output.shape) : operand.count == 1 || operand.count == output.shape[channelAxis]
        else { return nil }
      }
      let isUnlimited = first.limits.low == -.infinity && first.limits.high == .infinity
      switch post.operation {
      case .binary(.add, _) where others.isEmpty && isUnlimited && first.addend == nil && post.operand?.shape == output.shape:
        first.addend = post.operand.map { UnsafePointer($0.floats()) }
      case .unary(.relu) where others.isEmpty && isUnlimited: first.limits.low = 0
      case .unary(.clip(let low, let high)) where others.isEmpty && isUnlimited: first.limits = (low, high)
      default: others.append(post)
      }
    }
  }

  /// Applies the other post-ops to `count` channels, from `channel` on, at `element`; `nil` if there are none.
  var epilogue: ((_ element: Int, _ channel: Int, _ count: Int) -> Void)? { others.isEmpty ? nil : apply }

  private func apply(_ element: Int, _ channel: Int, _ count: Int) {
    let y = y + element
    for post in others {
      switch post.operation {
      case .unary(let function): Unary.apply(function, y, to: y, count: count)
      case .binary(let function, _):
        guard let operand = post.operand else { continue }
        let start = operand.shape == output.shape ? element : operand.count == 1 ? 0 : channel
        Binary.apply(function, y, 1, operand.floats() + start, operand.count == 1 ? 0 : 1, to: y, count: count)
      }
    }
  }
}
