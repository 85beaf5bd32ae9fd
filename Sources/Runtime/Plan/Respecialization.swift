// SPDX-License-Identifier: Apache-2.0
// Types and constants of a routine for other shapes of its inputs: only what depends on these is inferred anew.

import MIL
import Operators
import Tensors

/// The operations of a routine that read each name.
struct NameReaders {
  private var operations: [String: [Int]] = [:]

  init(_ routine: Routine) {
    for (index, operation) in routine.operations.enumerated() {
      for name in Set(operation.namesRead) { operations[name, default: []].append(index) }
    }
  }

  subscript(name: String) -> [Int] { operations[name] ?? [] }
}

/// The types and constants of a routine's names for shapes of its inputs other than those for which they were inferred before.
struct Respecialization {
  private(set) var scope: Scope
  /// The names whose types or constants differ, in the order of the program.
  private(set) var names: [String] = []
  /// What these were before.
  private(set) var before: [String: Operand] = [:]
  private let routine: Routine
  private let readers: NameReaders
  private let runtime: RunContext
  /// Operations that read a changed name.
  private var isPending: [Bool]

  /// - Parameters:
  ///   - scope: what is known for the shapes before.
  ///   - types: the type of each input; `nil` for states.
  /// - Returns: `nil` if an operation differs by more than types and constants, so that it needs a graph of its own.
  /// - Throws: `OperatorError`, `RuntimeError.interrupted`.
  init?(_ routine: Routine, _ readers: NameReaders, from scope: Scope, types: [TensorType?], runtime: RunContext) throws {
    (self.routine, self.readers, self.runtime) = (routine, readers, runtime)
    self.scope = scope.layered()
    isPending = [Bool](repeating: false, count: routine.operations.count)
    for (input, type) in zip(routine.inputs, types) {
      guard let type else { continue }
      guard bind(input.name, input.type.kept(in: type), nil) else { return nil }
    }
    for index in routine.operations.indices where isPending[index] {
      if runtime.isCancelled() { throw RuntimeError.interrupted }
      guard try infer(routine.operations[index]) else { return nil }
    }
  }

  /// Infers the outputs of an operation again; false if they are constants now and were not, or the reverse.
  private mutating func infer(_ operation: Operation) throws -> Bool {
    let op = try Catalog.find(operation)
    switch op.execution {
    case .kernel: break
    case .label: return true
    // Which block runs, and which states a block writes, may depend on the shapes.
    case .branch, .loop, .readsState, .writesState: return false
    }
    var call = try Call(operation, opset: routine.opset) { scope[$0] }
    try call.check()
    call = try call.decodingWeights(op, runtime)
    switch try call.inferred(op, runtime) {
    case .constants(let values):
      for (output, tensor) in zip(operation.outputs, values) {
        let type = try call.type(of: output, keptIn: TensorType(tensor.dtype, tensor.shape))
        guard bind(output.name, type, Constant(tensor)) else { return false }
      }
    case .types(let types):
      for (output, type) in zip(operation.outputs, types) {
        guard bind(output.name, try call.type(of: output, keptIn: type), nil) else { return false }
      }
    case .unknown: return false
    }
    return true
  }

  private mutating func bind(_ name: String, _ type: ValueType, _ constant: Constant?) -> Bool {
    guard let known = scope[name], known.encoded == nil, (known.constant == nil) == (constant == nil) else { return false }
    guard known.type != type || known.constant != constant else { return true }
    scope.bind(name, type, constant)
    names.append(name)
    before[name] = known
    for reader in readers[name] { isPending[reader] = true }
    return true
  }
}
