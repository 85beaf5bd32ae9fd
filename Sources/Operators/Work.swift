// SPDX-License-Identifier: Apache-2.0
// What an operator has to do, counted from shapes: the same for every kernel that may be chosen.

import MIL
import Tensors

extension Call {
  /// Floating-point operations of one run, a multiplication and an addition counting as two.
  ///
  /// Products are counted exactly, windows by their size; everything else as one operation for each element that it
  /// writes or reduces. Moving data counts nothing.
  ///
  /// - Parameter outputs: shapes of the outputs.
  package func flops(outputs: [Shape]) -> Int {
    let count = outputs.first?.elementCount ?? 0
    func shape(_ parameter: String) -> Shape? { (try? optionalType(parameter))?.shape }
    func window() -> Int { ((try? integers("kernel_sizes")) ?? nil)?.reduce(1, *) ?? 1 }
    switch operation.type {
    case "conv":
      return 2 * count * (shape("weight")?.dropFirst().reduce(1, *) ?? 0)
    case "conv_transpose":
      return 2 * (shape("x")?.elementCount ?? 0) * (shape("weight")?.dropFirst().reduce(1, *) ?? 0)
    case "linear":
      return 2 * count * (shape("weight")?.last ?? 0)
    case "matmul":
      guard let x = shape("x"), let last = x.last else { return 0 }
      let isTransposed = ((try? bool("transpose_x")) ?? nil) ?? false
      return 2 * count * (isTransposed && x.count > 1 ? x[x.count - 2] : last)
    case "scaled_dot_product_attention":
      guard let q = shape("query"), let k = shape("key"), q.count > 1, k.count > 1 else { return 0 }
      let scores = q.dropLast().reduce(1, *) * k[k.count - 2]
      return 2 * scores * q[q.count - 1] + 2 * count * k[k.count - 2] + 3 * scores
    case "lstm", "gru", "rnn", "gru_reset_after":
      guard let x = shape("x"), x.count == 3 else { return 0 }
      let weights = ["weight_ih", "weight_hh", "weight_ih_back", "weight_hh_back"].compactMap { shape($0)?.elementCount }
      return 2 * x[0] * x[1] * weights.reduce(0, +)
    case "avg_pool", "max_pool", "l2_pool":
      return count * window()
    case let type where type.hasPrefix("reduce_"):
      return shape("x")?.elementCount ?? 0
    case "softmax", "layer_norm", "instance_norm", "l2_norm":
      return 4 * count
    default:
      return Self.isMovement(operation.type) ? 0 : count
    }
  }

  /// Operators that only move, select or describe data.
  private static func isMovement(_ type: String) -> Bool {
    [
      "slice", "gather", "scatter", "transpose", "reshape", "squeeze", "expand_dims", "concat", "split", "stack", "tile",
      "pad", "space_to", "depth_to", "batch_to", "pixel_", "reverse", "fill", "identity", "cast", "select", "shape",
      "read_state", "write_state", "reorder", "one_hot", "topk", "argsort", "non_zero", "band_part", "crop",
      "range_1d", "list_", "make_list", "sliding_windows", "constexpr_", "while_loop", "cond", "classify", "random_",
    ].contains { type.hasPrefix($0) }
  }
}

/// How much a kernel, or a whole plan, has to do.
package struct Workload: Sendable {
  package var flops: Int
  /// Read; what is written is of the same order.
  package var bytes: Int

  package init(flops: Int = 0, bytes: Int = 0) {
    self.flops = flops
    self.bytes = bytes
  }

  package static func += (a: inout Workload, b: Workload) {
    a.flops += b.flops
    a.bytes += b.bytes
  }

  /// Whether one kernel's work takes some ten microseconds: waking a second thread would not pay.
  package var isBriefKernel: Bool { flops <= 1_000_000 && bytes <= 1 << 18 }

  /// Whether a plan's work takes some hundred microseconds: a second thread would gain little, and cost ten times as much
  /// whenever it has gone to sleep or another process is in its place.
  package var isBriefPlan: Bool { flops <= 10_000_000 && bytes <= 1 << 21 }
}
