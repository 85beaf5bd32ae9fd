// SPDX-License-Identifier: Apache-2.0
// What a program's operations are: operators, operands, constants, weights, costs.

import MIL
import Operators
import Tensors
import WeightStorage

/// An operation of a program as a person looks at it. Constants and stored weights are not listed themselves, but as
/// operands.
package struct OperationFacts: Sendable {
  package let function: String
  package let operation: Operation
  /// The names bound to each parameter that is not an inline constant, in the order of the program.
  package let inputs: [(parameter: String, names: [String])]
  /// The values of parameters that are known constants and no weights.
  package let constants: [String: Constant]
  /// The names of the weights bound to parameters.
  package let weights: [String: String]
  /// Floating-point operations of one run, of a single sample where the first axis of the inputs is open; `nil` where other extents
  /// are not known.
  package let flops: Int?
  /// Nesting depth: 0 in the function's own block.
  package let depth: Int
}

extension Program {
  /// All operations but constants, in program order; operations of nested blocks follow the one that contains them.
  ///
  /// - Parameter name: the function; `nil` for all.
  /// - Throws: `WeightStorageError` if a weight's stored parts are inconsistent.
  package func operationFacts(of name: String? = nil) throws -> [OperationFacts] {
    let program = namingInlineTensors()
    let sites = try program.weightSites(Catalog.weightTable)
    var facts: [OperationFacts] = []
    for (index, function) in program.functions.enumerated() where name == nil || function.name == name {
      let names = Dictionary(
        sites.filter { $0.function == index }.map { ($0.valueName, $0.name) }, uniquingKeysWith: { first, _ in first })
      var collector = FactCollector(function: function.name, opset: Opset(name: function.opset) ?? .iOS18, weights: names)
      for input in function.inputs { collector.types[input.name] = input.type }
      // A batch of any size: the shapes of one sample.
      if let sample = function.ofOneSample { collector.sampleTypes = sample.valueTypes }
      collector.collect(function.block, depth: 0)
      facts += collector.facts
    }
    return facts
  }
}

private struct FactCollector {
  let function: String
  let opset: Opset
  /// Names of weights by those of their values.
  let weights: [String: String]
  var types: [String: ValueType] = [:]
  /// The types of values for a batch of one, if the batch axis is open.
  var sampleTypes: [String: ValueType] = [:]
  var constants: [String: Constant] = [:]
  var facts: [OperationFacts] = []

  mutating func collect(_ block: Block, depth: Int) {
    for input in block.inputs { types[input.name] = input.type }
    for operation in block.operations {
      for output in operation.outputs { types[output.name] = output.type }
      if let value = operation.constantValue, let name = operation.outputs.first?.name, weights[name] == nil { constants[name] = value }
      guard !operation.isStored else { continue }
      facts.append(describe(operation, depth))
      for inner in operation.blocks { collect(inner, depth: depth + 1) }
    }
  }

  private func describe(_ operation: Operation, _ depth: Int) -> OperationFacts {
    var inputs: [(parameter: String, names: [String])] = []
    var known: [String: Constant] = [:]
    var own: [String: String] = [:]
    for argument in operation.inputs {
      let names = argument.bindings.compactMap(\.name)
      if !names.isEmpty { inputs.append((argument.parameter, names)) }
      guard argument.bindings.count == 1 else { continue }
      switch argument.bindings[0] {
      case .constant(let constant): known[argument.parameter] = constant
      case .name(let name):
        if let constant = constants[name] { known[argument.parameter] = constant }
        if let weight = weights[name] { own[argument.parameter] = weight }
      }
    }
    for attribute in operation.attributes where attribute.name != "name" { known[attribute.name] = attribute.value }
    return OperationFacts(
      function: function, operation: operation, inputs: inputs, constants: known, weights: own, flops: flops(operation), depth: depth)
  }

  private func flops(_ operation: Operation) -> Int? {
    let shapes = operation.outputs.compactMap { (sampleTypes[$0.name] ?? $0.type).tensorType?.shape }
    guard shapes.count == operation.outputs.count, operation.blocks.isEmpty, let op = Catalog.known(operation) else { return nil }
    let call = try? Call(operation, opset: opset) { name in
      (sampleTypes[name] ?? types[name]).map { Operand(name: name, type: $0, constant: constants[name]) }
    }
    guard let call, call.operands.values.joined().allSatisfy({ $0.type.tensorType?.shape != nil }) else { return nil }
    return op.flops(call, outputs: shapes)
  }
}

extension Function {
  /// The function for a batch of one, if the first axis of inputs is their only open one; otherwise `nil`.
  fileprivate var ofOneSample: Function? {
    var types: [String: ValueType] = [:]
    for input in inputs {
      guard var type = input.type.tensorType, type.shape == nil else { continue }
      guard type.rank > 0, type.dimensions[0] == .any, type.dimensions.dropFirst().allSatisfy({ $0.size != nil }) else { return nil }
      type.dimensions[0] = .fixed(1)
      types[input.name] = .tensor(type)
    }
    return types.isEmpty ? nil : try? inferringTypes(types)
  }
}
