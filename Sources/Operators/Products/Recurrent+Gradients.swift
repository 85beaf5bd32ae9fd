// SPDX-License-Identifier: Apache-2.0
// Recurrent layers expanded step by step into differentiable operators.

import Kernels
import MIL
import Tensors

extension RecurrentOperator {
  static var gradient: Gradient {
    .expansion { call, emitter in
      let layer = try UnrolledLayer(call, emitter, cell: cell)
      return try layer.outputs()
    }
  }
}

/// The steps of a recurrent layer as operations.
private struct UnrolledLayer {
  let call: Call
  let emitter: Emitter
  let cell: RecurrentCell
  let x: TypedValue
  let resetsAfter: Bool
  let directions: [(suffix: String, isReversed: Bool)]

  init(_ call: Call, _ emitter: Emitter, cell: RecurrentCell) throws {
    self.call = call
    self.emitter = emitter
    self.cell = cell
    x = TypedValue(try call.operand("x"), in: emitter)
    resetsAfter = cell.gates == 3 ? try call.known(call.bool("reset_after"), "reset_after") : false
    switch try call.known(call.string("direction"), "direction") {
    case "forward": directions = [("", false)]
    case "reverse": directions = [("", true)]
    default: directions = [("", false), ("_back", true)]
    }
  }

  func value(_ parameter: String) throws -> TypedValue? {
    call.has(parameter) ? TypedValue(try call.operand(parameter), in: emitter) : nil
  }

  func required(_ parameter: String) throws -> TypedValue { TypedValue(try call.operand(parameter), in: emitter) }

  /// The states of all steps (or of the last), the final state, and an LSTM's final cell.
  func outputs() throws -> [TypedValue] {
    let hidden = try required("weight_hh").shape[1]
    var sequences: [[TypedValue]] = []
    var (states, cells): ([TypedValue], [TypedValue]) = ([], [])
    for (d, direction) in directions.enumerated() {
      var state = try required("initial_h").part(1, from: d * hidden, count: hidden)
      var memory = try value("initial_c")?.part(1, from: d * hidden, count: hidden)
      let steps = try projections(direction.suffix)
      var sequence: [TypedValue] = []
      for projected in direction.isReversed ? steps.reversed() : steps {
        (state, memory) = try step(projected, state, memory, direction.suffix, hidden)
        sequence.append(state)
      }
      // Both directions of a layer are in time order.
      sequences.append(directions.count == 2 && direction.isReversed ? sequence.reversed() : sequence)
      states.append(state)
      if let memory { cells.append(memory) }
    }
    let last = try joined(states)
    let all = try call.known(call.bool("output_sequence"), "output_sequence")
    let sequence =
      all
      ? try emitter.emit("stack", ["values": sequences[0].indices.map { i in try joined(sequences.map { $0[i] }) }, "axis": 0])
      : try last.reshaped([1] + last.shape)
    return [sequence, last] + (cells.isEmpty ? [] : [try joined(cells)])
  }

  private func joined(_ parts: [TypedValue]) throws -> TypedValue {
    parts.count == 1 ? parts[0] : try emitter.emit("concat", ["values": parts, "axis": 1])
  }

  /// The input's contribution to the gates, per step.
  private func projections(_ suffix: String) throws -> [TypedValue] {
    let weight = try required("weight_ih" + suffix)
    let (steps, batch) = (x.shape[0], x.shape[1])
    let bias = try value(resetsAfter ? "input_bias" : "bias" + suffix)
    let flat = try x.reshaped([steps * batch, x.shape[2]]).apply("linear", ["weight": weight, "bias": bias])
    let gates = weight.shape[0]
    guard steps > 1 else { return [flat] }
    return try emitter.emitAll("split", ["x": flat, "num_splits": steps, "axis": 0]).map { try $0.reshaped([batch, gates]) }
  }

  private func step(
    _ input: TypedValue, _ state: TypedValue, _ memory: TypedValue?, _ suffix: String, _ hidden: Int
  ) throws -> (TypedValue, TypedValue?) {
    let weight = try required("weight_hh" + suffix)
    switch cell {
    case .plain:
      return (try activated(input + state.apply("linear", ["weight": weight]), "activation"), nil)
    case .lstm:
      guard let memory else { throw call.missing("initial_c") }
      return try lstm(try input + state.apply("linear", ["weight": weight]), memory, suffix, hidden)
    case .gru, .gruResetAfter:
      return (try gru(input, state, weight, hidden), nil)
    }
  }

  private func lstm(_ gates: TypedValue, _ memory: TypedValue, _ suffix: String, _ hidden: Int) throws -> (TypedValue, TypedValue?) {
    var parts = try emitter.emitAll("split", ["x": gates, "num_splits": 4, "axis": 1])
    let peephole = try value("peephole" + suffix).map { peephole in
      try (0..<3).map { try peephole.reshaped([3 * hidden]).part(0, from: $0 * hidden, count: hidden) }
    }
    if let peephole {
      parts[0] = try parts[0] + memory * peephole[0]
      parts[1] = try parts[1] + memory * peephole[1]
    }
    let (i, f) = (try activated(parts[0], "recurrent_activation"), try activated(parts[1], "recurrent_activation"))
    var cell = try f * memory + i * activated(parts[3], "cell_activation")
    if let clip = try call.float("clip").map({ Float($0) }) { cell = try cell.apply("clip", ["alpha": -clip, "beta": clip]) }
    if let peephole { parts[2] = try parts[2] + cell * peephole[2] }
    return (try activated(parts[2], "recurrent_activation") * activated(cell, "activation"), cell)
  }

  /// Gates in the order r, o, z.
  private func gru(_ input: TypedValue, _ state: TypedValue, _ weight: TypedValue, _ hidden: Int) throws -> TypedValue {
    let bias = try value(resetsAfter ? "bias" : "input_bias")
    func part(_ value: TypedValue, _ axis: Int, _ gate: Int) throws -> TypedValue {
      try value.part(axis, from: gate * hidden, count: hidden)
    }
    func product(_ state: TypedValue, _ gate: Int) throws -> TypedValue {
      try state.apply("linear", ["weight": part(weight, 0, gate), "bias": bias.map { try part($0, 0, gate) }])
    }
    let r = try activated(part(input, 1, 0) + product(state, 0), "recurrent_activation")
    let z = try activated(part(input, 1, 2) + product(state, 2), "recurrent_activation")
    let candidate = try resetsAfter ? part(input, 1, 1) + r * product(state, 1) : part(input, 1, 1) + product(r * state, 1)
    let o = try activated(candidate, "activation")
    return try o + z * (state - o)
  }

  private func activated(_ value: TypedValue, _ parameter: String) throws -> TypedValue {
    switch try call.known(call.string(parameter), parameter) {
    case "linear": value
    case "hard_sigmoid", "sigmoid_hard": try value.apply("sigmoid_hard", ["alpha": Float(0.2), "beta": Float(0.5)])
    case "scaled_tanh": try value.apply("tanh")
    case let name: try value.apply(name)
    }
  }
}
