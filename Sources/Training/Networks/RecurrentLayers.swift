// SPDX-License-Identifier: Apache-2.0
// Recurrent layers over [batch, time, features].

import Compression
import Tensors

protocol RecurrentLayer: NetworkLayer {
  var hiddenSize: Int? { get set }
  var outputSequence: Bool { get set }
  var initializer: Initializer { get set }
  static var gates: Int { get }
}

extension RecurrentLayer {
  static var example: String { "{ hidden_size = 32 }" }
  static var options: [TechniqueOption<Self>] {
    [
      .integer("hidden_size", \.hiddenSize, in: 1...Int.max, "size of the state"),
      .bool("output_sequence", \.outputSequence, "the state after every step, [batch, time, hidden]; else the last, [batch, hidden]"),
      .choice("init", \.initializer, "how the weights are filled"),
    ]
  }

  func validate() throws(CompressionError) { _ = try Self.required(hiddenSize, "hidden_size") }

  func emit(_ x: GraphValue, into network: NetworkWriter) throws -> GraphValue {
    try check(x, ranks: 3...3, "[batch, time, features]")
    let features = try known(x, axis: 2, "features")
    let hidden = hiddenSize ?? 1
    let fan = Fan(input: hidden, output: hidden)
    let kind = Self.name
    let steps = try network.add("transpose", [("x", .value(x)), ("perm", .numbers([1, 0, 2]))], name: "\(kind)_steps")
    let start = try zeros(like: x, hidden, network)
    var arguments: [(String, GraphArgument)] = [("x", .value(steps)), ("initial_h", .value(start))]
    if kind == "lstm" { arguments.append(("initial_c", .value(start))) }
    arguments += [
      ("weight_ih", .value(network.weight("\(kind)_weight_ih", [Self.gates * hidden, features], initializer, fan: fan))),
      ("weight_hh", .value(network.weight("\(kind)_weight_hh", [Self.gates * hidden, hidden], initializer, fan: fan))),
      ("bias", .value(network.weight("\(kind)_bias", [Self.gates * hidden], .default, fan: fan))),
      ("output_sequence", .bool(outputSequence)),
    ]
    let results = try network.operation(kind, arguments, name: kind)
    guard outputSequence else { return results[1] }
    return try network.add("transpose", [("x", .value(results[0])), ("perm", .numbers([1, 0, 2]))], name: "\(kind)_sequence")
  }

  /// [batch, hidden] of zeros, whatever the batch is.
  private func zeros(like x: GraphValue, _ hidden: Int, _ network: NetworkWriter) throws -> GraphValue {
    if let batch = x.extent(0) { return network.constant(Tensor(zeros: .float32, [batch, hidden]), name: "\(Self.name)_start") }
    let shape = try network.add("shape", [("x", .value(x))])
    let batch = try network.add(
      "slice_by_size", [("x", .value(shape)), ("begin", .numbers([0])), ("size", .numbers([1]))])
    let size = network.constant(Tensor([Int32(hidden)]), name: "hidden_size")
    let both = try network.add("concat", [("values", .values([batch, size])), ("axis", .number(0)), ("interleave", .bool(false))])
    return try network.add("fill", [("shape", .value(both)), ("value", .number(0))], name: "\(Self.name)_start")
  }
}

struct LSTMLayer: RecurrentLayer {
  var hiddenSize: Int?
  var outputSequence = true
  var initializer = Initializer.default
  static let name = "lstm"
  static let summary = "Long short-term memory over [batch, time, features]."
  static let gates = 4
}

struct GRULayer: RecurrentLayer {
  var hiddenSize: Int?
  var outputSequence = true
  var initializer = Initializer.default
  static let name = "gru"
  static let summary = "Gated recurrent unit over [batch, time, features]."
  static let gates = 3
}
