// SPDX-License-Identifier: Apache-2.0
// Which layers may have had a batch norm behind them, by their surroundings.

import MIL
import Operators
import Runtime
import Tensors

/// The convolutions and linear layers of a function's main block, and whether a norm may have been folded into them.
///
/// A folded norm leaves a bias, and stood before an activation, a residual sum or the next convolution. Layers behind a layer norm,
/// layers that compute gates, and those with an output for each token had none.
struct NormSites {
  /// A layer with constant weight and bias.
  struct Layer {
    let operation: Operation
    let weight: String
    /// Empty if the layer has no bias.
    let bias: String
    let output: NamedType
    let type: TensorType
    let channels: Int
    let axis: Int
    let groups: Int
    let isLinear: Bool
  }

  private let function: Function
  private let uses: UseMap
  private let readers: ConstantReaders

  init(_ function: Function) {
    self.function = function
    uses = UseMap(function)
    readers = ConstantReaders(function.block)
  }

  /// The operation as a layer; `nil` if it is none, or if its weight is computed.
  func layer(_ operation: Operation) -> Layer? {
    let traits = Catalog.weightTable[operation.type]
    guard let kind = traits.layer, [.convolution, .transposedConvolution, .linear].contains(kind),
      let weight = operation.bindings("weight")?.first?.name, let shape = readers.constant(operation, "weight")?.shape, shape.count >= 2,
      let output = operation.outputs.first, let type = output.type.tensorType, type.dtype.isFloat
    else { return nil }
    let groups = traits.groups.flatMap { readers.constant(operation, $0)?.integers().first } ?? 1
    let axis = (traits["weight"]?.axes ?? .outputFirst).resolved(rank: shape.count).output
    // A transposed convolution has the output channels of one group along its axis.
    let channels = kind == .transposedConvolution ? shape[axis] * groups : shape[axis]
    return Layer(
      operation: operation, weight: weight, bias: operation.bindings("bias")?.first?.name ?? "", output: output, type: type,
      channels: channels, axis: axis, groups: kind == .transposedConvolution ? groups : 1, isLinear: kind == .linear)
  }

  /// Why no norm is put behind the layer; `nil` if one is.
  func obstacle(_ layer: Layer, _ number: Int) -> String? {
    let next = consumers(of: layer.output.name)
    if next.contains(where: { Catalog.known($0) is any RunningStatistics.Type }) { return "a batch norm follows it" }
    guard !layer.bias.isEmpty, let bias = readers.constant(layer.operation, "bias"), bias.count == layer.channels else {
      return "it has no bias, which a folded norm would have left"
    }
    guard uses.uses(of: layer.weight).count == 1, uses.uses(of: layer.bias).count == 1 else {
      return "other operations read its weight, too"
    }
    guard isTrainable(layer) else { return "it has an output for each of several positions" }
    if !layer.isLinear, layer.type.dimensions.dropFirst(2).allSatisfy({ $0.size == 1 }) { return "its output has a single position" }
    if uses.uses(of: layer.output.name).contains(where: { if case .result = $0 { true } else { false } }) {
      return "its output is one of the model's"
    }
    if let norm = normBefore(layer.operation) { return "a \(norm) comes before it" }
    if isGate(layer.output.name) { return "it computes a gate" }
    guard next.contains(where: { leads($0, from: layer.output.name) }) else {
      return "no activation, residual sum or convolution reads its output"
    }
    return nil
  }

  private func isTrainable(_ layer: Layer) -> Bool { layer.isLinear ? layer.type.rank == 2 : (3...5).contains(layer.type.rank) }

  // MARK: Surroundings

  private func consumers(of name: String) -> [Operation] { uses.consumers(of: name).map { function.block[$0] } }

  private func producer(of name: String) -> Operation? { uses.producer(of: name).map { function.block[$0] } }

  /// Whether a reader of a layer's output is what stands behind a batch norm.
  private func leads(_ reader: Operation, from name: String) -> Bool {
    if Self.isActivation(reader) || Catalog.weightTable[reader.type].layer == .convolution { return true }
    if Self.families["Pooling"]?.contains(reader.type) == true, let output = reader.outputs.first?.name {
      return consumers(of: output).contains { leads($0, from: output) }
    }
    guard reader.bindings("x") != nil, reader.bindings("y") != nil, reader.type == "add" else { return false }
    let other = (reader.inputs.flatMap(\.bindings)).filter { $0.name != name }
    if other.contains(where: { !readers.isConstant($0) }) || other.isEmpty { return true }
    // x + 3 of an activation in parts: x · relu6(x + 3) / 6.
    guard let output = reader.outputs.first?.name, other.allSatisfy({ isNumber($0) }) else { return false }
    return consumers(of: output).contains(where: Self.isActivation)
  }

  private func isNumber(_ binding: Binding) -> Bool {
    switch binding {
    case .constant(let constant): constant.tensor?.count == 1
    case .name(let name): producer(of: name)?.constantValue?.tensor?.count == 1
    }
  }

  /// The operator of a norm over each sample that the layer's input comes from, directly or by movement and activations.
  private func normBefore(_ operation: Operation) -> String? {
    var name = operation.bindings("x")?.first?.name
    for _ in 0..<8 {
      guard let current = name, let maker = producer(of: current), maker.blocks.isEmpty else { return nil }
      let isBatchNorm = Catalog.known(maker) is any RunningStatistics.Type
      if Self.families["Normalization"]?.contains(maker.type) == true { return isBatchNorm ? nil : maker.type }
      guard Self.isActivation(maker) || Catalog.known(maker)?.activations.sharesRange == true else { return nil }
      name = maker.bindings("x")?.first?.name
    }
    return nil
  }

  /// Whether the value reaches the rest of the network only as a factor behind a sigmoid, as in squeeze-and-excitation.
  private func isGate(_ name: String) -> Bool {
    var name = name
    var (isBounded, isShifted) = (false, false)
    for _ in 0..<8 {
      let next = consumers(of: name)
      if isBounded, next.contains(where: { $0.type == "mul" && !hasConstant($0) }) { return true }
      guard next.count == 1, let output = next[0].outputs.first?.name, next[0].blocks.isEmpty else { return false }
      // In parts, relu6(x + 3) / 6.
      if ["sigmoid", "sigmoid_hard"].contains(next[0].type) || (isShifted && Self.isActivation(next[0])) { isBounded = true }
      isShifted = next[0].type == "add" && hasConstant(next[0])
      name = output
    }
    return false
  }

  private func hasConstant(_ operation: Operation) -> Bool { operation.inputs.flatMap(\.bindings).contains(where: readers.isConstant) }

  /// Whether the operation is an activation. Clips are written for relu6, and tanh is in the family of functions of one number.
  private static func isActivation(_ operation: Operation) -> Bool {
    if Catalog.known(operation)?.activations.isSoftmax == true { return false }
    return families["Activations"]?.contains(operation.type) == true || ["tanh", "clip"].contains(operation.type)
  }

  private static let families = Dictionary(
    Catalog.families.map { ($0.name, Set($0.operators.map { $0.signature.name })) }, uniquingKeysWith: { a, _ in a })
}
