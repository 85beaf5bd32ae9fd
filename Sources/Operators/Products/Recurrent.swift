// SPDX-License-Identifier: Apache-2.0
// MIL's recurrent layers: rnn, gru, lstm.

import Kernels
import MIL
import Tensors

/// A layer that carries a state from step to step.
///
/// x: `[s, b, I]`; weight_ih `[G·H, I]`, weight_hh `[G·H, H]`, bias `[G·H]`; results: the states of all steps
/// `[s, b, D·H]` (of the last only, `[1, b, D·H]`, unless output_sequence), the last state `[b, D·H]`, and for an
/// LSTM the last cell. D is 2 for a bidirectional LSTM. A reversed layer gives its steps in the order of processing.
protocol RecurrentOperator: Operator {
  static var cell: RecurrentCell { get }
}

extension Domain {
  fileprivate static let recurrent = Domain([.float32: .iOS15, .float16: .iOS17]).tied("T")
}

extension RecurrentOperator {
  static var weights: WeightTraits { WeightTraits(parameters: ["weight_ih", "weight_hh", "bias"].map { WeightParameter($0) }) }

  static func flops(_ call: Call, outputs: [Shape]) -> Int {
    call.recurrentFlops(["weight_ih", "weight_hh", "weight_ih_back", "weight_hh_back"])
  }

  fileprivate static func parameters(_ more: [Parameter]) -> [Parameter] {
    [
      Parameter("x", .recurrent),
      Parameter("initial_h", .recurrent),
      Parameter("weight_ih", .recurrent),
      Parameter("weight_hh", .recurrent),
      Parameter("bias", .recurrent, .optional),
      Parameter("direction", .string, .defaultsTo(.string("forward"))),
      Parameter("output_sequence", .bool, .defaultsTo(.bool(false))),
      Parameter("activation", .string, .defaultsTo(.string("tanh"))),
    ] + more
  }

  private static func directions(_ call: Call) throws -> [(suffix: String, isReversed: Bool)] {
    let direction = try call.known(call.string("direction"), "direction")
    switch direction {
    case "forward": return [("", false)]
    case "reverse": return [("", true)]
    case "bidirectional" where cell.gates == 4: return [("", false), ("_back", true)]
    default:
      let known = cell.gates == 4 ? "forward, reverse or bidirectional" : "forward or reverse"
      throw call.error("direction must be \(known), found \(direction)")
    }
  }

  static func infer(_ call: Call) throws -> [ValueType] {
    let x = try call.type("x")
    guard x.rank == 3 else { throw call.error("x must have rank 3 (steps, batch, features), found \(x)") }
    let directions = try directions(call)
    var hidden = 0
    for (suffix, _) in directions {
      let input = try call.type("weight_ih" + suffix)
      let recurrent = try call.type("weight_hh" + suffix)
      guard let a = input.shape, let b = recurrent.shape, a.count == 2, b.count == 2, a[0] == b[0], b[0] == cell.gates * b[1]
      else {
        throw call.error("weights must be [\(cell.gates)·H, I] and [\(cell.gates)·H, H]; found \(input) and \(recurrent)")
      }
      if let features = x.dimensions[2].size, features != a[1] {
        throw call.error("x has \(features) features, expected \(a[1]) for weight_ih\(suffix)")
      }
      hidden = b[1]
    }
    let width = Dimension.fixed(hidden * directions.count)
    let all = try call.known(call.bool("output_sequence"), "output_sequence")
    let sequence = TensorType(x.dtype, [all ? x.dimensions[0] : .fixed(1), x.dimensions[1], width])
    let last = ValueType.tensor(TensorType(x.dtype, [x.dimensions[1], width]))
    return [.tensor(sequence), last] + (cell.gates == 4 ? [last] : [])
  }

  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let call = request.call
    let x = try request.input("x")
    let initial = try request.input("initial_h").floats()
    let (isLSTM, isGRU) = (cell.gates == 4, cell.gates == 3)
    // If the reset gate is applied before the product, both biases are simply added, so either may be combined with
    // the input.
    let resetsAfter = isGRU ? try call.known(call.bool("reset_after"), "reset_after") : false
    let initialCell = isLSTM ? try request.input("initial_c").floats() : nil
    let directions = try directions(call)
    let hidden = try request.input("weight_hh").shape[1]
    let width = hidden * directions.count
    let layers = try directions.map { suffix, isReversed in
      let shape = RecurrentShape(
        cell: resetsAfter ? .gruResetAfter : cell, steps: x.shape[0], batch: x.shape[1], input: x.shape[2], hidden: hidden,
        isReversed: isReversed,
        recurrentActivation: isPlain ? .sigmoid : try activation(call, "recurrent_activation"),
        cellActivation: isLSTM ? try activation(call, "cell_activation") : .tanh,
        activation: try activation(call, "activation"),
        clip: isLSTM ? try call.float("clip").map { Float($0) } : nil)
      let peephole = isLSTM ? request.optionalInput("peephole" + suffix) : nil
      return try RecurrentLayer(
        shape, x: x.floats(), inputWeights: request.input("weight_ih" + suffix).floats(),
        recurrentWeights: request.input("weight_hh" + suffix).floats(),
        bias: request.optionalInput(resetsAfter ? "input_bias" : "bias" + suffix)?.floats(),
        peephole: peephole?.floats(),
        recurrentBias: isGRU ? request.optionalInput(resetsAfter ? "bias" : "input_bias")?.floats() : nil,
        weightsChange: call.tensor("weight_ih" + suffix) == nil || call.tensor("weight_hh" + suffix) == nil)
    }
    let scratch = request.scratch
    for layer in layers { scratch.reserve(layer.scratchByteCount) }
    let all = try call.known(call.bool("output_sequence"), "output_sequence")
    let (sequence, last) = (request.outputs[0].floats(), request.outputs[1].floats())
    let lastCell = isLSTM ? request.outputs[2].floats() : nil
    let batch = x.shape[1]
    let names =
      (layers.allSatisfy(\.ownsInputWeights) ? directions.map { "weight_ih" + $0.suffix } : [])
      + (layers.allSatisfy(\.ownsStateWeights) ? directions.map { "weight_hh" + $0.suffix } : [])
    return Kernel("recurrent", packed: Set(names)) {
      for (d, layer) in layers.enumerated() {
        let offset = d * hidden
        try layer.run(
          initial: initial + offset, initialCell: initialCell.map { $0 + offset }, stateStride: width,
          sequence: all ? sequence + offset : nil, sequenceStride: width, inTimeOrder: layers.count == 2,
          last: last + offset, lastCell: lastCell.map { $0 + offset }, scratch: scratch.base)
      }
      if !all { sequence.update(from: last, count: batch * width) }
    }
  }

  private static var isPlain: Bool { cell.gates == 1 }

  private static func activation(_ call: Call, _ parameter: String) throws -> UnaryFunction {
    let name = try call.known(call.string(parameter), parameter)
    switch name {
    case "tanh": return .tanh
    case "sigmoid": return .sigmoid
    case "relu": return .relu
    case "linear": return .linear(alpha: 1, beta: 0)
    // The parametric functions have the default constants of their operators, which make scaled_tanh equal to tanh.
    case "hard_sigmoid", "sigmoid_hard": return .hardSigmoid(alpha: 0.2, beta: 0.5)
    case "scaled_tanh": return .scaledTanh(alpha: 1, beta: 1)
    default:
      throw call.error(
        "\(parameter) must be tanh, sigmoid, relu, linear, hard_sigmoid or scaled_tanh, found \(name)")
    }
  }
}

/// `h = f(W x + R h + b)`
enum RNN: RecurrentOperator {
  static let cell = RecurrentCell.plain
  static let signature = Signature("rnn", parameters([]))
  static let foreignNames = ForeignNames(torch: ["RNN"], onnx: ["RNN"])
}

/// Gated recurrent unit with the reset gate applied before the recurrent product or (iOS18, `reset_after`) after it;
/// gates are in the order r, o, z.
///
/// `bias` is that of the recurrent product, `input_bias` (iOS18) that of the input.
enum GRU: RecurrentOperator {
  static let cell = RecurrentCell.gru
  static let signature = Signature(
    "gru",
    parameters([
      Parameter("recurrent_activation", .string, .defaultsTo(.string("sigmoid"))),
      Parameter("reset_after", .bool, .defaultsTo(.bool(false)), since: .iOS18),
      Parameter("input_bias", .recurrent, .optional, since: .iOS18),
    ]))
  static let foreignNames = ForeignNames(torch: ["GRU"], onnx: ["GRU"])
}

/// Long short-term memory; gates in the order i, f, o, z.
enum LSTM: RecurrentOperator {
  static let cell = RecurrentCell.lstm
  static let signature = Signature(
    "lstm",
    parameters([
      Parameter("initial_c", .recurrent),
      Parameter("peephole", .recurrent, .optional),
      Parameter("weight_ih_back", .recurrent, .optional),
      Parameter("weight_hh_back", .recurrent, .optional),
      Parameter("bias_back", .recurrent, .optional),
      Parameter("peephole_back", .recurrent, .optional),
      Parameter("recurrent_activation", .string, .defaultsTo(.string("sigmoid"))),
      Parameter("cell_activation", .string, .defaultsTo(.string("tanh"))),
      Parameter("clip", .recurrent, .optional),
    ]))
  static let weights = WeightTraits(
    parameters: ["weight_ih", "weight_hh", "bias", "weight_ih_back", "weight_hh_back", "bias_back", "peephole"].map { WeightParameter($0) })
  static let foreignNames = ForeignNames(torch: ["LSTM"], onnx: ["LSTM"])
}

extension Call {
  /// The number of floating-point operations of a recurrent layer with these weights for `x` of shape `[s, b, I]`.
  func recurrentFlops(_ weights: [String]) -> Int {
    guard let x = shape("x"), x.count == 3 else { return 0 }
    return 2 * x[0] * x[1] * weights.compactMap { shape($0)?.elementCount }.reduce(0, +)
  }
}

/// The family of recurrent layers.
enum Recurrent {
  static let operators: [any Operator.Type] = [RNN.self, GRU.self, LSTM.self]
}
