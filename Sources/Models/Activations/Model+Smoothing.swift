// SPDX-License-Identifier: Apache-2.0
// SmoothQuant (Xiao et al. 2022): moves the range of activations into the weights that multiply them.

import Calibration
import Encodings
import Foundation
import MIL
import ModelPackages
import Operators
import Tensors
import WeightStorage

extension Model {
  /// The same function with inputs of linear layers divided by s, and the columns of their weights multiplied by it.
  ///
  /// s = max|x|^α / max|W|^(1−α), elementwise, with the maximum over all layers that read the value. It goes into the gamma and
  /// beta of a `layer_norm` that only these layers read, otherwise into a multiplication.
  ///
  /// - Parameter alpha: from 0 to 1; `nil` searches it for each value, 0.5 … 1, by the predicted error of 8-bit codes of
  ///   activations and weights; values that do not gain stay as they are.
  /// - Returns: the model, and the α of each value that changed.
  /// - Throws: `ModelError.notCollected` for statistics without second moments, `ModelError.wrongStatistics`.
  package func smoothed(_ statistics: ModelStatistics, alpha: Double?) throws -> (model: Model, alphas: [String: Double]) {
    guard statistics.modelDigest == digest else { throw ModelError.wrongStatistics }
    guard statistics.hasMoments else { throw ModelError.notCollected(what: "second moments", collect: "second_moments") }
    var program = contents.program.namingInlineTensors()
    guard let index = program.functions.firstIndex(where: { $0.name == interface.name }) else { return (self, [:]) }
    var smoothing = Smoothing(program.functions[index])
    for value in smoothing.values {
      guard let entry = statistics.entries[value], let channels = entry.channels.first, let moments = entry.moments.first else { continue }
      smoothing.smooth(value, channels, moments, alpha: alpha)
    }
    guard !smoothing.alphas.isEmpty else { return (self, [:]) }
    program.functions[index] = smoothing.finished
    let words = "equalize{ method = \"smooth\", alpha = \(alpha.map { "\($0)" } ?? "\"search\"") } -- \(smoothing.alphas.count) values"
    return (try edited(program, words: words), smoothing.alphas)
  }
}

/// The smoothing of one function.
private struct Smoothing {
  private(set) var function: Function
  private(set) var alphas: [String: Double] = [:]
  /// The values that linear layers read, in the order of the program.
  let values: [String]
  /// The positions of the layers that read a value as x.
  private let layers: [String: [Int]]
  private let known: FunctionValues
  private var names: FreshNames
  /// Operations to insert, by the position before which they are.
  private var inserted: [Int: [MIL.Operation]] = [:]

  init(_ function: Function) {
    self.function = function
    known = FunctionValues(function)
    names = FreshNames(function)
    var layers: [String: [Int]] = [:]
    var values: [String] = []
    for (position, operation) in function.block.operations.enumerated() {
      guard operation.type == "linear", let x = operation.bindings("x")?.first?.name else { continue }
      if layers[x] == nil { values.append(x) }
      layers[x, default: []].append(position)
    }
    (self.layers, self.values) = (layers, values)
  }

  mutating func smooth(_ value: String, _ channels: ChannelStatistics, _ moments: SecondMoments, alpha: Double?) {
    guard let readers = layers[value] else { return }
    var weights: [(name: String, tensor: Tensor)] = []
    for position in readers {
      // The weight must be plain, and read by this layer alone.
      guard let found = known.own(function.block.operations[position].bindings("weight")?.first?.name), found.tensor.rank == 2,
        found.tensor.shape[1] == channels.size
      else { return }
      weights.append(found)
    }
    let matrices = weights.map { WeightMatrix(rows: $0.tensor.shape[0], columns: $0.tensor.shape[1], values: $0.tensor.floats()) }
    let peaks = channels.peaks.map { max(Double($0), 1e-5) }
    let largest = (0..<channels.size).map { j in
      matrices.reduce(1e-5) { most, matrix in
        (0..<matrix.rows).reduce(most) { max($0, Double(abs(matrix.values[$1 * matrix.columns + j]))) }
      }
    }
    func factors(_ alpha: Double) -> [Double] {
      let raw = zip(peaks, largest).map { pow($0, alpha) / pow($1, 1 - alpha) }
      // The magnitude as a whole has no effect; near 1 neither side overflows.
      let middle = exp(raw.reduce(0) { $0 + log($1) } / Double(max(raw.count, 1)))
      return raw.map { min(max($0 / middle, 1e-3), 1e3) }
    }
    let chosen: Double
    if let alpha {
      chosen = alpha
    } else {
      let squares = moments.diagonal
      let plain = Self.error(matrices, peaks, squares, [Double](repeating: 1, count: channels.size))
      let found = stride(from: 0.5, through: 1.001, by: 0.05).map { ($0, Self.error(matrices, peaks, squares, factors($0))) }
      guard let best = found.min(by: { $0.1 < $1.1 }), best.1 < plain else { return }
      chosen = (best.0 * 100).rounded() / 100
    }
    apply(factors(chosen).map { Float($0) }, value, readers, weights)
    alphas[value] = chosen
  }

  /// The error of the outputs that 8-bit codes of x / s and of W · s cause, if rounding errors are uniform and independent.
  private static func error(_ matrices: [WeightMatrix], _ peaks: [Double], _ squares: [Double], _ s: [Double]) -> Double {
    let step = 2 * zip(peaks, s).reduce(0) { max($0, $1.0 / $1.1) } / 254
    let power = zip(squares, s).reduce(0) { $0 + $1.0 / ($1.1 * $1.1) }
    var sum = 0.0
    for matrix in matrices {
      for row in 0..<matrix.rows {
        var (energy, most) = (0.0, 0.0)
        for j in 0..<matrix.columns {
          let w = Double(matrix.values[row * matrix.columns + j]) * s[j]
          energy += w * w
          most = max(most, abs(w))
        }
        sum += (energy * step * step + power * most * most / (127 * 127)) / 12
      }
    }
    return sum
  }

  private mutating func apply(_ s: [Float], _ value: String, _ readers: [Int], _ weights: [(name: String, tensor: Tensor)]) {
    for (name, tensor) in weights {
      var values = tensor.floats()
      for i in values.indices { values[i] *= s[i % s.count] }
      store(Tensor(values, shape: tensor.shape).cast(to: tensor.dtype), in: name)
    }
    if let maker = known.makers[value], fold(s, into: maker, value, readers.count) { return }
    let operations = function.block.operations
    guard
      let type = known.makers[value].map({ operations[$0].outputs.first { $0.name == value }?.type })
        ?? function.inputs.first(where: { $0.name == value })?.type, let dtype = type.tensorType?.dtype
    else { return }
    let result = names.take("\(value)_smoothed")
    let factor = Constant(Tensor(s.map { 1 / $0 }).cast(to: dtype))
    inserted[readers[0], default: []].append(
      MIL.Operation(
        type: "mul", inputs: [Argument("x", value), Argument("y", factor)], outputs: [NamedType(result, type)],
        attributes: [Attribute("name", Constant(result))]))
    for position in readers {
      guard let at = function.block.operations[position].inputs.firstIndex(where: { $0.parameter == "x" }) else { continue }
      function.block.operations[position].inputs[at] = Argument("x", result)
    }
  }

  /// Divides gamma and beta of a layer norm that nothing else reads.
  private mutating func fold(_ s: [Float], into position: Int, _ value: String, _ readers: Int) -> Bool {
    let operation = function.block.operations[position]
    guard operation.type == "layer_norm", known.uses[value] == readers, let gamma = known.own(operation.bindings("gamma")?.first?.name),
      let beta = known.own(operation.bindings("beta")?.first?.name), gamma.tensor.count == s.count, beta.tensor.count == s.count
    else { return false }
    for (name, tensor) in [gamma, beta] {
      store(Tensor(zip(tensor.floats(), s).map { $0 / $1 }, shape: tensor.shape).cast(to: tensor.dtype), in: name)
    }
    return true
  }

  private mutating func store(_ tensor: Tensor, in name: String) {
    guard let position = known.constants[name]?.position else { return }
    function.block.operations[position] = .const(name, Constant(tensor))
  }

  /// The function with all multiplications.
  var finished: Function {
    var function = function
    function.block.operations = function.block.operations.enumerated().flatMap { position, operation in
      (inserted[position] ?? []) + [operation]
    }
    return function
  }
}
