// SPDX-License-Identifier: Apache-2.0
// Changes what a function takes and returns: element types, images with scale and bias, ranges of shapes.

import MIL
import Operators
import Tensors

/// What an input or output becomes.
package struct InterfaceChange: Sendable {
  /// The new element type; `nil` keeps it.
  package var dtype: DType?
  /// Pixels become `scale · pixel + bias`; one number, or one for each channel.
  package var scale: [Double]?
  package var bias: [Double]?
  /// The new dimensions of an input; `nil` keeps them.
  package var dimensions: [Dimension]?

  package init(dtype: DType? = nil, scale: [Double]? = nil, bias: [Double]? = nil, dimensions: [Dimension]? = nil) {
    self.dtype = dtype
    self.scale = scale
    self.bias = bias
    self.dimensions = dimensions
  }
}

extension Function {
  /// The function with other types of inputs and outputs: values are cast and scaled between them and the operations, which
  /// stay as they are.
  ///
  /// - Throws: `ProgramEditError.interface` for a change that the value's type does not permit; `OperatorError` where a new
  ///   shape does not fit the operations.
  package func changingInterface(inputs: [String: InterfaceChange], outputs: [String: InterfaceChange]) throws -> Function {
    var function = self
    for (name, change) in inputs.sorted(by: { $0.key < $1.key }) { try function.change(input: name, change) }
    for (name, change) in outputs.sorted(by: { $0.key < $1.key }) { try function.change(output: name, change) }
    // Types behind an input whose shape changed follow from it.
    let isReshaped = inputs.values.contains { $0.dimensions != nil }
    return isReshaped
      ? try function.inferringTypes(Dictionary(function.inputs.map { ($0.name, $0.type) }, uniquingKeysWith: { a, _ in a })) : function
  }

  private mutating func change(input name: String, _ change: InterfaceChange) throws {
    guard let at = inputs.firstIndex(where: { $0.name == name }) else {
      throw ProgramEditError.unknown(what: "input", name: name, known: inputs.map(\.name))
    }
    guard case .tensor(var type) = inputs[at].type else {
      throw ProgramEditError.interface(name: name, problem: "it is \(inputs[at].type), not a tensor")
    }
    if let dimensions = change.dimensions {
      guard dimensions.count == type.rank else {
        throw ProgramEditError.interface(name: name, problem: "its shape has \(type.rank) axes, \(dimensions.count) are given")
      }
      type.dimensions = dimensions
      inputs[at].type = .tensor(type)
    }
    let old = type.dtype
    let dtype = change.dtype ?? old
    guard dtype != old || change.scale != nil || change.bias != nil else { return }
    guard change.scale == nil && change.bias == nil || old.isFloat else {
      throw ProgramEditError.interface(name: name, problem: "it is \(old), and scale and bias need floats")
    }
    var names = FreshNames(self)
    let inner = names.take("\(name)_\(old.name)")
    type.dtype = dtype
    var chain = Chain(value: name, type: type, names: names)
    if dtype != old { chain.cast(to: old) }
    try chain.scale(change.scale, change.bias, of: name)
    chain.finish(as: inner)
    block = block.renaming([name: inner])
    block.inputs = block.inputs.map { NamedType($0.name == inner ? name : $0.name, $0.type) }
    block.operations = chain.operations + block.operations
    inputs[at].type = .tensor(type)
  }

  private mutating func change(output name: String, _ change: InterfaceChange) throws {
    guard block.outputs.contains(name) else {
      throw ProgramEditError.unknown(what: "output", name: name, known: block.outputs)
    }
    guard change.dimensions == nil else {
      throw ProgramEditError.interface(name: name, problem: "the shape of an output follows from the inputs")
    }
    guard case .tensor(let type)? = valueTypes[name] else {
      throw ProgramEditError.interface(name: name, problem: "it is no tensor")
    }
    let dtype = change.dtype ?? type.dtype
    guard dtype != type.dtype || change.scale != nil || change.bias != nil else { return }
    guard !inputs.contains(where: { $0.name == name }) else {
      throw ProgramEditError.interface(name: name, problem: "it is an input as well as an output")
    }
    var names = FreshNames(self)
    let inner = names.take("\(name)_\(type.dtype.name)")
    var chain = Chain(value: inner, type: type, names: names)
    try chain.scale(change.scale, change.bias, of: name)
    if dtype != type.dtype { chain.cast(to: dtype) }
    chain.finish(as: name)
    let outputs = block.outputs
    block = block.renaming([name: inner])
    block.outputs = outputs
    block.operations += chain.operations
  }
}

/// Operations from one value to another, each on the result of the one before.
private struct Chain {
  private(set) var operations: [Operation] = []
  private var value: String
  private var type: TensorType
  private var names: FreshNames

  init(value: String, type: TensorType, names: FreshNames) {
    self.value = value
    self.type = type
    self.names = names
  }

  mutating func cast(to dtype: DType) {
    append("cast", [Argument("dtype", Constant(dtype.name))], dtype)
  }

  /// Multiplies and adds numbers, one for all channels or one for each.
  mutating func scale(_ scale: [Double]?, _ bias: [Double]?, of name: String) throws {
    for (type, factors) in [("mul", scale), ("add", bias)] {
      guard let factors else { continue }
      guard factors.count == 1 || self.type.rank >= 3 && self.type.dimensions[self.type.rank - 3].size == factors.count else {
        throw ProgramEditError.interface(name: name, problem: "\(factors.count) numbers for scale or bias, expected one, or one a channel")
      }
      let shape: Shape = factors.count == 1 ? [] : [factors.count, 1, 1]
      let tensor: Tensor
      do { tensor = try Tensor(factors, shape: shape).converted(to: self.type.dtype) } catch {
        throw ProgramEditError.interface(name: name, problem: "scale and bias: \(error)")
      }
      append(type, [Argument("y", Constant(tensor))], self.type.dtype)
    }
  }

  /// Gives the last value its name.
  mutating func finish(as name: String) {
    guard var last = operations.popLast() else { return }
    last.outputs[0].name = name
    last.attributes = [Attribute("name", Constant(name))]
    operations.append(last)
  }

  private mutating func append(_ operator: String, _ more: [Argument], _ dtype: DType) {
    type.dtype = dtype
    let name = names.take("\(value)_\(`operator`)")
    operations.append(
      Operation(
        type: `operator`, inputs: [Argument("x", value)] + more, outputs: [NamedType(name, .tensor(type))],
        attributes: [Attribute("name", Constant(name))]))
    value = name
  }
}
