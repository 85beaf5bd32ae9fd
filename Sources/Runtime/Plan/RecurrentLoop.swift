// SPDX-License-Identifier: Apache-2.0
// Recognizes a GRU written as a loop, as converters emit layers with the reset gate after the product.
//
//   while i < T:  x = X[i]; h = S[i]
//                 r = sigmoid(W_r x + R_r h); z = sigmoid(W_z x + R_z h); n = tanh(W_n x + r (R_n h))
//                 S[i + 1] += n (1 - z) + h z; i += 1

import MIL
import Operators
import Tensors

/// The layer that such a loop computes.
struct RecurrentLoop {
  /// The sequence that the loop iterates over, `[T, B, I]`.
  let sequence: Operand
  /// The initial state `[B, H]`, and the weights of `ResetAfterGRU`.
  let constants: [String: Tensor]
  let steps: Int

  private let scope: Scope
  private let producers: [String: MIL.Operation]

  /// - Returns: `nil` for any other loop.
  init?(_ call: Call, scope: Scope) {
    let blocks = call.operation.blocks
    let variables = call.list("loop_vars")
    guard blocks.count == 2, variables.count == 2, blocks[1].inputs.count == 2,
      variables[0].constant?.tensor?.integers() == [0], let states = variables[1].constant?.tensor, states.rank == 3,
      states.shape[0] > 1, blocks[1].outputs.count == 2
    else { return nil }
    var inner = scope
    var producers: [String: MIL.Operation] = [:]
    for operation in blocks.flatMap(\.operations) {
      if let value = operation.constantValue, let output = operation.outputs.first {
        inner.bind(output.name, value.type, value)
      } else {
        for output in operation.outputs { producers[output.name] = operation }
      }
    }
    self.scope = inner
    self.producers = producers
    steps = states.shape[0] - 1
    let (index, rows) = (blocks[1].inputs[0].name, blocks[1].inputs[1].name)
    let row = states.shape.dropFirst().reduce(1, *)
    // The loop adds to rows that it has not reached yet, so they must be zero.
    guard states.floats().dropFirst(row).allSatisfy({ $0 == 0 }) else { return nil }

    let found = Pattern(scope: inner, producers: producers, index: index, rows: rows)
    guard found.counts(blocks[0], to: steps), found.advances(blocks[1].outputs[0]),
      let step = found.step(blocks[1].outputs[1], next: blocks[1].outputs[0]), let sequence = inner[step.sequence],
      sequence.constant == nil, let shape = sequence.type.tensorType?.shape, shape.count == 3,
      shape[0] == steps, shape[1] == states.shape[1], states.shape[1] > 0
    else { return nil }
    let hidden = states.shape[2]
    guard step.gates.allSatisfy({ $0.input.shape == [hidden, shape[2]] && $0.state.shape == [hidden, hidden] }) else { return nil }
    self.sequence = sequence
    func joined(_ parts: [Tensor], _ shape: Shape) -> Tensor { Tensor(parts.flatMap { $0.floats() }, shape: shape) }
    let zeros = Tensor([Float](repeating: 0, count: hidden), shape: [hidden])
    constants = [
      "initial_h": Tensor(Array(states.floats().prefix(row)), shape: [states.shape[1], hidden]),
      "weight_ih": joined(step.gates.map(\.input), [3 * hidden, shape[2]]),
      "weight_hh": joined(step.gates.map(\.state), [3 * hidden, hidden]),
      "bias": joined(step.gates.map { $0.inputBias ?? zeros }, [3 * hidden]),
      "recurrent_bias": joined(step.gates.map { $0.stateBias ?? zeros }, [3 * hidden]),
    ]
  }
}

/// The weights of one gate.
private struct Gate {
  let input: Tensor
  let inputBias: Tensor?
  let state: Tensor
  let stateBias: Tensor?
}

/// Pattern matching on the expressions of the loop's blocks.
private struct Pattern {
  let scope: Scope
  let producers: [String: MIL.Operation]
  let index: String
  let rows: String

  struct Step {
    /// r, n, z.
    let gates: [Gate]
    let sequence: String
  }

  private func name(_ operation: MIL.Operation, _ parameter: String) -> String? {
    guard let bindings = operation.bindings(parameter), bindings.count == 1 else { return nil }
    return bindings[0].name
  }

  private func constant(_ operation: MIL.Operation, _ parameter: String) -> Tensor? {
    guard let bindings = operation.bindings(parameter), bindings.count == 1 else { return nil }
    switch bindings[0] {
    case .constant(let value): return value.tensor
    case .name(let name): return producers[name] == nil ? scope[name]?.constant?.tensor : nil
    }
  }

  private func made(_ name: String?, by type: String) -> MIL.Operation? {
    guard let name, let operation = producers[name], operation.type == type else { return nil }
    return operation
  }

  /// The two operands of a commutative operator, in both orders.
  private func pairs(_ operation: MIL.Operation?) -> [(String, String)] {
    guard let operation, let x = name(operation, "x"), let y = name(operation, "y") else { return [] }
    return [(x, y), (y, x)]
  }

  /// `i < count`
  func counts(_ block: Block, to count: Int) -> Bool {
    guard block.inputs.count == 2, block.outputs.count == 1, let less = made(block.outputs[0], by: "less") else { return false }
    return name(less, "x") == block.inputs[0].name && constant(less, "y")?.integers() == [count]
  }

  /// `i + 1`
  func advances(_ output: String) -> Bool {
    guard let add = made(output, by: "add") else { return false }
    return name(add, "x") == index && constant(add, "y")?.integers() == [1]
  }

  /// The rows with the new state added at the next index.
  func step(_ output: String, next: String) -> Step? {
    guard let scatter = made(output, by: "scatter"), name(scatter, "data") == rows, name(scatter, "indices") == next,
      constant(scatter, "axis")?.integers() == [0], isAdding(scatter),
      let expand = made(name(scatter, "updates"), by: "expand_dims"), constant(expand, "axes")?.integers() == [0],
      let sum = made(name(expand, "x"), by: "add")
    else { return nil }
    for (new, old) in pairs(sum) {
      guard let kept = made(old, by: "mul"), let fresh = made(new, by: "mul") else { continue }
      for (state, z) in pairs(kept) where isRow(state, of: rows) {
        for (candidate, rest) in pairs(fresh) {
          guard let sub = made(rest, by: "sub"), name(sub, "y") == z, constant(sub, "x")?.floats() == [1] else { continue }
          if let step = gates(state: state, update: z, candidate: candidate) { return step }
        }
      }
    }
    return nil
  }

  private func isAdding(_ scatter: MIL.Operation) -> Bool {
    guard let bindings = scatter.bindings("mode"), bindings.count == 1 else { return false }
    switch bindings[0] {
    case .constant(let value): return value.string == "add"
    case .name(let name): return scope[name]?.constant?.string == "add"
    }
  }

  private func gates(state: String, update: String, candidate: String) -> Step? {
    guard let z = gate(update, state), let tanh = made(candidate, by: "tanh"), let sum = made(name(tanh, "x"), by: "add") else {
      return nil
    }
    for (gated, own) in pairs(sum) {
      guard let product = made(gated, by: "mul"), let fromInput = linear(own), fromInput.x == z.x else { continue }
      for (reset, inner) in pairs(product) {
        guard let fromState = linear(inner), fromState.x == state, let r = gate(reset, state), r.x == z.x,
          let sequence = source(z.x)
        else { continue }
        let n = Gate(input: fromInput.weight, inputBias: fromInput.bias, state: fromState.weight, stateBias: fromState.bias)
        return Step(gates: [r.gate, n, z.gate], sequence: sequence)
      }
    }
    return nil
  }

  /// `sigmoid(W x + R h)` with the name of x.
  private func gate(_ output: String, _ state: String) -> (gate: Gate, x: String)? {
    guard let sigmoid = made(output, by: "sigmoid"), let sum = made(name(sigmoid, "x"), by: "add") else { return nil }
    for (a, b) in pairs(sum) {
      guard let r = linear(a), r.x == state, let w = linear(b), w.x != state else { continue }
      return (Gate(input: w.weight, inputBias: w.bias, state: r.weight, stateBias: r.bias), w.x)
    }
    return nil
  }

  private func linear(_ output: String) -> (x: String, weight: Tensor, bias: Tensor?)? {
    guard let linear = made(output, by: "linear"), let x = name(linear, "x"), let weight = constant(linear, "weight"),
      weight.rank == 2
    else { return nil }
    let bias = constant(linear, "bias")
    guard (bias != nil || linear.bindings("bias") == nil), bias.map({ $0.count == weight.shape[0] }) ?? true else { return nil }
    return (x, weight, bias)
  }

  private func isRow(_ output: String, of rows: String) -> Bool { source(output) == rows }

  /// The name of S when the value is `squeeze(S[i])`.
  private func source(_ output: String) -> String? {
    guard let squeeze = made(output, by: "squeeze"), constant(squeeze, "axes")?.integers() == [0],
      let gather = made(name(squeeze, "x"), by: "gather"), constant(gather, "axis")?.integers() == [0],
      constant(gather, "batch_dims").map({ $0.integers() == [0] }) ?? true, isIndex(name(gather, "indices"))
    else { return nil }
    return name(gather, "x")
  }

  /// The index itself, or with a guard against negative values, which never occur.
  private func isIndex(_ value: String?) -> Bool {
    if value == index { return true }
    guard let select = made(value, by: "select"), name(select, "a") == index,
      let test = made(name(select, "cond"), by: "greater_equal")
    else { return false }
    return name(test, "x") == index && constant(test, "y")?.integers() == [0]
  }
}
