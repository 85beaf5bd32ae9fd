// SPDX-License-Identifier: Apache-2.0
// Attention and rotary embeddings.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Attention {
  static let rules: [Rule] = [
    Rule("Attention") { n in try n.attention() },
    .one("FlexAttention", domain: "ai.onnx.preview") { n in
      let q = try n.x()
      let groups = try q.extent(1) / n.x(1).extent(1)
      let (k, v) = (try n.b.repeatedHeads(n.x(1), groups), try n.b.repeatedHeads(n.x(2), groups))
      let scale = try n.float("scale") ?? 1 / Double(q.extent(3)).squareRoot()
      var scores = try n.b.matmul(n.b.mul(q, scale), k, transpose: (false, true))
      if n.attribute("score_mod") != nil { scores = try n.modified(scores, "score_mod") }
      var weights = try n.b.guardedSoftmax(scores)
      if n.attribute("prob_mod") != nil { weights = try n.modified(weights, "prob_mod") }
      return try n.b.matmul(weights, v)
    },
    .one("RotaryEmbedding") { n in
      let x = try n.x()
      let heads = x.rank == 4 ? nil : try n.int("num_heads")
      return try n.b.rotated(
        x, cosines: n.x(1), sines: n.x(2), positions: n.optional(3), heads: heads, dimensions: n.int("rotary_embedding_dim", 0),
        isInterleaved: n.flag("interleaved"))
    },
  ]
}

extension Builder {
  /// Repeats every head, for queries that share keys and values.
  func repeatedHeads(_ x: Value, _ count: Int) throws -> Value {
    guard count > 1 else { return x }
    let heads = try x.extent(1)
    let repeated = try tile(
      reshape(x, to: [extent(x, 0), integer(heads), integer(1), extents(x, [2, 3])]), [1, 1, count, 1])
    return try reshape(repeated, to: [extent(x, 0), integer(heads * count), extent(x, 2), extent(x, 3)])
  }

  /// The softmax of the last axis; a row of minus infinity becomes 0.
  func guardedSoftmax(_ x: Value) throws -> Value {
    let last = x.rank - 1
    let peak = try max(x, [last])
    let isEmpty = try compare("equal", peak, -.infinity)
    return try select(isEmpty, number(0, like: x), softmax(x, axis: last))
  }

  /// Rotates pairs of elements by angles that depend on the position.
  ///
  /// - Parameters:
  ///   - x: `[b, h, s, d]`, or `[b, s, h·d]` with a number of heads.
  ///   - cosines, sines: `[b, s, r / 2]`, or a table `[positions, r / 2]` with positions.
  func rotated(
    _ x: Value, cosines: Value, sines: Value, positions: Value?, heads: Int?, dimensions: Int, isInterleaved: Bool
  ) throws -> Value {
    let shape = try x.shape()
    var y = x
    if let heads {
      guard shape.count == 3, heads > 0, shape[2] % heads == 0 else { throw Refusal("num_heads = \(heads) for \(shape)") }
      y = try transpose(reshape(x, [shape[0], shape[1], heads, shape[2] / heads]), [0, 2, 1, 3])
    }
    let size = try y.extent(3)
    let rotary = dimensions > 0 ? dimensions : size
    guard rotary <= size, rotary % 2 == 0 else { throw Refusal("\(rotary) of \(size) elements rotate") }
    func angles(_ table: Value) throws -> Value {
      let picked = try positions.map { try gather(table, int($0), axis: 0) } ?? table
      return try expandDims(picked, [picked.rank == 2 ? 0 : 1])
    }
    let (c, s) = (try angles(cosines), try angles(sines))
    let turned = rotary == size ? y : try slice(y, axis: 3, 0, rotary)
    let half = rotary / 2
    let result: Value
    if isInterleaved {
      let pairs = try reshape(turned, Array(y.shape()[..<3]) + [half, 2])
      let (a, d) = (try squeeze(slice(pairs, axis: 4, 0, 1), [4]), try squeeze(slice(pairs, axis: 4, 1, 2), [4]))
      let rotatedPairs = try stack([sub(mul(a, c), mul(d, s)), add(mul(a, s), mul(d, c))], axis: 4)
      result = try reshape(rotatedPairs, Array(y.shape()[..<3]) + [rotary])
    } else {
      let (a, d) = (try slice(turned, axis: 3, 0, half), try slice(turned, axis: 3, half, rotary))
      result = try concat([sub(mul(a, c), mul(d, s)), add(mul(a, s), mul(d, c))], axis: 3)
    }
    let whole = rotary == size ? result : try concat([result, slice(y, axis: 3, rotary, size)], axis: 3)
    return heads == nil ? whole : try reshape(transpose(whole, [0, 2, 1, 3]), shape)
  }

  /// `[b, s, h·d]` as `[b, h, s, d]`.
  func splitHeads(_ x: Value, _ heads: Int) throws -> Value {
    guard heads > 0, let width = x.dims[2], width % heads == 0 else { throw Refusal("\(heads) heads for \(x.dims.map { $0 ?? -1 })") }
    return try transpose(reshape(x, to: [extent(x, 0), extent(x, 1), integer(heads), integer(width / heads)]), [0, 2, 1, 3])
  }

  /// `[b, h, s, d]` as `[b, s, h·d]`.
  func joinHeads(_ x: Value) throws -> Value {
    let moved = try transpose(x, [0, 2, 1, 3])
    return try reshape(moved, to: [extent(moved, 0), extent(moved, 1), integer(moved.extent(2) * moved.extent(3))])
  }

  /// Reshapes to extents of which one may be open.
  func reshapeOpen(_ x: Value, _ shape: [Int?]) throws -> Value {
    let known = shape.compactMap { $0 }
    if known.count == shape.count { return try reshape(x, known) }
    guard known.count == shape.count - 1 else { throw Refusal("several extents are not fixed: give them in dims or inputs") }
    return try emit("reshape", ["x": x, "shape": shape.map { $0 ?? -1 }]).refined(shape)
  }
}

extension Node {
  fileprivate func modified(_ x: Value, _ name: String) throws -> Value {
    let results = try converter.inline(graph(name), inputs: [x.typed(self.x().element)], in: scope)
    guard let result = results.first else { throw Refusal("\(name) has no result") }
    return result
  }

  fileprivate func attention() throws -> [Value] {
    var (q, k, v) = (try x(0), try x(1), try x(2))
    let isFlat = q.rank == 3
    if isFlat {
      guard let heads = try int("q_num_heads"), let shared = try int("kv_num_heads") else {
        throw Refusal("q_num_heads and kv_num_heads are missing")
      }
      (q, k, v) = (try b.splitHeads(q, heads), try b.splitHeads(k, shared), try b.splitHeads(v, shared))
    }
    guard q.rank == 4, k.rank == 4, v.rank == 4 else { throw Refusal("operands of ranks \(q.rank), \(k.rank), \(v.rank), expected 3 or 4") }
    let past = optional(4)
    if let past, let pastValue = optional(5) {
      (k, v) = (try b.concat([past, k], axis: 2), try b.concat([pastValue, v], axis: 2))
    }
    let present = (k, v)
    let groups = try q.extent(1) / Swift.max(k.extent(1), 1)
    let (keys, values) = (try b.repeatedHeads(k, groups), try b.repeatedHeads(v, groups))
    let scale = try float("scale") ?? 1 / Double(q.extent(3)).squareRoot()
    let softcap = try float("softcap", 0)
    let mode = try int("qk_matmul_output_mode", 0)
    let bias = try attentionBias(q, keys, past)
    let isDefaultScale = try abs(scale * Double(q.extent(3)).squareRoot() - 1) < 1e-6
    if bias == nil, softcap == 0, !wants(3), b.fusesAttention {
      let scaled = isDefaultScale ? q : try b.mul(q, scale * Double(q.extent(3)).squareRoot())
      let y = try b.emit("scaled_dot_product_attention", ["query": scaled, "key": keys, "value": values])
      return [isFlat ? try b.joinHeads(y) : y, present.0, present.1]
    }
    let root = scale.squareRoot()
    let raw = try b.matmul(b.mul(q, root), b.mul(keys, root), transpose: (false, true))
    let capped = softcap > 0 ? try b.mul(b.apply("tanh", b.div(raw, softcap)), softcap) : raw
    let biased = try bias.map { try b.add(capped, $0) } ?? capped
    var weights: Value
    if let bias {
      // A row in which every key is masked attends to nothing.
      let isEmpty = try b.compare("equal", b.max(bias, [bias.rank - 1]), -.infinity)
      weights = try b.select(isEmpty, b.number(0, like: biased), b.softmax(biased, axis: 3))
    } else {
      weights = try b.softmax(biased, axis: 3)
    }
    let y = try b.matmul(weights, values)
    let exposed: Value
    switch mode {
    case 1: exposed = capped
    case 2: exposed = biased
    case 3: exposed = weights
    default: exposed = softcap > 0 ? capped : raw
    }
    // The first mode is the product before the soft cap.
    return [isFlat ? try b.joinHeads(y) : y, present.0, present.1, mode == 0 ? raw : exposed]
  }

  /// The additive mask; `nil` if nothing is masked.
  private func attentionBias(_ q: Value, _ k: Value, _ past: Value?) throws -> Value? {
    let isCausal = try flag("is_causal")
    let (left, right) = (try int("left_window_size", -1), try int("right_window_size", -1))
    let lengths = try optional(6).map { try b.int($0) }
    let mask = optional(3)
    guard isCausal || left >= 0 || right >= 0 || lengths != nil || mask != nil else { return nil }
    let (rows, columns) = (try q.extent(2), try k.extent(2))
    let (row, column) = (try b.reshape(b.iota(rows), [rows, 1]), try b.reshape(b.iota(columns), [1, columns]))
    // The distance of a key behind the query's own position.
    var position: Value
    if let lengths, past == nil {
      let batch = try lengths.extent(0)
      position = try b.add(b.reshape(b.sub(lengths, Double(rows)), [batch, 1, 1, 1]), b.reshape(row, [1, 1, rows, 1]))
    } else {
      position = try b.add(row, Double(past.map { try $0.extent(2) } ?? 0))
    }
    var allowed: [Value] = []
    let distance = try b.sub(position, column)
    if isCausal { allowed.append(try b.compare("greater_equal", distance, 0)) }
    if left >= 0 { allowed.append(try b.compare("less_equal", distance, Double(left))) }
    if right >= 0 { allowed.append(try b.compare("greater_equal", distance, Double(-right))) }
    if let lengths {
      let batch = try lengths.extent(0)
      allowed.append(try b.compare("less", b.reshape(column, [1, 1, 1, columns]), b.reshape(lengths, [batch, 1, 1, 1])))
    }
    var additive: Value?
    if let mask {
      let missing = try columns - mask.extent(mask.rank - 1)
      let widths = Array(repeating: (before: 0, after: 0), count: mask.rank - 1) + [(before: 0, after: Swift.max(missing, 0))]
      if mask.isBool {
        allowed.append(missing > 0 ? try b.bool(b.pad(b.float(mask), widths)) : mask)
      } else {
        additive = missing > 0 ? try b.pad(mask, widths, value: -.infinity) : mask
      }
    }
    if let first = allowed.first {
      let all = try allowed.dropFirst().reduce(first) { try b.and($0, $1) }
      let zero = b.constant(0)
      let bias = try b.select(all, additive ?? zero, b.constant(-.infinity))
      return bias
    }
    return additive
  }
}
