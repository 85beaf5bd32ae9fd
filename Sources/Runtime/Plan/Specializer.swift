// SPDX-License-Identifier: Apache-2.0
// Converts a block to a graph for fixed input shapes: infers types and folds constants.

import Encodings
import MIL
import Operators
import Tensors

/// Operations with named inputs and outputs, and constants of enclosing blocks.
///
/// It represents a function's block, a branch, a loop body, or the rest of a block after an operation whose output
/// shape depends on values.
struct Routine {
  var inputs: [NamedType]
  var operations: [Operation]
  var outputs: [String]
  /// Values of enclosing blocks that do not change between runs.
  var constants: [String: Operand]
  let opset: Opset
}

/// A graph, and the operation at which it stops if the shape of its output depends on values.
struct SpecializedGraph {
  var graph: Graph
  /// Graph values by name, for outputs and continuations.
  var named: [String: Int]
  /// Values that are constant.
  var scope: Scope
  /// The index of the operation at which to continue after the preceding values are known.
  var stop: Int?
}

extension Routine {
  /// Names that are only read by operators that accept weights in stored form.
  fileprivate func encodableWeights() -> Set<String> {
    var candidates = Set<String>()
    var others = Set(outputs)
    for operation in operations {
      for input in operation.inputs {
        let names = input.bindings.compactMap(\.name)
        // Only evaluated for a few operations, since casts to a protocol are slow the first time.
        let isWeight = input.parameter == "weight" || input.parameter == "x" && operation.type == "gather"
        let isRead = isWeight && (try? Catalog.find(operation)) is any StoredWeights.Type
        if isRead { candidates.formUnion(names) } else { others.formUnion(names) }
      }
      for block in operation.blocks {
        others.formUnion(block.outputs)
        for nested in block.operations { others.formUnion(nested.namesRead) }
      }
    }
    return candidates.subtracting(others)
  }
}

/// Builds the graph of a routine.
struct Specializer {
  private let routine: Routine
  private let runtime: RunContext
  private var scope: Scope
  private var graph = Graph()
  private var named: [String: Int] = [:]
  /// Values that may remain encoded, since only operators that accept weights in stored form read them.
  private let encodable: Set<String>
  /// The states read or written so far.
  private var states: [GraphState] = []
  /// Whether states are values of the graph. Nested blocks access them while the graph runs, so then each access is a copy.
  private let statesAreValues: Bool

  /// - Parameters:
  ///   - types: the type of each input of the routine, with known shapes.
  ///   - values: inputs to treat as constants.
  static func specialize(
    _ routine: Routine, types: [TensorType?], values: [String: Tensor], runtime: RunContext
  ) throws -> SpecializedGraph {
    var s = Specializer(routine, runtime)
    return try s.run(types, values)
  }

  private init(_ routine: Routine, _ runtime: RunContext) {
    self.routine = routine
    self.runtime = runtime
    scope = Scope(routine.constants)
    statesAreValues = routine.operations.allSatisfy(\.blocks.isEmpty)
    encodable = runtime.options.precision == .float32 ? routine.encodableWeights() : []
  }

  private mutating func run(_ types: [TensorType?], _ values: [String: Tensor]) throws -> SpecializedGraph {
    for (input, type) in zip(routine.inputs, types) {
      if let value = values[input.name], let type {
        // Fed in the computed type; declared type restored, so that inference sees the program's dtype.
        scope.bind(input.name, input.type.kept(in: type), Constant(value.cast(to: type.dtype)))
      } else if let type, let shape = type.shape {
        let v = graph.add(input.name, type.dtype, shape)
        graph.inputs.append(v)
        named[input.name] = v
        scope.bind(input.name, input.type.kept(in: type))
      } else {
        scope.bind(input.name, input.type)
      }
    }
    var stop: Int?
    for (index, operation) in routine.operations.enumerated() {
      if runtime.isCancelled() { throw RuntimeError.interrupted }
      guard try add(operation) else {
        stop = index
        break
      }
    }
    graph.states = states
    return SpecializedGraph(graph: graph, named: named, scope: scope, stop: stop)
  }

  /// Adds an operation, or returns false if its output shapes are not known yet.
  private mutating func add(_ operation: Operation) throws -> Bool {
    if let value = operation.constantValue, let output = operation.outputs.first {
      scope.bind(output.name, value.type, value)
      return true
    }
    let call = try Call(operation, opset: routine.opset) { scope[$0] }
    // Kernels rely on the dtypes: an incorrect one would cause reads out of bounds.
    try call.check()
    let op = try Catalog.find(operation)
    switch op.execution {
    case .kernel: return try addOperator(op, call)
    case .branch, .loop: return try addControl(op.execution, call)
    case .readsState(let state): return try addReadState(call, state)
    case .writesState(let state, let value): return try addWriteState(call, state, value)
    case .label:
      for output in operation.outputs { scope.bind(output.name, output.type) }
      return true
    }
  }

  private mutating func addOperator(_ op: any Operator.Type, _ call: Call) throws -> Bool {
    if let output = call.operation.outputs.first, encodable.contains(output.name), let weight = try call.encodedWeight() {
      scope.bind(output.name, .tensor(TensorType(weight.dtype, weight.shape)), encoded: weight)
      return true
    }
    let call = try call.decodingWeights(op, runtime)
    switch try call.inferred(op, runtime) {
    case .constants(let values): try bindConstants(call, values, encoded: call.isConstant ? try call.encodedWeight() : nil)
    case .types(let types): try addNode(.operator(op), call, types)
    case .unknown: return false
    }
    return true
  }

  private mutating func bindConstants(_ call: Call, _ values: [Tensor], encoded: EncodedWeight? = nil) throws {
    for (output, tensor) in zip(call.operation.outputs, values) {
      let type = try call.type(of: output, keptIn: TensorType(tensor.dtype, tensor.shape))
      scope.bind(output.name, type, Constant(tensor), encoded: encoded)
    }
  }

  private mutating func addNode(_ work: GraphNode.Work, _ call: Call, _ types: [TensorType]) throws {
    var inputs = ByParameter<[Int]>()
    for (parameter, operands) in call.operands {
      let values = try operands.compactMap { try value($0, call) }
      if !values.isEmpty { inputs[parameter] = values }
    }
    var outputs: [Int] = []
    for (output, type) in zip(call.operation.outputs, types) {
      guard let shape = type.shape else { throw call.error("the shape of \(output.name) is not known") }
      let v = graph.add(output.name, type.dtype, shape)
      named[output.name] = v
      scope.bind(output.name, try call.type(of: output, keptIn: type))
      outputs.append(v)
    }
    graph.nodes.append(GraphNode(work: work, call: call, inputs: inputs, outputs: outputs))
  }

  /// The graph value of an operand; `nil` for strings and other constants that are not tensors.
  private mutating func value(_ operand: Operand, _ call: Call) throws -> Int? {
    if let constant = operand.constant {
      guard let tensor = constant.tensor else { return nil }
      if let name = operand.name, let known = named[name] { return known }
      let v = graph.add(operand.name ?? "", tensor.dtype, tensor.shape, constant: tensor)
      if let name = operand.name { named[name] = v }
      return v
    }
    if operand.encoded != nil { return nil }
    guard let name = operand.name, let v = named[name] else {
      if case .state = operand.type { return nil }
      throw call.error("the type of '\(operand.name ?? "?")' is \(operand.type), expected a tensor or list")
    }
    return v
  }

  // MARK: States

  private mutating func addReadState(_ call: Call, _ parameter: String) throws -> Bool {
    let state = try call.operand(parameter)
    guard let name = state.name, case .state(let content) = state.type, let type = content.tensorType, type.shape != nil else {
      throw call.error("\(parameter) must be a state of known shape, found \(state.type)")
    }
    guard statesAreValues else {
      try addNode(.readState(name), call, [type])
      return true
    }
    guard let output = call.operation.outputs.first else { return true }
    let v: Int
    if let known = states.first(where: { $0.name == name }) {
      v = known.final
    } else {
      v = graph.add(name, type.dtype, type.shape ?? [])
      graph.inputs.append(v)
      states.append(GraphState(name: name, initial: v, final: v))
    }
    try bind(output, to: v, call)
    return true
  }

  private mutating func addWriteState(_ call: Call, _ parameter: String, _ value: String) throws -> Bool {
    let state = try call.operand(parameter)
    guard let name = state.name, case .state = state.type else { throw call.error("\(parameter) must be a state, found \(state.type)") }
    let type = try call.type(value)
    if statesAreValues {
      guard let operand = call.operands[value]?.first, let v = try self.value(operand, call) else { throw call.missing(value) }
      if let known = states.firstIndex(where: { $0.name == name }) {
        states[known].final = v
      } else {
        states.append(GraphState(name: name, initial: nil, final: v))
      }
      if let output = call.operation.outputs.first { try bind(output, to: v, call) }
      return true
    }
    try addNode(.writeState(name, from: value), call, call.operation.outputs.isEmpty ? [] : [type])
    return true
  }

  /// Makes an output another name of a value.
  private mutating func bind(_ output: NamedType, to v: Int, _ call: Call) throws {
    let value = graph.values[v]
    named[output.name] = v
    scope.bind(output.name, try call.type(of: output, keptIn: TensorType(value.dtype, value.shape)), value.constant.map { Constant($0) })
  }

  // MARK: Control flow

  private mutating func addControl(_ kind: Execution, _ call: Call) throws -> Bool {
    // If the condition of a branch is known, its block is inlined.
    if case .branch = kind, let taken = try call.bool("pred"), call.operation.blocks.count == 2 {
      let block = call.operation.blocks[taken ? 0 : 1]
      for operation in block.operations { guard try add(operation) else { return false } }
      for (output, name) in zip(call.operation.outputs, block.outputs) { try rename(name, to: output.name, call) }
      return true
    }
    if case .loop = kind, runtime.options.precision == .float32, let loop = RecurrentLoop(call, scope: scope), try addRecurrent(loop, call)
    {
      return true
    }
    let control = try runtime.nesting(kind, call, scope, runtime)
    guard let types = try control.outputTypes(call) else {
      guard call.isConstant, control.capturesOnlyConstants else { return false }
      try bindConstants(call, try control.evaluate(call))
      return true
    }
    var inputs = ByParameter<[Int]>()
    for (parameter, operands) in control.operands(call) {
      inputs[parameter] = try operands.map { operand in
        guard let v = try value(operand, call) else {
          throw call.error("a block cannot use '\(operand.name ?? "?")' of type \(operand.type)")
        }
        return v
      }
    }
    try addNode(.control(control), call, types)
    graph.nodes[graph.nodes.count - 1].inputs = inputs
    return true
  }

  /// Adds a loop that is equivalent to a recurrent layer as that layer.
  private mutating func addRecurrent(_ loop: RecurrentLoop, _ call: Call) throws -> Bool {
    let outputs = call.operation.outputs
    guard outputs.count == 2, let type = outputs[1].type.tensorType else { return false }
    var operands = loop.constants.mapValues { [Operand($0)] }
    operands["x"] = [loop.sequence]
    let layer = Call(
      operation: Operation(
        type: ResetAfterGRU.name, outputs: [outputs[1]], attributes: call.operation.attributes),
      opset: call.opset, signature: ResetAfterGRU.signature, operands: operands)
    let inferred = try ResetAfterGRU.infer(layer).compactMap { $0.tensorType?.shape }
    try addNode(.operator(ResetAfterGRU.self), layer, inferred.map { TensorType(type.dtype, $0) })
    try bindConstants(call, [Tensor([Int32(loop.steps)], shape: [1])])
    return true
  }

  private mutating func rename(_ name: String, to new: String, _ call: Call) throws {
    guard let operand = scope[name] else { throw call.error("its block does not define '\(name)'") }
    scope.bind(new, operand.type, operand.constant)
    if let v = named[name] { named[new] = v }
  }
}
