// SPDX-License-Identifier: Apache-2.0
// One direction of a recurrent layer: the input's products for all steps at once, then the steps in sequence.

import CPrimitives
import Tensors

/// The kind of recurrence.
package enum RecurrentCell: Sendable {
  /// One gate: `h = f(W x + R h + b)`.
  case plain
  /// Gates r, o, z: `h = (1 - z) f(W_o x + R_o (r h) + b_o) + z h`.
  case gru
  /// Gates r, o, z: `h = (1 - z) f(W_o x + b + r (R_o h + c)) + z h`.
  case gruResetAfter
  /// Gates i, f, o, z: `c = f c + i z`, `h = o act(c)`.
  case lstm

  package var gates: Int {
    switch self {
    case .plain: 1
    case .gru, .gruResetAfter: 3
    case .lstm: 4
    }
  }
}

/// All parameters of one direction except its data.
package struct RecurrentShape: Sendable {
  package var cell: RecurrentCell
  package var steps: Int
  package var batch: Int
  package var input: Int
  package var hidden: Int
  package var isReversed: Bool
  /// Activation of the gates: i, f, o of an LSTM, r and z of a GRU.
  package var recurrentActivation: UnaryFunction
  /// Activation of an LSTM's candidate z.
  package var cellActivation: UnaryFunction
  /// Activation of the output.
  package var activation: UnaryFunction
  /// Clipping bound of an LSTM's cell, if any.
  package var clip: Float?

  package init(
    cell: RecurrentCell, steps: Int, batch: Int, input: Int, hidden: Int, isReversed: Bool,
    recurrentActivation: UnaryFunction, cellActivation: UnaryFunction, activation: UnaryFunction, clip: Float?
  ) {
    self.cell = cell
    self.steps = steps
    self.batch = batch
    self.input = input
    self.hidden = hidden
    self.isReversed = isReversed
    self.recurrentActivation = recurrentActivation
    self.cellActivation = cellActivation
    self.activation = activation
    self.clip = clip
  }
}

/// One direction, prepared to run.
package final class RecurrentLayer {
  private let shape: RecurrentShape
  private let memory: UnsafeMutablePointer<Float>
  /// `[steps · batch, gates · hidden]`: W x + b for every step.
  private let projected: UnsafeMutablePointer<Float>
  /// `[batch, gates · hidden]`: the current step's preactivations, then its gates.
  private let gates: UnsafeMutablePointer<Float>
  /// The state and, for an LSTM, the cell; `[batch, hidden]`.
  private let state: UnsafeMutablePointer<Float>
  private let cell: UnsafeMutablePointer<Float>
  private let temporary: UnsafeMutablePointer<Float>
  private let peephole: UnsafePointer<Float>?
  private let recurrentBias: UnsafePointer<Float>?
  /// `nil` when there are no steps.
  private let inputProduct: Primitive?
  private let stateProducts: [StateProduct]

  /// - Parameters:
  ///   - x: `[steps, batch, input]`.
  ///   - inputWeights, recurrentWeights: `[gates · hidden, input]`, `[gates · hidden, hidden]`; their memory stays in use unless
  ///     `ownsInputWeights` and `ownsStateWeights` say that a copy was made.
  ///   - bias: `[gates · hidden]`. - peephole: `[3 · hidden]` in the order i, f, o.
  ///   - recurrentBias: `[gates · hidden]`, added to a GRU's products with the state.
  ///   - weightsChange: whether weights may change between runs; they are not packed then.
  package init(
    _ shape: RecurrentShape, x: UnsafePointer<Float>, inputWeights: UnsafePointer<Float>,
    recurrentWeights: UnsafePointer<Float>, bias: UnsafePointer<Float>?, peephole: UnsafePointer<Float>?,
    recurrentBias: UnsafePointer<Float>? = nil, weightsChange: Bool = false
  ) throws {
    self.shape = shape
    self.peephole = peephole
    self.recurrentBias = recurrentBias
    let width = shape.cell.gates * shape.hidden
    let block = shape.batch * shape.hidden
    memory = .allocate(capacity: shape.steps * shape.batch * width + shape.batch * width + 3 * block + 1)
    projected = memory
    gates = projected + shape.steps * shape.batch * width
    state = gates + shape.batch * width
    cell = state + block
    temporary = cell + block
    inputProduct =
      shape.steps == 0
      ? nil
      : try Self.product(
        x, rows: shape.steps * shape.batch, columns: shape.input, weights: inputWeights, outputs: width, bias: bias,
        to: projected, stride: width, packs: !weightsChange)
    let product = { (source: UnsafePointer<Float>, first: Int, count: Int, to: UnsafeMutablePointer<Float>) in
      let weights = recurrentWeights + first * shape.hidden
      if shape.batch == 1 {
        return StateProduct.vector(MatrixVector(.float(weights), bias: nil, rows: count, columns: shape.hidden), source, to)
      }
      return .matrix(
        try Self.product(
          source, rows: shape.batch, columns: shape.hidden, weights: weights, outputs: count, bias: nil, to: to,
          stride: width, packs: !weightsChange))
    }
    let h = shape.hidden
    switch shape.cell {
    case .plain, .lstm, .gruResetAfter: stateProducts = [try product(state, 0, width, gates)]
    case .gru:
      // r and z multiply the state, o multiplies r · state.
      stateProducts = [
        try product(state, 0, h, gates), try product(state, 2 * h, h, gates + 2 * h),
        try product(temporary, h, h, gates + h),
      ]
    }
  }

  deinit { memory.deallocate() }

  /// The product of a step with the state: our own loop for one row, oneDNN for a batch.
  private enum StateProduct {
    case vector(MatrixVector, UnsafePointer<Float>, UnsafeMutablePointer<Float>)
    case matrix(Primitive)

    var primitive: Primitive? { if case .matrix(let primitive) = self { primitive } else { nil } }

    func run(scratch: UnsafeMutableRawPointer) throws {
      switch self {
      case .vector(let product, let x, let y): product.run(x, to: y)
      case .matrix(let primitive): try primitive.run(scratch: scratch)
      }
    }
  }

  /// Whether the layer has its own copy of the input weights.
  package var ownsInputWeights: Bool { inputProduct?.isPacked(1) ?? false }
  /// Whether the layer has its own copy of the recurrent weights.
  package var ownsStateWeights: Bool { stateProducts.allSatisfy { $0.primitive?.isPacked(1) ?? false } }

  package var scratchByteCount: Int {
    ([inputProduct].compactMap { $0 } + stateProducts.compactMap(\.primitive)).map(\.scratchByteCount).max() ?? 0
  }

  private static func product(
    _ source: UnsafePointer<Float>, rows: Int, columns: Int, weights: UnsafePointer<Float>, outputs: Int,
    bias: UnsafePointer<Float>?, to: UnsafeMutablePointer<Float>, stride: Int, packs: Bool
  ) throws -> Primitive {
    var a = wp_tensor(shape: [rows, columns])
    // The weights are the right-hand matrix, transposed by strides.
    let strides = [1, columns]
    var b = packs ? wp_tensor(packing: [columns, outputs], strides: strides) : wp_tensor(shape: [columns, outputs], strides: strides)
    var c = wp_tensor(shape: [rows, outputs], strides: [stride, 1])
    var d = wp_tensor(shape: [outputs])
    let handle = bias == nil ? wp_matmul(&a, &b, nil, &c, nil) : wp_matmul(&a, &b, &d, &c, nil)
    return try Primitive(
      "recurrent product", handle,
      inputs: [UnsafeRawPointer(source), UnsafeRawPointer(weights)] + (bias.map { [UnsafeRawPointer($0)] } ?? []),
      outputs: [UnsafeMutableRawPointer(to)], constant: packs ? [1] : [])
  }

  /// Runs all steps.
  ///
  /// - Parameters:
  ///   - initial: initial state (and cell), `[batch, hidden]` with rows `stateStride` apart.
  ///   - sequence: where states are written: step s, batch b at `sequence[(s · batch + b) · sequenceStride]`, in processing
  ///     order, or in time order when `inTimeOrder`; `nil` when only the last is needed.
  ///   - last, lastCell: final state (and cell), rows `stateStride` apart.
  package func run(
    initial: UnsafePointer<Float>, initialCell: UnsafePointer<Float>?, stateStride: Int,
    sequence: UnsafeMutablePointer<Float>?, sequenceStride: Int, inTimeOrder: Bool,
    last: UnsafeMutablePointer<Float>, lastCell: UnsafeMutablePointer<Float>?, scratch: UnsafeMutableRawPointer
  ) throws {
    let (batch, hidden) = (shape.batch, shape.hidden)
    for b in 0..<batch {
      (state + b * hidden).update(from: initial + b * stateStride, count: hidden)
      if let initialCell { (cell + b * hidden).update(from: initialCell + b * stateStride, count: hidden) }
    }
    try inputProduct?.run(scratch: scratch)
    for step in 0..<shape.steps {
      let time = shape.isReversed ? shape.steps - 1 - step : step
      let projection = projected + time * batch * shape.cell.gates * hidden
      switch shape.cell {
      case .plain: try plainStep(projection, scratch)
      case .gru: try gruStep(projection, scratch)
      case .gruResetAfter: try resetAfterStep(projection, scratch)
      case .lstm: try lstmStep(projection, scratch)
      }
      guard let sequence else { continue }
      let at = inTimeOrder ? time : step
      for b in 0..<batch {
        (sequence + (at * batch + b) * sequenceStride).update(from: state + b * hidden, count: hidden)
      }
    }
    for b in 0..<batch {
      (last + b * stateStride).update(from: state + b * hidden, count: hidden)
      if let lastCell { (lastCell + b * stateStride).update(from: cell + b * hidden, count: hidden) }
    }
  }

  private func plainStep(_ projection: UnsafePointer<Float>, _ scratch: UnsafeMutableRawPointer) throws {
    try stateProducts[0].run(scratch: scratch)
    let n = shape.batch * shape.hidden
    for i in 0..<n { gates[i] += projection[i] }
    Unary.apply(shape.activation, gates, to: state, count: n)
  }

  private func gruStep(_ projection: UnsafePointer<Float>, _ scratch: UnsafeMutableRawPointer) throws {
    let h = shape.hidden
    for product in stateProducts[..<2] { try product.run(scratch: scratch) }
    for b in 0..<shape.batch {
      resetAndUpdate(b, projection)
      for i in 0..<h { temporary[b * h + i] = gates[b * 3 * h + i] * state[b * h + i] }
    }
    try stateProducts[2].run(scratch: scratch)
    for b in 0..<shape.batch {
      let (candidate, input) = (gates + b * 3 * h + h, projection + b * 3 * h + h)
      addRecurrentBias(h, to: candidate)
      for i in 0..<h { candidate[i] += input[i] }
      activateGRU(b)
    }
  }

  private func resetAfterStep(_ projection: UnsafePointer<Float>, _ scratch: UnsafeMutableRawPointer) throws {
    let h = shape.hidden
    try stateProducts[0].run(scratch: scratch)
    for b in 0..<shape.batch {
      resetAndUpdate(b, projection)
      let (row, candidate, input) = (gates + b * 3 * h, gates + b * 3 * h + h, projection + b * 3 * h + h)
      addRecurrentBias(h, to: candidate)
      for i in 0..<h { candidate[i] = input[i] + row[i] * candidate[i] }
      activateGRU(b)
    }
  }

  /// The gates r and z of row b from their preactivations.
  private func resetAndUpdate(_ b: Int, _ projection: UnsafePointer<Float>) {
    recurrentGate(b, 0, projection)
    recurrentGate(b, 2 * shape.hidden, projection)
  }

  private func recurrentGate(_ b: Int, _ gate: Int, _ projection: UnsafePointer<Float>) {
    let h = shape.hidden
    let (row, input) = (gates + b * 3 * h + gate, projection + b * 3 * h + gate)
    addRecurrentBias(gate, to: row)
    for i in 0..<h { row[i] += input[i] }
    Unary.apply(shape.recurrentActivation, row, to: row, count: h)
  }

  private func addRecurrentBias(_ gate: Int, to row: UnsafeMutablePointer<Float>) {
    guard let recurrentBias else { return }
    for i in 0..<shape.hidden { row[i] += recurrentBias[gate + i] }
  }

  /// The state of row b, interpolated between its candidate and its previous value.
  private func activateGRU(_ b: Int) {
    let h = shape.hidden
    let (candidate, update, own) = (gates + b * 3 * h + h, gates + b * 3 * h + 2 * h, state + b * h)
    Unary.apply(shape.activation, candidate, to: candidate, count: h)
    for i in 0..<h { own[i] = candidate[i] + update[i] * (own[i] - candidate[i]) }
  }

  private func lstmStep(_ projection: UnsafePointer<Float>, _ scratch: UnsafeMutableRawPointer) throws {
    let h = shape.hidden
    try stateProducts[0].run(scratch: scratch)
    for b in 0..<shape.batch {
      let (row, input) = (gates + b * 4 * h, projection + b * 4 * h)
      let (own, memory) = (state + b * h, cell + b * h)
      for i in 0..<4 * h { row[i] += input[i] }
      if let peephole {
        for i in 0..<h {
          row[i] += peephole[i] * memory[i]
          row[h + i] += peephole[h + i] * memory[i]
        }
      }
      Unary.apply(shape.recurrentActivation, row, to: row, count: 2 * h)
      Unary.apply(shape.cellActivation, row + 3 * h, to: row + 3 * h, count: h)
      for i in 0..<h { memory[i] = row[h + i] * memory[i] + row[i] * row[3 * h + i] }
      if let clip = shape.clip { for i in 0..<h { memory[i] = min(max(memory[i], -clip), clip) } }
      if let peephole { for i in 0..<h { row[2 * h + i] += peephole[2 * h + i] * memory[i] } }
      Unary.apply(shape.recurrentActivation, row + 2 * h, to: row + 2 * h, count: h)
      Unary.apply(shape.activation, memory, to: own, count: h)
      for i in 0..<h { own[i] *= row[2 * h + i] }
    }
  }
}
