// SPDX-License-Identifier: Apache-2.0
// Scaled dot-product attention as one operator (iOS18).

import CPrimitives
import Kernels
import MIL
import Tensors

/// `softmax(query · keyᵀ / √E + mask) · value`
///
/// query: `[B, *, L, E]`, key: `[B, *, S, E]`, value: `[B, *, S, EV]`, attn_mask: broadcastable to `[B, *, L, S]`, bool
/// (false is left out) or float (added); result: `[B, *, L, EV]`.
enum ScaledDotProductAttention: Operator {
  static let signature = Signature(
    "scaled_dot_product_attention", since: .iOS18,
    [
      Parameter("query", .float.tied("T")),
      Parameter("key", .float.tied("T")),
      Parameter("value", .float.tied("T")),
      Parameter("attn_mask", .only(.bool, .float16, .float32), .optional),
    ])
  static func flops(_ call: Call, outputs: [Shape]) -> Int {
    guard let q = call.shape("query"), let k = call.shape("key"), q.count > 1, k.count > 1 else { return 0 }
    let scores = q.dropLast().reduce(1, *) * k[k.count - 2]
    return 2 * scores * q[q.count - 1] + 2 * (outputs.first?.elementCount ?? 0) * k[k.count - 2] + 3 * scores
  }

  static func infer(_ call: Call) throws -> [ValueType] {
    let (q, k, v) = (try call.type("query"), try call.type("key"), try call.type("value"))
    guard q.rank >= 3, k.rank == q.rank, v.rank == q.rank else {
      throw call.error("query, key and value must have the same rank, 3 or more; found \(q), \(k), \(v)")
    }
    if let a = q.dimensions.last?.size, let b = k.dimensions.last?.size, a != b {
      throw call.error("query has \(a) features and key \(b), expected the same number")
    }
    if let a = k.dimensions[k.rank - 2].size, let b = v.dimensions[v.rank - 2].size, a != b {
      throw call.error("key has \(a) positions and value \(b), expected the same number")
    }
    for (name, type) in [("key", k), ("value", v)] {
      for (axis, (a, b)) in zip(q.dimensions, type.dimensions).enumerated().dropLast(2) {
        guard let a = a.size, let b = b.size, a != b, b != 1 else { continue }
        throw call.error("axis \(axis) has \(a) elements in query and \(b) in \(name), expected the same number, or 1 in \(name)")
      }
    }
    if let mask = try call.optionalType("attn_mask") {
      try check(mask, against: Array(q.dimensions.dropLast()) + [k.dimensions[k.rank - 2]], call)
    }
    return [.tensor(TensorType(q.dtype, q.dimensions.dropLast() + [v.dimensions[v.rank - 1]]))]
  }

  /// Checks that the mask can be broadcast to the scores: axes are aligned at the last, each extent equals that of
  /// the scores or is 1, and leading axes may be missing.
  private static func check(_ mask: TensorType, against scores: [Dimension], _ call: Call) throws {
    guard !(mask.dimensions + scores).contains(.unknown(variadic: true)) else { return }
    let wanted = "[\(scores.map(\.description).joined(separator: ", "))]"
    guard mask.rank <= scores.count else {
      throw call.error("attn_mask \(mask) has more axes than the scores, \(wanted)")
    }
    for (own, other) in zip(mask.dimensions.reversed(), scores.reversed()) {
      guard let own = own.size, let other = other.size, own != other, own != 1 else { continue }
      throw call.error("attn_mask is \(mask), expected each extent to be 1 or that of the scores, \(wanted)")
    }
  }

  /// Keys and values may be parts of larger blocks, and may have one more axis than the query: then each of their heads serves a group
  /// of consecutive heads of the query.
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let operands = try AttentionOperands(request)
    let (q, k, v, y) = (operands.q, operands.k, operands.v, operands.y)
    let rank = q.shape.count
    let batch = Array(q.shape.dropLast(2))
    let (length, positions, features) = (q.shape[rank - 2], k.shape[rank - 2], q.shape[rank - 1])
    // There are no positions, so the result is zero.
    guard positions > 0 else { return Kernel("empty") { y.floats().update(repeating: 0, count: y.count) } }
    if let few = FewQueries(operands) { return few.kernel }
    if let blocks = QueryBlocks(operands) { return blocks.kernel(request.scratch) }
    let mask = operands.mask
    let scoreShape = batch + [length, positions]
    let memory = OwnedMemory(.allocate(capacity: scoreShape.elementCount))
    let scores = Buffer(dtype: .float32, shape: scoreShape, pointer: memory.pointer)

    // Slices are groups of heads, each computed from scores to output independently.
    let axis = batch.firstIndex { $0 > 1 } ?? 0
    let flops = 2 * scoreShape.elementCount * (features + v.shape[rank - 1])
    let heads = rank > 2 ? Slices.ranges(of: batch[axis], parts: Slices.count(flops: flops, atMost: batch[axis])) : [0..<1]
    let slices = try heads.map { heads in
      func part(_ buffer: Buffer) -> Buffer {
        guard rank > 2, buffer.shape[axis] > 1 else { return buffer }
        var shape = buffer.shape
        shape[axis] = heads.count
        let strides = buffer.strides
        return Buffer(
          dtype: buffer.dtype, shape: shape, strides: strides,
          pointer: buffer.pointer + buffer.dtype.byteCount(heads.lowerBound * strides[axis]))
      }
      return try AttentionSlice(
        part(q), part(k), part(v), scores: part(scores), to: part(y), mask: mask.map { part($0.buffer) },
        scale: 1 / Float(features).squareRoot())
    }
    let lanes = max(1, min(slices.count, Parallel.threads))
    let bytes = slices.map(\.scratchByteCount).max() ?? 0
    let scratch = request.scratch
    scratch.reserve(lanes * bytes)
    return Kernel(slices[0].implementation) {
      _ = memory
      mask?.refresh()
      try Parallel.tryForEach(slices.count, lanes: lanes) { try slices[$0].run(scratch: scratch.base + $1 * bytes) }
    }
  }
}

/// The attention of some heads: scores, their softmax, the weighted sum of values.
private struct AttentionSlice {
  private let steps: [Primitive]

  /// - Parameters:
  ///   - q, k, v: `[*B, length, features]`, `[*B, positions, features]`, `[*B, positions, width]`; of k and v, batch axes may be 1.
  ///   - scores: memory for `[*B, length, positions]`.
  ///   - mask: something to add to the scores, its axes theirs or 1.
  init(_ q: Buffer, _ k: Buffer, _ v: Buffer, scores: Buffer, to y: Buffer, mask: Buffer?, scale: Float) throws {
    let rank = q.shape.count
    var operations = [wp_post_eltwise(WP_LINEAR, scale, 0)]
    if let mask { operations.append(wp_post_binary(WP_ADD, wp_tensor(shape: mask.shape))) }
    var transposed = k.shape
    transposed.swapAt(rank - 1, rank - 2)
    var strides = k.strides
    strides.swapAt(rank - 1, rank - 2)
    let first = operations.withUnsafeBufferPointer { list in
      var attributes = wp_attributes()
      attributes.post_ops = list.baseAddress
      attributes.post_op_count = Int32(list.count)
      return withUnsafePointers(wp_tensor(q), wp_tensor(shape: transposed, strides: strides), nil, wp_tensor(scores)) {
        wp_matmul($0, $1, nil, $3, &attributes)
      }
    }
    let product = try Primitive(
      "attention scores", first, inputs: ([q, k] + (mask.map { [$0] } ?? [])).map { UnsafeRawPointer($0.pointer) },
      outputs: [scores.pointer])
    var description = wp_tensor(scores)
    let softmax = try Primitive(
      "attention softmax", wp_softmax(&description, &description, Int32(rank - 1), false),
      inputs: [UnsafeRawPointer(scores.pointer)], outputs: [scores.pointer])
    let second = withUnsafePointers(wp_tensor(scores), wp_tensor(v), nil, wp_tensor(y)) { wp_matmul($0, $1, nil, $3, nil) }
    let sum = try Primitive(
      "attention", second, inputs: [scores.pointer, v.pointer].map { UnsafeRawPointer($0) }, outputs: [y.pointer])
    steps = [product, softmax, sum]
  }

  var implementation: String { steps[0].implementation }
  var scratchByteCount: Int { steps.map(\.scratchByteCount).max() ?? 0 }

  func run(scratch: UnsafeMutableRawPointer) throws { for step in steps { try step.run(scratch: scratch) } }
}

/// The family of attention operators.
enum Attention {
  static let operators: [any Operator.Type] = [ScaledDotProductAttention.self]
}
