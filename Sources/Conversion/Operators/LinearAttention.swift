// SPDX-License-Identifier: Apache-2.0
// Linear attention: a recurrence over a matrix of states.

import MIL
import ONNXFiles
import Operators
import Tensors

enum LinearAttention {
  static let rules: [Rule] = [Rule("LinearAttention") { n in try n.linearAttention() }]
}

extension Node {
  /// The recurrence, one step after the other.
  fileprivate func linearAttention() throws -> [Value] {
    let (q, k, v) = (try x(0), try x(1), try x(2))
    guard let heads = try int("q_num_heads"), let shared = try int("kv_num_heads"), shared > 0, heads % shared == 0 else {
      throw Refusal("q_num_heads and kv_num_heads are missing or do not fit")
    }
    let (batch, steps) = (try q.extent(0), try q.extent(1))
    guard steps <= 128 else { throw Refusal("\(steps) steps of a recurrence, more than 128") }
    let rule = try string("update_rule", "gated_delta")
    guard ["linear", "gated", "delta", "gated_delta"].contains(rule) else { throw Refusal("update_rule = \(rule)") }
    let (query, key, value) = (try b.splitHeads(q, heads), try b.splitHeads(k, shared), try b.splitHeads(v, shared))
    let (dk, dv) = (try key.extent(3), try value.extent(3))
    let given = try float("scale", 0)
    let scale = given == 0 ? try 1 / Double(query.extent(3)).squareRoot() : given
    // Decay and rate have one element for each head, or for each row of the state.
    func perHead(_ i: Int, _ what: String) throws -> Value {
      guard let x = optional(i) else { throw Refusal("\(what) is missing") }
      let width = try x.extent(2)
      if width % shared == 0 { return try b.splitHeads(x, shared) }
      guard width == 1 else { throw Refusal("\(what) has \(width) elements for \(shared) heads") }
      return try b.transpose(b.reshape(x, [batch, steps, 1, 1]), [0, 2, 1, 3])
    }
    let decay = try rule.hasPrefix("gated") ? b.apply("exp", perHead(4, "the decay")) : nil
    let rate = try rule.hasSuffix("delta") ? perHead(5, "beta") : nil
    var state = try optional(3) ?? b.filled([batch, shared, dk, dv], 0, .float32)
    var outputs: [Value] = []
    func step(_ x: Value, _ t: Int) throws -> Value { try b.slice(x, axis: 2, t, t + 1) }
    for t in 0..<steps {
      // [b, h, d, 1] for keys and rows of the state
      let column = try b.transpose(step(key, t), [0, 1, 3, 2])
      if let decay { state = try b.mul(state, b.transpose(step(decay, t), [0, 1, 3, 2])) }
      var update = try step(value, t)
      if let rate {
        let recalled = try b.matmul(step(key, t), state)
        update = try b.mul(b.sub(update, recalled), step(rate, t))
      }
      state = try b.add(state, b.mul(column, update))
      let row = try b.mul(step(query, t), scale)
      let full = try b.repeatedHeads(state, heads / shared)
      outputs.append(try b.matmul(row, full))
    }
    return [try b.joinHeads(b.concat(outputs, axis: 2)), state]
  }
}
