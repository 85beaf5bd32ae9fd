// SPDX-License-Identifier: Apache-2.0
// Cuts a part out of a program: from given values to given values.

import MIL
import Operators
import Tensors

extension Function {
  /// The function that computes `outputs` from `inputs`.
  ///
  /// Operations that update a state which the part reads stay, if what they read is part of it.
  ///
  /// - Parameters:
  ///   - outputs: names of values of the function's own block, of inputs of the function not.
  ///   - inputs: names of values that are given instead of computed; `nil` for those inputs of the function that the
  ///     outputs depend on.
  /// - Throws: `ProgramEditError` for names that are no such values, and for inputs that are missing or not needed.
  package func extracting(outputs: [String], inputs: [String]? = nil) throws -> Function {
    let producers = Dictionary(
      block.operations.enumerated().flatMap { index, operation in operation.outputs.map { ($0.name, index) } },
      uniquingKeysWith: { first, _ in first })
    let types = valueTypes
    guard !outputs.isEmpty else { throw ProgramEditError.cut(problem: "a part needs at least one output") }
    for name in outputs where producers[name] == nil {
      throw ProgramEditError.unknown(what: "value", name: name, known: producers.keys.sorted())
    }
    for name in inputs ?? [] where types[name] == nil {
      throw ProgramEditError.unknown(what: "value", name: name, known: types.keys.sorted())
    }
    if let name = Self.repeated(outputs) ?? Self.repeated(inputs ?? []) { throw ProgramEditError.taken(name: name, by: "the same value") }
    let slice = try slice(to: outputs, from: inputs, producers)
    var part = self
    part.specializations = [Specialization(opset: opset, block: block)]
    part.block.operations = slice.operations.sorted().map { block.operations[$0] }
    part.block.outputs = outputs
    let states = self.inputs.filter { if case .state = $0.type { slice.inputs.contains($0.name) } else { false } }
    let order = inputs ?? self.inputs.map(\.name).filter { slice.inputs.contains($0) }
    part.inputs = order.compactMap { name in types[name].map { NamedType(name, $0) } }
    part.inputs += states.filter { state in !order.contains(state.name) }
    for input in part.inputs { try Self.check(input.name, input.type, "an input") }
    for name in outputs { if let type = types[name] { try Self.check(name, type, "an output") } }
    return part
  }

  /// The types of the function's inputs and of all values of its own block.
  package var valueTypes: [String: ValueType] {
    var types = Dictionary(inputs.map { ($0.name, $0.type) }, uniquingKeysWith: { first, _ in first })
    for operation in block.operations {
      for output in operation.outputs { types[output.name] = output.type }
    }
    return types
  }

  private static func repeated(_ names: [String]) -> String? {
    var seen: Set<String> = []
    return names.first { !seen.insert($0).inserted }
  }

  private static func check(_ name: String, _ type: ValueType, _ what: String) throws {
    switch type {
    case .state, .dictionary: return
    case .tensor(let tensor) where tensor.dtype != .bool: return
    default: throw ProgramEditError.inexpressible(name: name, type: "\(type)", what: what)
    }
  }

  // MARK: Slices

  /// Indices of operations, and the names of the inputs that they read.
  private struct Slice {
    var operations: Set<Int> = []
    var inputs: Set<String> = []
  }

  private func slice(to outputs: [String], from given: [String]?, _ producers: [String: Int]) throws -> Slice {
    let ends = Set(given ?? [])
    let own = Set(inputs.map(\.name))
    let states = Set(inputs.filter { if case .state = $0.type { true } else { false } }.map(\.name))
    var slice = Slice()
    func add(_ names: [String], for output: String) throws {
      var open = names
      while let name = open.popLast() {
        if ends.contains(name) {
          slice.inputs.insert(name)
        } else if let index = producers[name] {
          guard slice.operations.insert(index).inserted else { continue }
          var reads: Set<String> = []
          block.operations[index].collectReads(&reads)
          open += reads.sorted()
        } else if own.contains(name) {
          guard given == nil || states.contains(name) else { throw ProgramEditError.missingInput(name: name, output: output) }
          slice.inputs.insert(name)
        }
      }
    }
    for output in outputs {
      guard !ends.contains(output) else { throw ProgramEditError.taken(name: output, by: "an input of the part") }
      try add([output], for: output)
    }
    // Updates of the states that the part has, in the order of the program.
    var isGrowing = true
    while isGrowing {
      isGrowing = false
      for (index, operation) in block.operations.enumerated() where !slice.operations.contains(index) && operation.hasEffect {
        var reads: Set<String> = []
        operation.collectReads(&reads)
        guard !reads.isDisjoint(with: states.intersection(slice.inputs)) else { continue }
        isGrowing = true
        try add(operation.outputs.map(\.name) + reads.sorted(), for: operation.name)
        slice.operations.insert(index)
      }
    }
    if let unused = given?.first(where: { !slice.inputs.contains($0) }) { throw ProgramEditError.unusedInput(name: unused) }
    return slice
  }
}
