// SPDX-License-Identifier: Apache-2.0
// Runs a function piece by piece over all calls, holding the values that later pieces read.

import Encodings
import MIL
import Runtime
import Synchronization
import Tensors

/// A run of a function over many calls that stops where it is told, so that weights which are not read yet can change
/// meanwhile. All pieces together are one run of the function.
///
/// Positions count the operations of the function's block that compute something, from 0; they stay the same when
/// weights are compressed.
final class StagedRun {
  /// The operations that compute something.
  let computed: [MIL.Operation]
  private let stored: [MIL.Operation]
  private let inputs: [NamedType]
  private let opset: Opset
  private let options: RuntimeOptions
  private let isCancelled: @Sendable () -> Bool
  /// The position of the operation that computes each value; −1 for inputs.
  private(set) var definitions: [String: Int] = [:]
  private var types: [String: ValueType] = [:]
  private var lastUses: [String: Int] = [:]
  /// The operation that stores each value.
  private var storing: [String: Int] = [:]
  /// Weights that have changed since the start.
  private var replaced: [String: Tensor] = [:]
  /// The position of the next operation.
  private(set) var position = 0
  /// The values of each call that later operations read.
  private(set) var values: [[String: Tensor]]

  /// - Throws: `ModelError.cannotCalibrate` for a function with states.
  init(
    _ function: Function, _ feeds: [[String: Tensor]], options: RuntimeOptions, isCancelled: @escaping @Sendable () -> Bool
  ) throws {
    for input in function.inputs {
      guard case .tensor = input.type else {
        throw ModelError.cannotCalibrate(reason: "its input '\(input.name)' is a \(input.type), which calls would share")
      }
    }
    computed = function.block.operations.filter { !$0.isStored }
    stored = function.block.operations.filter(\.isStored)
    inputs = function.inputs
    opset = Opset(name: function.opset) ?? .iOS15
    self.options = options
    self.isCancelled = isCancelled
    values = feeds
    for input in inputs {
      definitions[input.name] = -1
      types[input.name] = input.type
    }
    for (index, operation) in computed.enumerated() {
      for output in operation.outputs {
        definitions[output.name] = index
        types[output.name] = output.type
      }
      for name in operation.namesRead { lastUses[name] = index }
    }
    for (index, operation) in stored.enumerated() { for output in operation.outputs { storing[output.name] = index } }
  }

  /// From now on, a weight has these elements.
  func replace(_ name: String, by tensor: Tensor) { replaced[name] = tensor }

  /// Runs the operations before `end`.
  ///
  /// - Throws: `RuntimeError`, `OperatorError`; `ModelError.cannotCalibrate` where a value is no tensor.
  func advance(to end: Int) throws {
    guard end > position else { return }
    let stage = computed[position..<end]
    let defined = Set(stage.flatMap { $0.outputs.map(\.name) })
    let read = Set(stage.flatMap(\.namesRead))
    let given = read.filter { definitions[$0] != nil && !defined.contains($0) }.sorted()
    let outputs = stage.flatMap { $0.outputs.map(\.name) }.filter { (lastUses[$0] ?? -1) >= end }
    if !outputs.isEmpty {
      let program = Program(
        functions: [
          Function(
            inputs: try given.map { NamedType($0, try tensorType($0)) }, opset: opset,
            block: Block(operations: try storedOperations(read) + stage, outputs: outputs))
        ])
      for name in outputs { _ = try tensorType(name) }
      try run(program, given, outputs)
    }
    position = end
    for call in values.indices {
      values[call] = values[call].filter { (lastUses[$0.key] ?? -1) >= end }
    }
  }

  private func tensorType(_ name: String) throws -> ValueType {
    guard let type = types[name], case .tensor = type else {
      throw ModelError.cannotCalibrate(
        reason: "'\(name)' between two weights is a \(types[name].map { "\($0)" } ?? "value of unknown type")")
    }
    return type
  }

  /// The stored operations that are needed to compute values, in the order of the program.
  private func storedOperations(_ read: Set<String>) throws -> [MIL.Operation] {
    var needed: [Int: MIL.Operation] = [:]
    var open = Array(read)
    while let name = open.popLast() {
      guard let index = storing[name], needed[index] == nil else { continue }
      if let tensor = replaced[name] {
        needed[index] = .const(name, Constant(tensor))
      } else {
        needed[index] = stored[index]
        open += stored[index].namesRead
      }
    }
    return needed.sorted { $0.key < $1.key }.map(\.value)
  }

  private func run(_ program: Program, _ given: [String], _ outputs: [String]) throws {
    let lanes = max(min(Parallel.threads, values.count), 1)
    let isCancelled = isCancelled
    let executors = try (0..<lanes).map { _ in try Executor(program: program, options: options, isCancelled: { isCancelled() }) }
    let feeds = values.map { values in values.filter { given.contains($0.key) } }
    let results = Mutex([[String: Tensor]](repeating: [:], count: values.count))
    try Parallel.tryForEach(values.count, lanes: lanes) { index, lane in
      nonisolated(unsafe) let executor = executors[lane]
      let found = try executor.run(feeds[index], outputs: outputs)
      results.withLock { $0[index] = found.compactMapValues { if case .tensor(let tensor) = $0 { tensor } else { nil } } }
    }
    for (index, result) in results.withLock({ $0 }).enumerated() { values[index].merge(result) { $1 } }
  }
}
