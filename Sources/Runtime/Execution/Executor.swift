// SPDX-License-Identifier: Apache-2.0
// Runs a function of a program on inputs of any supported shape.

import Kernels
import MIL
import Operators
import Platform
import Tensors

/// An output of a prediction: a tensor, or the result of a classifier.
package enum OutputValue: Sendable {
  case tensor(Tensor)
  /// The class with the highest probability.
  case label(ClassLabel)
  /// All classes with their probabilities, in program order.
  case probabilities([(label: ClassLabel, probability: Double)])
}

/// A class of a classifier.
package enum ClassLabel: Hashable, Sendable, CustomStringConvertible {
  case string(String)
  case integer(Int)

  package var description: String {
    switch self {
    case .string(let s): s
    case .integer(let i): "\(i)"
    }
  }
}

/// Runs a function of a program. Plans are created at the first prediction for each input shape and cached.
///
/// Not thread-safe: its plans share an arena, so one thread at a time may use an executor.
package final class Executor {
  package let function: Function
  package let options: RuntimeOptions
  let runtime: RunContext
  private let routine: Routine
  private let classifier: Classifier?
  /// Prepared routines by their results.
  private var bodies: [[String]: Body] = [:]

  /// - Parameters:
  ///   - constants: what other executors of the same function know of its constants.
  ///   - isCancelled: polled between steps; true ends a prediction with `RuntimeError.interrupted`.
  package init(
    program: Program, function name: String = "main", options: RuntimeOptions = RuntimeOptions(),
    constants: SharedConstants = SharedConstants(),
    isCancelled: @escaping () -> Bool = { false }
  ) throws {
    guard let function = program.function(named: name) else {
      throw RuntimeError.noFunction(name, known: program.functions.map(\.name))
    }
    guard let opset = Opset(name: function.opset) else {
      throw RuntimeError.unsupported(
        operation: "function '\(name)'", reason: "unknown opset \(function.opset), expected \(Opset.iOS15.name) or newer")
    }
    // As a Double, since extents are those of a file.
    let stateBytes = function.stateTypes.values.reduce(0.0) { sum, type in
      sum + (type.shape ?? []).reduce(Double(type.dtype.computed.byteCount(1))) { $0 * Double($1) }
    }
    guard stateBytes <= Double(physicalMemory) else {
      throw RuntimeError.noMemory(what: "the states", bytes: Int(exactly: stateBytes.rounded()) ?? .max)
    }
    self.function = function
    self.options = options
    runtime = RunContext(
      options: options, constants: constants, states: StateMemory(function.stateTypes),
      nesting: { try ControlFlow($0, $1, scope: $2, runtime: $3) }, isCancelled: isCancelled)
    let block = function.block
    routine = Routine(
      inputs: function.inputs, operations: block.operations, outputs: block.outputs, constants: [:], opset: opset)
    classifier = try Classifier(block)
  }

  /// New states, initialized to zero; `nil` if the function has none.
  package func makeState() -> StateStore? {
    let types = function.stateTypes
    return types.isEmpty ? nil : StateStore(types, positionAxes: function.positionAxes)
  }

  /// Computes the outputs.
  ///
  /// - Parameters:
  ///   - inputs: one tensor for each input of the function; converted to the declared dtype.
  ///   - state: the states, for a function that has some.
  ///   - outputs: values to return instead of the function's outputs; any tensors of the program.
  /// - Throws: `RuntimeError`, `OperatorError`.
  package func run(
    _ inputs: [String: Tensor], state: StateStore? = nil, outputs wanted: [String]? = nil
  ) throws -> [String: OutputValue] {
    let names = wanted ?? routine.outputs
    let computed = names.map { classifier?.source(of: $0) ?? $0 }
    let body = body(for: computed)
    let feeds = try function.inputs.map { try feed($0, inputs, state) }
    state?.enter(runtime.states)
    let results = try body.run(feeds)
    var out: [String: OutputValue] = [:]
    for (name, tensor) in zip(names, results) {
      out[name] = classifier?.output(name, from: tensor) ?? .tensor(tensor)
    }
    return out
  }

  /// Runs `runs` times with timing of each step, and returns the times of the steps, slowest first.
  package func profile(
    _ inputs: [String: Tensor], state: StateStore? = nil, runs: Int = 10
  ) throws -> [ProfileRow] {
    _ = try run(inputs, state: state)
    let collector = ProfileCollector()
    runtime.profile = collector
    defer { runtime.profile = nil }
    for _ in 0..<max(runs, 1) { _ = try run(inputs, state: state) }
    return collector.collected.sorted { $0.seconds > $1.seconds }
  }

  /// The plan for inputs of these shapes. It is created if it does not exist yet.
  ///
  /// If shapes in the program depend on values, the plan covers the part that does not depend on them.
  /// - Throws: `RuntimeError`, `OperatorError`.
  package func summary(_ inputs: [String: Tensor], state: StateStore? = nil) throws -> PlanSummary {
    try plan(for: inputs, state: state).summary
  }

  /// The plan that `run` would use first for the function's outputs.
  func plan(for inputs: [String: Tensor], state: StateStore?) throws -> Plan {
    let feeds = try function.inputs.map { try feed($0, inputs, state) }
    return try body(for: routine.outputs.map { classifier?.source(of: $0) ?? $0 }).plan(shapes: feeds.map { $0?.shape })
  }

  /// A plan for the caller's memory, which is not cached.
  func plan(bound buffers: [String: ExternalBuffer], types: [TensorType], outputs: [String]?) throws -> Plan {
    var routine = routine
    routine.outputs = outputs ?? routine.outputs
    let plan = try Plan(routine, types: types, outside: buffers, runtime: runtime)
    guard plan.continuation == nil else {
      throw RuntimeError.unsupported(
        operation: "function '\(function.name)'", reason: "the shapes of its values depend on data, not only on the shapes of its inputs")
    }
    return plan
  }

  private func body(for outputs: [String]) -> Body {
    if let known = bodies[outputs] { return known }
    var routine = routine
    routine.outputs = outputs
    let body = Body(routine, runtime: runtime)
    bodies[outputs] = body
    return body
  }

  private func feed(_ input: NamedType, _ inputs: [String: Tensor], _ state: StateStore?) throws -> Tensor? {
    if case .state = input.type {
      guard state?.types[input.name] != nil else {
        throw RuntimeError.stateNeeded(function.inputs.filter { if case .state = $0.type { true } else { false } }.map(\.name))
      }
      return nil
    }
    guard let type = input.type.tensorType else {
      throw RuntimeError.unsupported(operation: "input '\(input.name)'", reason: "its type is \(input.type), expected a tensor")
    }
    guard let tensor = inputs[input.name] else {
      throw RuntimeError.missingInput(input.name, expected: type.description)
    }
    guard type.accepts(TensorType(type.dtype, tensor.shape)) else {
      throw RuntimeError.wrongInput(
        input.name, expected: type.description, found: TensorType(tensor.dtype, tensor.shape).description)
    }
    // fp16 inputs are rounded as on a device.
    do {
      return try tensor.converted(to: type.dtype)
    } catch {
      throw RuntimeError.wrongInput(input.name, expected: type.description, found: error.description)
    }
  }
}
