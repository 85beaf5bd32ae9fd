// SPDX-License-Identifier: Apache-2.0
// A program without some of its channels.

import Algebra
import MIL
import Operators
import ProgramEdits
import Tensors

/// What a function lost.
package struct SlimmedFunction: Sendable {
  package let function: Function
  /// The shapes of named constants before and after, for those that changed.
  package let changes: [String: (before: Shape, after: Shape)]
  /// Removed and all removable channels.
  package let removed: Int
  package let removable: Int
}

extension Function {
  /// The values whose mean squares score the channels, with the axis of the channels.
  ///
  /// - Throws: `AlgebraError`, `OperatorError`.
  package func slimmingInputs() throws -> [(value: String, axis: Int)] {
    var seen: Set<String> = []
    return try ChannelGraph(self).consumers.compactMap { member in
      member.input.flatMap { seen.insert("\($0.name) \($0.axis)").inserted ? (value: $0.name, axis: $0.axis) : nil }
    }
  }

  /// The function without its least important channels: weights, biases and norms of what produced them and the weights of what
  /// read them are cut; inputs and outputs keep their shapes.
  ///
  /// - Parameter activations: the moments of the channels of a value along an axis; `nil` scores channels by their weights. With them,
  ///   the mean of what is removed is added to the biases of the operations that read it.
  /// - Throws: `AlgebraError`; `OperatorError` if the cut function does not match its operators' signatures.
  package func slimmed(
    _ options: SlimmingOptions, activations: ((_ value: String, _ axis: Int) -> ChannelMoments?)? = nil
  ) throws -> SlimmedFunction {
    let graph = try ChannelGraph(self)
    let removable = graph.groups(including: options.includesShared).reduce(0) { $0 + $1.classes.count }
    let removed = graph.removed(options, try graph.scores(activations))
    guard !removed.isEmpty else { return SlimmedFunction(function: self, changes: [:], removed: 0, removable: removable) }
    func kept(_ channels: [Int]) -> [Int] { channels.indices.filter { !removed.contains(graph.root(channels[$0])) } }

    var function = self
    let opset = Opset(name: self.opset) ?? .iOS15
    var changes: [String: (before: Shape, after: Shape)] = [:]
    let positions = Dictionary(
      block.operations.enumerated().compactMap { index, operation in operation.outputs.first.map { ($0.name, index) } },
      uniquingKeysWith: { first, _ in first })
    let biases = try activations.map { try graph.biases(without: removed, $0, in: &function) } ?? [:]
    for place in Set(graph.cuts.keys).union(biases.keys) {
      guard let tensor = graph.tensor(place) ?? biases[place] else { continue }
      var cut = biases[place] ?? tensor
      var axes = graph.cuts[place] ?? [:]
      if case .inline(let operation, "bias") = place, axes.isEmpty, let channels = graph.outputChannels(operation) { axes[0] = channels }
      for (axis, channels) in axes {
        let kept = kept(channels)
        if kept.count < channels.count { cut = try cut.taken(kept, shape: [kept.count], axis, for: "slim") }
      }
      guard cut.shape != tensor.shape || biases[place] != nil else { continue }
      let constant = Constant(cut, opset: opset)
      switch place {
      case .named(let name):
        guard let index = positions[name] else { continue }
        if cut.shape != tensor.shape { changes[name] = (tensor.shape, cut.shape) }
        let old = block.operations[index]
        var new = Operation.const(name, constant)
        new.attributes = old.attributes.map { $0.name == "val" ? Attribute("val", constant) : $0 }
        function.block.operations[index] = new
      case .inline(let operation, let parameter):
        function.block.operations[operation].bind(parameter, to: constant)
      }
    }
    for (operation, channels) in graph.groups where kept(channels).count < channels.count {
      function.block.operations[operation].bind("groups", to: .int32(kept(channels).count))
    }
    for (operation, axes) in graph.reshapes {
      guard let given = graph.integers(block.operations[operation], operation, "shape"), given.count == axes.count else { continue }
      let shape = zip(given, axes).map { extent, axis in
        guard let axis, extent > 0 else { return extent }
        return kept(axis).count
      }
      if shape != given { function.block.operations[operation].bind("shape", to: .int32s(shape)) }
    }
    for index in function.block.operations.indices where !function.block.operations[index].isStored {
      for number in function.block.operations[index].outputs.indices {
        let output = function.block.operations[index].outputs[number]
        guard var type = output.type.tensorType else { continue }
        for (axis, channels) in graph.axes(of: output.name).enumerated() {
          if let channels, axis < type.rank { type.dimensions[axis] = .fixed(kept(channels).count) }
        }
        function.block.operations[index].outputs[number].type = .tensor(type)
      }
    }
    function.block = function.block.removingDeadCode()
    let typed = try function.inferringTypes()
    for name in block.outputs where typed.valueTypes[name]?.tensorType?.dimensions != valueTypes[name]?.tensorType?.dimensions {
      throw AlgebraError.argument(function: "slim", problem: "the output '\(name)' would change its shape")
    }
    return SlimmedFunction(function: typed, changes: changes, removed: removed.count, removable: removable)
  }
}

extension Operation {
  fileprivate mutating func bind(_ parameter: String, to constant: Constant) {
    guard let index = inputs.firstIndex(where: { $0.parameter == parameter }) else { return }
    inputs[index].bindings = [.constant(constant)]
  }
}
