// SPDX-License-Identifier: Apache-2.0
// Cross-layer equalization (Nagel et al. 2019): the channels between two layers get similar ranges, without data.

import MIL
import ModelPackages
import Operators
import Tensors
import WeightStorage

extension Model {
  /// The same function with weights of adjacent layers whose channels have similar ranges.
  ///
  /// Between two convolutions or linear layers with only relu, leaky_relu, poolings or identity in between, channel i of the
  /// first is divided by s = sqrt(max|W₁ᵢ| / max|W₂ᵢ|), and what the second multiplies it with is multiplied by s.
  ///
  /// - Returns: the model and the number of pairs of layers.
  package func equalized() throws -> (model: Model, pairs: Int) {
    var program = contents.program.namingInlineTensors()
    guard let index = program.functions.firstIndex(where: { $0.name == interface.name }) else { return (self, 0) }
    var equalization = Equalization(program.functions[index])
    let pairs = equalization.run()
    guard pairs > 0 else { return (self, 0) }
    program.functions[index] = equalization.function
    return (try edited(program, words: "equalize{ method = \"cross_layer\" } -- \(pairs) pairs of layers"), pairs)
  }
}

private struct Equalization {
  private(set) var function: Function
  private let values: FunctionValues
  /// Constants that have changed.
  private var changed: [String: Tensor] = [:]

  /// Operators that commute with positive factors of channels.
  private static let homogeneous: Set<String> = ["relu", "leaky_relu", "max_pool", "avg_pool", "identity"]

  init(_ function: Function) {
    self.function = function
    values = FunctionValues(function)
  }

  private struct Layer {
    let weight: String
    let bias: String?
  }

  /// Equalizes all pairs, from the first layer to the last, twice: a layer in the middle belongs to two pairs.
  mutating func run() -> Int {
    let pairs = function.block.operations.indices.compactMap { first in second(after: first).map { (first, $0) } }
    for _ in 0..<2 { for (first, second) in pairs { equalize(first, second) } }
    for (name, tensor) in changed {
      guard let position = values.constants[name]?.position else { continue }
      function.block.operations[position] = .const(name, Constant(tensor))
    }
    return pairs.count
  }

  private func layer(_ position: Int, isSecond: Bool) -> Layer? {
    let operation = function.block.operations[position]
    guard operation.type == "conv" || operation.type == "linear", let weight = values.own(operation.bindings("weight")?.first?.name),
      weight.tensor.rank >= 2
    else { return nil }
    if isSecond, operation.type == "conv", groups(operation) != 1 { return nil }
    let bias = operation.bindings("bias")?.first?.name
    if !isSecond, bias != nil, values.own(bias) == nil { return nil }
    return Layer(weight: weight.name, bias: bias)
  }

  private func groups(_ operation: Operation) -> Int {
    switch operation.bindings("groups")?.first {
    case .constant(let constant): constant.tensor?.integers().first ?? 1
    case .name(let name): values.constants[name]?.tensor.integers().first ?? 0
    case nil: 1
    }
  }

  /// The layer that alone reads the output of a layer, with homogeneous operators in between.
  private func second(after first: Int) -> Int? {
    guard let start = layer(first, isSecond: false) else { return nil }
    let kind = function.block.operations[first].type
    var value = function.block.operations[first].outputs[0].name
    while values.uses[value] == 1, let next = values.readers[value]?.first {
      let operation = function.block.operations[next]
      guard operation.bindings("x")?.first?.name == value, let output = operation.outputs.first?.name else { return nil }
      if Self.homogeneous.contains(operation.type) {
        value = output
        continue
      }
      // Channels of a convolution are those of the next one; features of a linear layer those of the next one.
      guard operation.type == kind, let end = layer(next, isSecond: true), let inner = tensor(end.weight),
        let outer = tensor(start.weight), inner.shape[1] == outer.shape[0]
      else { return nil }
      return next
    }
    return nil
  }

  private func tensor(_ name: String) -> Tensor? { changed[name] ?? values.constants[name]?.tensor }

  private mutating func equalize(_ first: Int, _ second: Int) {
    guard let start = layer(first, isSecond: false), let end = layer(second, isSecond: true), let outer = tensor(start.weight),
      let inner = tensor(end.weight)
    else { return }
    let channels = outer.shape[0]
    var (a, b) = (outer.floats(), inner.floats())
    let (rowSize, window) = (a.count / max(channels, 1), b.count / max(inner.shape[0] * channels, 1))
    var factors = [Float](repeating: 1, count: channels)
    for i in 0..<channels {
      let most = a[i * rowSize..<(i + 1) * rowSize].reduce(0) { max($0, abs($1)) }
      var next: Float = 0
      for o in 0..<inner.shape[0] {
        for k in 0..<window { next = max(next, abs(b[(o * channels + i) * window + k])) }
      }
      guard most > 0, next > 0 else { continue }
      factors[i] = min(max((most / next).squareRoot(), 1e-3), 1e3)
      for k in i * rowSize..<(i + 1) * rowSize { a[k] /= factors[i] }
      for o in 0..<inner.shape[0] { for k in 0..<window { b[(o * channels + i) * window + k] *= factors[i] } }
    }
    changed[start.weight] = Tensor(a, shape: outer.shape).cast(to: outer.dtype)
    changed[end.weight] = Tensor(b, shape: inner.shape).cast(to: inner.dtype)
    if let name = start.bias, let bias = tensor(name), bias.count == channels {
      changed[name] = Tensor(zip(bias.floats(), factors).map { $0 / $1 }, shape: bias.shape).cast(to: bias.dtype)
    }
  }
}
