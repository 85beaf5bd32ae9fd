// SPDX-License-Identifier: Apache-2.0
// Recurrent layers over [batch, time, features].

import Options
import Tensors

protocol RecurrentNetworkLayer: NetworkLayer {
  var hiddenSize: Int? { get set }
  var numLayers: Int { get set }
  var bidirectional: Bool { get set }
  var dropout: Double { get set }
  var outputSequence: Bool { get set }
  var initializer: Initializer { get set }
  static var gates: Int { get }

  /// A bidirectional layer.
  ///
  /// - Parameter pass: its steps are [time, batch, features].
  /// - Returns: the states after every step, [time, batch, 2 · hidden], or the last ones, [batch, 2 · hidden].
  func bothWays(_ pass: RecurrentPass) throws -> NetworkValue
}

/// The inputs of a layer and the requested outputs.
struct RecurrentPass {
  var steps: NetworkValue
  let start: NetworkValue
  let givesAll: Bool
  let network: NetworkWriter
}

extension RecurrentNetworkLayer {
  static var example: String { "{ hidden_size = 32 }" }
  static var options: [Option<Self>] {
    [
      .integer("hidden_size", \.hiddenSize, in: 1...Int.max, "size of the state"),
      .integer("num_layers", \.numLayers, in: 1...1000, "number of stacked layers"),
      .bool("bidirectional", \.bidirectional, "bidirectional; the states of both directions are concatenated, 2 · hidden"),
      .number("dropout", \.dropout, in: 0...0.999, "dropout rate of the states between layers"),
      .bool("output_sequence", \.outputSequence, "the state after every step, [batch, time, hidden]; else the last, [batch, hidden]"),
      .choice("init", \.initializer, "initialization of the weights"),
    ]
  }

  func validate() throws(OptionError) { _ = try Self.required(hiddenSize, "hidden_size") }

  var hidden: Int { hiddenSize ?? 1 }

  func emit(_ x: NetworkValue, into network: NetworkWriter) throws -> NetworkValue {
    try check(x, ranks: 3...3, "[batch, time, features]")
    _ = try known(x, axis: 2, "features")
    var value = try network.add("transpose", [("x", .value(x)), ("perm", .numbers([1, 0, 2]))], name: "\(Self.name)_steps")
    let start = try zeros(like: x, bidirectional && Self.gates == 4 ? 2 * hidden : hidden, network)
    for layer in 0..<numLayers {
      if layer > 0, dropout > 0 { value = try network.drop(value, dropout) }
      let pass = RecurrentPass(steps: value, start: start, givesAll: outputSequence || layer < numLayers - 1, network: network)
      value = bidirectional ? try bothWays(pass) : try oneWay(pass)
    }
    guard outputSequence else { return value }
    return try network.add("transpose", [("x", .value(value)), ("perm", .numbers([1, 0, 2]))], name: "\(Self.name)_sequence")
  }

  /// A unidirectional layer.
  func oneWay(_ pass: RecurrentPass) throws -> NetworkValue { try operation(pass, [], suffixes: [""]) }

  /// The operator itself.
  ///
  /// - Parameter suffixes: of the names of the weights, one for each direction.
  func operation(_ pass: RecurrentPass, _ more: [(String, GraphArgument)], suffixes: [String]) throws -> NetworkValue {
    let features = try known(pass.steps, axis: 2, "features")
    let kind = Self.name
    let fan = Fan(input: hidden, output: hidden)
    var arguments: [(String, GraphArgument)] = [("x", .value(pass.steps)), ("initial_h", .value(pass.start))]
    if Self.gates == 4 { arguments.append(("initial_c", .value(pass.start))) }
    for suffix in suffixes {
      for (part, width) in [("weight_ih", features), ("weight_hh", hidden)] {
        let weight = pass.network.weight("\(kind)_\(part)\(suffix)", [Self.gates * hidden, width], initializer, fan: fan)
        arguments.append((part + suffix, .value(weight)))
      }
      let bias = pass.network.weight("\(kind)_bias\(suffix)", [Self.gates * hidden], .default, fan: fan)
      arguments.append(("bias" + suffix, .value(bias)))
    }
    let results = try pass.network.operation(kind, arguments + more + [("output_sequence", .bool(pass.givesAll))], name: kind)
    return results[pass.givesAll ? 0 : 1]
  }

  /// Zeros of shape [batch, width] for any batch size.
  private func zeros(like x: NetworkValue, _ width: Int, _ network: NetworkWriter) throws -> NetworkValue {
    if let batch = x.extent(0) { return network.constant(Tensor(zeros: .float32, [batch, width]), name: "\(Self.name)_start") }
    let shape = try network.add("shape", [("x", .value(x))])
    let batch = try network.add(
      "slice_by_size", [("x", .value(shape)), ("begin", .numbers([0])), ("size", .numbers([1]))])
    let size = network.constant(Tensor([Int32(width)]), name: "hidden_size")
    let both = try network.add("concat", [("values", .values([batch, size])), ("axis", .number(0)), ("interleave", .bool(false))])
    return try network.add("fill", [("shape", .value(both)), ("value", .number(0))], name: "\(Self.name)_start")
  }
}

struct LSTMLayer: RecurrentNetworkLayer {
  var hiddenSize: Int?
  var numLayers = 1
  var bidirectional = false
  var dropout = 0.0
  var outputSequence = true
  var initializer = Initializer.default
  static let name = "lstm"
  static let summary = "Long short-term memory over [batch, time, features]."
  static let gates = 4

  func bothWays(_ pass: RecurrentPass) throws -> NetworkValue {
    try operation(pass, [("direction", .text("bidirectional"))], suffixes: ["", "_back"])
  }
}

struct GRULayer: RecurrentNetworkLayer {
  var hiddenSize: Int?
  var numLayers = 1
  var bidirectional = false
  var dropout = 0.0
  var outputSequence = true
  var initializer = Initializer.default
  static let name = "gru"
  static let summary = "Gated recurrent unit over [batch, time, features]."
  static let gates = 3

  /// The operator supports one direction only; the other direction uses the steps in reverse order.
  func bothWays(_ pass: RecurrentPass) throws -> NetworkValue {
    func backwards(_ x: NetworkValue) throws -> NetworkValue {
      try pass.network.add("reverse", [("x", .value(x)), ("axes", .numbers([0]))], name: "gru_backwards")
    }
    var other = pass
    other.steps = try backwards(pass.steps)
    let there = try oneWay(pass)
    var back = try oneWay(other)
    if pass.givesAll { back = try backwards(back) }
    let axis: Double = pass.givesAll ? 2 : 1
    return try pass.network.add(
      "concat", [("values", .values([there, back])), ("axis", .number(axis)), ("interleave", .bool(false))], name: "gru_both")
  }
}
