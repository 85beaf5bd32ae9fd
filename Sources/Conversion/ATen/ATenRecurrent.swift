// SPDX-License-Identifier: Apache-2.0
// Recurrent layers of PyTorch: one standard layer for each layer, both directions in it.

import MIL
import ONNXFiles
import Operators
import Tensors
import TorchFiles

enum ATenRecurrent {
  static let rules: [ATenRule] = [
    ATenRule("lstm") { c in try c.recurrent(.lstm) }, ATenRule("gru") { c in try c.recurrent(.gru) },
    ATenRule("rnn_tanh") { c in try c.recurrent(.tanh) }, ATenRule("rnn_relu") { c in try c.recurrent(.relu) },
    ATenRule("lstm_cell") { c in try c.cell(.lstm) },
    ATenRule("gru_cell") { c in try c.cell(.gru) }, ATenRule("rnn_tanh_cell") { c in try c.cell(.tanh) },
    ATenRule("rnn_relu_cell") { c in try c.cell(.relu) },
  ]
}

extension ATenCall {
  fileprivate enum Cell {
    case lstm, gru, tanh, relu

    var type: String { self == .lstm ? "LSTM" : self == .gru ? "GRU" : "RNN" }
    /// The places of ONNX's gates in PyTorch's order: i f g o → i o f g, r z n → z r n.
    var order: [Int] { self == .lstm ? [0, 3, 1, 2] : self == .gru ? [1, 0, 2] : [0] }
  }

  private func arranged(_ v: Value, _ cell: Cell) throws -> Value {
    let rows = try v.extent(0) / cell.order.count
    let parts = try b.split(v, Array(repeating: rows, count: cell.order.count), axis: 0)
    return try b.concat(cell.order.map { parts[$0] }, axis: 0)
  }

  fileprivate func recurrent(_ cell: Cell) throws -> [Value] {
    guard !has("batch_sizes") else { throw Refusal("packed sequences have no form: give padded ones") }
    if try flag("train"), try number("dropout", 0) != 0, try int("num_layers", 1) > 1 {
      throw Refusal("it drops elements between layers, as in training: export model.eval()")
    }
    var x = try float("input")
    let isBatchFirst = try flag("batch_first")
    let isSingle = x.rank == 2
    if isSingle { x = try b.expandDims(x, [isBatchFirst ? 0 : 1]) }
    if isBatchFirst { x = try b.transpose(x, [1, 0, 2]) }
    let states = try cell == .lstm ? tensors("hx") : [self.x("hx")]
    guard states.count == (cell == .lstm ? 2 : 1) else { throw Refusal("\(states.count) states") }
    let weights = try tensors("params")
    let (layers, directions) = (try int("num_layers", 1), try flag("bidirectional") ? 2 : 1)
    let hasBiases = try flag("has_biases", true)
    let perDirection = hasBiases ? 4 : 2
    guard weights.count == layers * directions * perDirection else {
      throw Refusal("\(weights.count) weights for \(layers) layers: projections have no form")
    }
    let initial = try states.map { isSingle ? try b.expandDims($0, [1]) : $0 }
    var lasts: [[Value]] = Array(repeating: [], count: states.count)
    for layer in 0..<layers {
      func joined(_ i: Int) throws -> Value {
        let parts = try (0..<directions).map { d in try arranged(weights[(layer * directions + d) * perDirection + i].weight(), cell) }
        return try b.stack(parts, axis: 0)
      }
      let (w, r) = (try joined(0), try joined(1))
      let bias = try hasBiases ? b.concat([joined(2), joined(3)], axis: 1) : nil
      let own = try initial.map { try b.slice($0, axis: 0, layer * directions, (layer + 1) * directions) }
      var attributes: [String: ONNXAttribute] = [
        "hidden_size": .int(try r.extent(2)), "direction": .string(Array((directions == 2 ? "bidirectional" : "forward").utf8)),
      ]
      if cell == .gru { attributes["linear_before_reset"] = .int(1) }
      if cell == .relu { attributes["activations"] = .strings(Array(repeating: Array("Relu".utf8), count: directions)) }
      let results = try standard(cell.type, [x, w, r, bias, nil] + own, attributes, outputs: cell == .lstm ? 3 : 2)
      // The directions of the output are joined along the features.
      let steps = results[0]
      if directions == 1 {
        x = try b.squeeze(steps, [1])
      } else {
        let moved = try b.transpose(steps, [0, 2, 1, 3])
        x = try b.reshape(moved, to: [b.extent(moved, 0), b.extent(moved, 1), b.integer(moved.extent(2) * moved.extent(3))])
      }
      for i in states.indices { lasts[i].append(results[i + 1]) }
    }
    if isBatchFirst { x = try b.transpose(x, [1, 0, 2]) }
    if isSingle { x = try b.squeeze(x, [isBatchFirst ? 0 : 1]) }
    return try [x]
      + lasts.map { parts in
        let all = try b.concat(parts, axis: 0)
        return isSingle ? try b.squeeze(all, [1]) : all
      }
  }

  /// One step.
  fileprivate func cell(_ cell: Cell) throws -> [Value] {
    let x = try float("input")
    let states = try cell == .lstm ? tensors("hx") : [self.x("hx")]
    guard states.count == (cell == .lstm ? 2 : 1) else { throw Refusal("\(states.count) states") }
    let fromInput = try b.layer(x, self.x("w_ih"), optional("b_ih"))
    let fromState = try b.layer(states[0], self.x("w_hh"), optional("b_hh"))
    let hidden = try states[0].extent(states[0].rank - 1)
    let last = fromInput.rank - 1
    switch cell {
    case .lstm:
      let gates = try b.split(b.add(fromInput, fromState), Array(repeating: hidden, count: 4), axis: last)
      let kept = try b.mul(b.sigmoid(gates[1]), states[1])
      let memory = try b.add(kept, b.mul(b.sigmoid(gates[0]), b.apply("tanh", gates[2])))
      return [try b.mul(b.sigmoid(gates[3]), b.apply("tanh", memory)), memory]
    case .gru:
      let (p, q) = (
        try b.split(fromInput, Array(repeating: hidden, count: 3), axis: last),
        try b.split(fromState, Array(repeating: hidden, count: 3), axis: last)
      )
      let (reset, update) = (try b.sigmoid(b.add(p[0], q[0])), try b.sigmoid(b.add(p[1], q[1])))
      let new = try b.apply("tanh", b.add(p[2], b.mul(reset, q[2])))
      return [try b.add(new, b.mul(update, b.sub(states[0], new)))]
    case .tanh, .relu: return [try b.apply(cell == .tanh ? "tanh" : "relu", b.add(fromInput, fromState))]
    }
  }
}
