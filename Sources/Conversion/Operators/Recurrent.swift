// SPDX-License-Identifier: Apache-2.0
// Recurrent layers.

import MIL
import ONNXFiles
import Operators
import Tensors

enum Recurrent {
  static let rules: [Rule] = [
    Rule("LSTM") { n in try RecurrentLayer(n, .lstm).lower() },
    Rule("GRU") { n in try RecurrentLayer(n, .gru).lower() },
    Rule("RNN") { n in try RecurrentLayer(n, .rnn).lower() },
  ]
}

/// A recurrent layer of ONNX: `X [s, b, I]`, `W [D, G·H, I]`, `R [D, G·H, H]`, `B [D, 2·G·H]`.
struct RecurrentLayer {
  enum Cell {
    case lstm, gru, rnn

    var gates: Int { self == .lstm ? 4 : self == .gru ? 3 : 1 }
    /// The places of MIL's gates in ONNX's order: i o f c → i f o z, z r h → r o z.
    var order: [Int] { self == .lstm ? [0, 2, 1, 3] : self == .gru ? [1, 2, 0] : [0] }
    var functions: [String] { self == .lstm ? ["Sigmoid", "Tanh", "Tanh"] : self == .gru ? ["Sigmoid", "Tanh"] : ["Tanh"] }
    var type: String { self == .lstm ? "lstm" : self == .gru ? "gru" : "rnn" }
  }

  let n: Node
  let cell: Cell
  let x: Value
  let hidden: Int
  let directions: [Bool]
  private var b: Builder { n.b }
  private let functions: [String]
  private let isBatchFirst: Bool
  private let lengths: Value?

  /// Steps that are written out one by one where MIL's layers lack a feature.
  private static let mostSteps = 128

  init(_ n: Node, _ cell: Cell) throws {
    self.n = n
    self.cell = cell
    isBatchFirst = try n.flag("layout")
    x = isBatchFirst ? try n.b.transpose(n.x(), [1, 0, 2]) : try n.x()
    hidden = try n.x(2).extent(2)
    switch try n.string("direction", "forward") {
    case "forward": directions = [false]
    case "reverse": directions = [true]
    case "bidirectional": directions = [false, true]
    case let other: throw Refusal("direction = \(other)")
    }
    functions = try n.strings("activations") ?? Array(repeating: cell.functions, count: directions.count).flatMap { $0 }
    guard functions.count == cell.functions.count * directions.count else { throw Refusal("\(functions.count) activations") }
    if try n.flag("input_forget") { throw Refusal("input_forget = 1") }
    var lengths = n.optional(4)
    if let known = lengths?.integers(), let steps = x.dims[0], known.allSatisfy({ $0 == steps }) { lengths = nil }
    self.lengths = try lengths.map { try n.b.int($0) }
  }

  /// The results Y, Y_h and, for an LSTM, Y_c.
  func lower() throws -> [Value] {
    if let both = try bidirectional() { return both }
    let parts = try directions.indices.map { try direction($0) }
    let y = try b.stack(parts.map(\.y), axis: 1)
    let last = try b.stack(parts.map(\.h), axis: 0)
    let cells = try cell == .lstm ? b.stack(parts.compactMap(\.c), axis: 0) : nil
    func arranged(_ v: Value, _ order: [Int]) throws -> Value { isBatchFirst ? try b.transpose(v, order) : v }
    return [try arranged(y, [2, 0, 1, 3]), try arranged(last, [1, 0, 2])] + (try cells.map { [try arranged($0, [1, 0, 2])] } ?? [])
  }

  private typealias Results = (y: Value, h: Value, c: Value?)

  private func direction(_ d: Int) throws -> Results {
    let isReversed = directions[d]
    let own = Array(functions[d * cell.functions.count..<(d + 1) * cell.functions.count])
    let (w, r) = (try weight(1, d), try weight(2, d))
    let bias = n.has(3) ? try weight(3, d) : nil
    let (h, c) = (try state(5, d), cell == .lstm ? try state(6, d) : nil)
    let peepholes = cell == .lstm && n.has(7) ? try weight(7, d) : nil
    let isResetAfter = try cell == .gru && n.flag("linear_before_reset")
    guard try isNative([w, r, bias, peepholes], own, isResetAfter: isResetAfter) else {
      return try unrolled(w, r, bias, h, c, peepholes, own, isReversed: isReversed, isResetAfter: isResetAfter)
    }
    var arguments = try nativeArguments(w, r, bias, peepholes, own, isResetAfter: isResetAfter, suffix: "")
    arguments["x"] = x
    arguments["initial_h"] = h
    arguments["initial_c"] = c
    arguments["direction"] = isReversed ? "reverse" : "forward"
    let results = try b.emitAll(cell.type, arguments)
    // Reversed layers of MIL give their steps in the order of processing.
    return (isReversed ? try b.reverse(results[0], [0]) : results[0], results[1], cell == .lstm ? results[2] : nil)
  }

  private static let names = ["Sigmoid": "sigmoid", "Tanh": "tanh", "Relu": "relu"]

  private func isNative(_ operands: [Value?], _ functions: [String], isResetAfter: Bool) throws -> Bool {
    lengths == nil && operands.allSatisfy { $0?.isConstant ?? true } && functions.allSatisfy { Self.names[$0] != nil }
      && (!isResetAfter || b.opset >= .iOS18) && n.attribute("activation_alpha") == nil && n.attribute("activation_beta") == nil
      && (n.attribute("clip") == nil || cell == .lstm)
  }

  /// The weights, biases and activations of one direction as MIL's layers take them.
  private func nativeArguments(
    _ w: Value, _ r: Value, _ bias: Value?, _ peepholes: Value?, _ functions: [String], isResetAfter: Bool, suffix: String
  ) throws -> [String: (any Argumentable)?] {
    func reordered(_ v: Value, _ count: Int, _ order: [Int]) throws -> Value {
      let parts = try b.split(v, Array(repeating: hidden, count: count), axis: 0)
      return try b.concat(order.map { parts[$0] }, axis: 0)
    }
    let native = functions.map { Self.names[$0] }
    var arguments: [String: (any Argumentable)?] = [
      "output_sequence": true,
      "weight_ih\(suffix)": try b.labeled(reordered(w, cell.gates, cell.order), n.x(1).label),
      "weight_hh\(suffix)": try b.labeled(reordered(r, cell.gates, cell.order), n.x(2).label),
      "activation": native[cell.functions.count - 1], "recurrent_activation": cell == .rnn ? nil : native[0],
      "cell_activation": cell == .lstm ? native[1] : nil,
    ]
    if let bias {
      let size = cell.gates * hidden
      let input = try reordered(b.slice(bias, axis: 0, 0, size), cell.gates, cell.order)
      let recurrent = try reordered(b.slice(bias, axis: 0, size, 2 * size), cell.gates, cell.order)
      if isResetAfter {
        arguments["input_bias"] = input
        arguments["bias"] = recurrent
      } else {
        arguments["bias\(suffix)"] = try b.add(input, recurrent)
      }
    }
    if isResetAfter { arguments["reset_after"] = true }
    if let peepholes { arguments["peephole\(suffix)"] = try reordered(peepholes, 3, [0, 2, 1]) }
    if cell == .lstm, let clip = try n.float("clip") { arguments["clip"] = Float(clip) }
    return arguments
  }

  /// Both directions of an LSTM as one operation; `nil` if MIL has no form for it.
  private func bidirectional() throws -> [Value]? {
    guard cell == .lstm, directions.count == 2, Array(functions[..<3]) == Array(functions[3...]) else { return nil }
    let sides = try directions.indices.map { d in
      (try weight(1, d), try weight(2, d), n.has(3) ? try weight(3, d) : nil, n.has(7) ? try weight(7, d) : nil)
    }
    guard try isNative(sides.flatMap { [$0.0, $0.1, $0.2, $0.3] }, functions, isResetAfter: false) else { return nil }
    var arguments: [String: (any Argumentable)?] = [:]
    for (d, side) in sides.enumerated() {
      let own = try nativeArguments(
        side.0, side.1, side.2, side.3, Array(functions[..<3]), isResetAfter: false, suffix: d == 0 ? "" : "_back")
      arguments.merge(own) { first, _ in first }
    }
    func both(_ i: Int) throws -> Value { try b.concat([state(i, 0), state(i, 1)], axis: 1) }
    arguments["x"] = x
    arguments["initial_h"] = try both(5)
    arguments["initial_c"] = try both(6)
    arguments["direction"] = "bidirectional"
    let results = try b.emitAll("lstm", arguments)
    let extents = try [b.extent(x, 0), b.extent(x, 1), b.integer(2), b.integer(hidden)]
    let y = try b.transpose(b.reshape(results[0], to: extents), isBatchFirst ? [1, 0, 2, 3] : [0, 2, 1, 3])
    func last(_ v: Value) throws -> Value {
      let apart = try b.reshape(v, to: Array(extents.dropFirst()))
      return isBatchFirst ? apart : try b.transpose(apart, [1, 0, 2])
    }
    return [y, try last(results[1]), try last(results[2])]
  }

  private func weight(_ i: Int, _ d: Int) throws -> Value { try b.squeeze(b.slice(n.x(i), axis: 0, d, d + 1), [0]) }

  private func state(_ i: Int, _ d: Int) throws -> Value {
    guard let given = n.optional(i) else { return try b.filled([b.extent(x, 1), b.integer(hidden)], 0, .float32) }
    let ordered = isBatchFirst ? try b.transpose(given, [1, 0, 2]) : given
    return try b.squeeze(b.slice(ordered, axis: 0, d, d + 1), [0])
  }

  // MARK: Step by step

  private func unrolled(
    _ w: Value, _ r: Value, _ bias: Value?, _ h: Value, _ c: Value?, _ peepholes: Value?, _ functions: [String], isReversed: Bool,
    isResetAfter: Bool
  ) throws -> Results {
    let steps = try x.extent(0)
    guard steps <= Self.mostSteps else { throw Refusal("\(steps) steps, more than \(Self.mostSteps), of a layer that MIL has no form for") }
    var x = x
    if isReversed {
      x = try lengths.map { try b.emit("reverse_sequence", ["x": x, "lengths": $0, "seq_axis": 0, "batch_axis": 1]) } ?? b.reverse(x, [0])
    }
    let size = cell.gates * hidden
    let inputBias = try bias.map { try b.slice($0, axis: 0, 0, size) }
    let stateBias = try bias.map { try b.slice($0, axis: 0, size, 2 * size) }
    func product(_ v: Value, _ matrix: Value, _ bias: Value?) throws -> Value {
      let y = try b.matmul(v, matrix, transpose: (false, true))
      return try bias.map { try b.add(y, $0) } ?? y
    }
    func gates(_ v: Value) throws -> [Value] { try b.split(v, Array(repeating: hidden, count: cell.gates), axis: 1) }
    let projected = try product(x, w, inputBias)
    let clip = try n.float("clip")
    let alphas = try n.floats("activation_alpha") ?? []
    let betas = try n.floats("activation_beta") ?? []
    func activated(_ i: Int, _ v: Value) throws -> Value {
      let bounded = try clip.map { try b.emit("clip", ["x": v, "alpha": Float(-$0), "beta": Float($0)]) } ?? v
      return try activation(functions[i], bounded, alphas.indices.contains(i) ? alphas[i] : nil, betas.indices.contains(i) ? betas[i] : nil)
    }
    let peeps = try peepholes.map { try b.split($0, [hidden, hidden, hidden], axis: 0) }
    func peeped(_ v: Value, _ state: Value, _ i: Int) throws -> Value { try peeps.map { try b.add(v, b.mul($0[i], state)) } ?? v }
    var (h, c) = (h, c)
    var outputs: [Value] = []
    for step in 0..<steps {
      let input = try gates(b.squeeze(b.slice(projected, axis: 0, step, step + 1), [0]))
      var (nextH, nextC) = (h, c)
      switch cell {
      case .rnn: nextH = try activated(0, b.add(input[0], product(h, r, stateBias)))
      case .lstm:
        guard let old = c else { throw Refusal("the cell's state is missing") }
        let sum = try zip(input, gates(product(h, r, stateBias))).map { try b.add($0, $1) }
        let i = try activated(0, peeped(sum[0], old, 0))
        let f = try activated(0, peeped(sum[2], old, 2))
        let g = try activated(1, sum[3])
        let new = try b.add(b.mul(f, old), b.mul(i, g))
        let o = try activated(0, peeped(sum[1], new, 1))
        (nextH, nextC) = (try b.mul(o, activated(2, new)), new)
      case .gru:
        let matrices = try b.split(r, [hidden, hidden, hidden], axis: 0)
        let biases = try stateBias.map { try b.split($0, [hidden, hidden, hidden], axis: 0) }
        let z = try activated(0, b.add(input[0], product(h, matrices[0], biases?[0])))
        let reset = try activated(0, b.add(input[1], product(h, matrices[1], biases?[1])))
        let inner =
          isResetAfter
          ? try b.mul(reset, product(h, matrices[2], biases?[2])) : try product(b.mul(reset, h), matrices[2], biases?[2])
        let candidate = try activated(1, b.add(input[2], inner))
        nextH = try b.add(b.mul(b.sub(1, z), candidate), b.mul(z, h))
      }
      if let lengths {
        // Past its end a sequence keeps its state and gives zeros.
        let isWithin = try b.expandDims(b.compare("greater", lengths, Double(step)), [1])
        outputs.append(try b.select(isWithin, nextH, b.number(0, like: nextH)))
        nextH = try b.select(isWithin, nextH, h)
        if let new = nextC, let old = c { nextC = try b.select(isWithin, new, old) }
      } else {
        outputs.append(nextH)
      }
      (h, c) = (nextH, nextC)
    }
    var y = try b.stack(outputs, axis: 0)
    if isReversed {
      y = try lengths.map { try b.emit("reverse_sequence", ["x": y, "lengths": $0, "seq_axis": 0, "batch_axis": 1]) } ?? b.reverse(y, [0])
    }
    return (y, h, c)
  }

  private func activation(_ name: String, _ x: Value, _ alpha: Double?, _ beta: Double?) throws -> Value {
    switch name {
    case "Sigmoid": try b.sigmoid(x)
    case "Tanh": try b.apply("tanh", x)
    case "Relu": try b.apply("relu", x)
    case "Affine": try b.add(b.mul(x, alpha ?? 1), beta ?? 0)
    case "LeakyRelu": try b.emit("leaky_relu", ["x": x, "alpha": Float(alpha ?? 0.01)])
    case "ThresholdedRelu": try b.emit("thresholded_relu", ["x": x, "alpha": Float(alpha ?? 1)])
    case "ScaledTanh": try b.emit("scaled_tanh", ["x": x, "alpha": Float(alpha ?? 1), "beta": Float(beta ?? 1)])
    case "HardSigmoid": try b.emit("sigmoid_hard", ["x": x, "alpha": Float(alpha ?? 0.2), "beta": Float(beta ?? 0.5)])
    case "Elu": try b.emit("elu", ["x": x, "alpha": Float(alpha ?? 1)])
    case "Softsign": try b.apply("softsign", x)
    case "Softplus": try b.apply("softplus", x)
    default: throw Refusal("the activation \(name)")
    }
  }
}
