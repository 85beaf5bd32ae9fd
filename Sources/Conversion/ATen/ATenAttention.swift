// SPDX-License-Identifier: Apache-2.0
// Scaled dot-product attention of PyTorch.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenAttention {
  static let rules: [ATenRule] = [
    ATenRule(
      "scaled_dot_product_attention", "_scaled_dot_product_flash_attention_for_cpu", "_scaled_dot_product_efficient_attention",
      "_scaled_dot_product_flash_attention", "_scaled_dot_product_attention_math", "_scaled_dot_product_fused_attention_overrideable"
    ) { c in [try c.attention()] }
  ]
}

extension ATenCall {
  fileprivate func attention() throws -> Value {
    var (q, k, v) = (try float("query"), try float("key"), try float("value"))
    guard try number("dropout_p", 0) == 0 else { throw Refusal("it drops elements, as in training: export model.eval()") }
    guard q.rank >= 2, k.rank == q.rank, v.rank == q.rank else { throw Refusal("operands of ranks \(q.rank), \(k.rank), \(v.rank)") }
    let isCausal = try flag("is_causal")
    if try flag("enable_gqa"), q.rank == 4, let heads = q.dims[1], let shared = k.dims[1], heads != shared {
      guard shared > 0, heads % shared == 0 else { throw Refusal("\(heads) heads for \(shared) shared ones") }
      (k, v) = (try b.repeatedHeads(k, heads / shared), try b.repeatedHeads(v, heads / shared))
    }
    let mask = try mask(q, k, isCausal: isCausal)
    // The fused operator takes operands with equal leading axes, and scales by 1 / √d itself.
    if b.fusesAttention, let leading = try commonLeading([q, k, v]) {
      func spread(_ x: Value) throws -> Value { try b.broadcast(x, to: leading + x.shape().suffix(2)) }
      (q, k, v) = (try spread(q), try spread(k), try spread(v))
    }
    let leading = q.dims.dropLast(2)
    let isEqual = leading == k.dims.dropLast(2) && leading == v.dims.dropLast(2)
    let given = try number("scale")
    if b.fusesAttention, (3...4).contains(q.rank), isEqual || leading.contains(nil) {
      let factor = try given.map { try $0 * Double(q.extent(q.rank - 1)).squareRoot() } ?? 1
      let scaled = abs(factor - 1) < 1e-6 ? q : try b.mul(q, factor)
      return try b.emit("scaled_dot_product_attention", ["query": scaled, "key": k, "value": v, "attn_mask": mask])
    }
    let scale = try given ?? 1 / Double(q.extent(q.rank - 1)).squareRoot()
    var scores = try b.matmul(b.mul(q, scale), k, transpose: (false, true))
    if let mask {
      // A finite sentinel stays finite in 16 bits, and its exponential is 0.
      let additive = mask.isBool ? try b.select(mask, b.constant(0), b.constant(-3e4)) : mask
      scores = try b.add(scores, additive)
    }
    return try b.matmul(b.softmax(scores, axis: scores.rank - 1), v)
  }

  /// The extents before the last two that all operands broadcast to; `nil` if they are equal, or not all known.
  private func commonLeading(_ operands: [Value]) throws -> Shape? {
    let all = operands.compactMap { $0.knownShape.map { Shape($0.dropLast(2)) } }
    guard all.count == operands.count, Set(all).count > 1 else { return nil }
    return all.dropFirst().reduce(Optional(all[0])) { common, next in common.flatMap { $0.broadcast(with: next) } }
  }

  /// The mask, with that of causal attention.
  private func mask(_ q: Value, _ k: Value, isCausal: Bool) throws -> Value? {
    let given = try optional("attn_mask") ?? optional("attn_bias")
    guard isCausal else {
      guard let given else { return nil }
      return given.isBool || given.isFloat ? given : try b.float(given)
    }
    let (rows, columns) = (q.dims[q.rank - 2], k.dims[k.rank - 2])
    let causal: Value
    if let rows, let columns {
      try Refusal.checkTable(rows, columns)
      let allowed = (0..<rows * columns).map { $0 % columns <= $0 / columns }
      causal = Value(constant: Tensor(allowed, shape: [rows, columns]))
    } else {
      func range(_ x: Value) throws -> Value {
        try b.emit("range_1d", ["start": b.integer(0), "end": b.extent(x, x.rank - 2), "step": b.integer(1)])
      }
      causal = try b.compare("less_equal", b.expandDims(range(k), [0]), b.expandDims(range(q), [1]))
    }
    guard let given else { return causal }
    if given.isBool { return try b.and(given, causal) }
    return try b.add(given, b.select(causal, b.constant(0), b.constant(-.infinity)))
  }
}
