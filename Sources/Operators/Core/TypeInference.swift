// SPDX-License-Identifier: Apache-2.0
// Infers the types of all values of a block in a single traversal.

import MIL
import Tensors

/// A traversal of a block in program order.
struct TypeInference {
  /// How declared types are handled.
  enum Mode {
    /// They must accept the inferred types.
    case checking
    /// They are replaced by the inferred types.
    case replacing
    /// They are replaced, and unknown extents are taken from the declared types.
    case refining
  }

  let opset: Opset
  let operators: OperatorTable
  let mode: Mode
  /// All names defined so far, in this block and its parents.
  var scope: [String: Operand] = [:]

  /// Constants with more elements than this are data, not shapes: they are not evaluated.
  static let largestFold = 1024

  static func run(_ function: Function, _ mode: Mode, _ operators: OperatorTable) throws -> Block {
    guard let opset = Opset(name: function.opset) else {
      throw OperatorError(
        operatorName: "opset", operationName: function.opset, problem: "unknown opset, expected \(Opset.iOS15.name) or newer",
        function: function.name)
    }
    var walk = TypeInference(opset: opset, operators: operators, mode: mode)
    do {
      for input in function.inputs { try walk.bind(input.name, input.type, nil, by: nil) }
      return try walk.walk(function.block)
    } catch var error as OperatorError {
      error.function = error.function ?? function.name
      throw error
    }
  }

  /// The block with inferred types; afterward `scope` contains its values.
  mutating func walk(_ block: Block) throws -> Block {
    var block = block
    for input in block.inputs { try bind(input.name, input.type, nil, by: nil) }
    for i in block.operations.indices { block.operations[i] = try infer(block.operations[i]) }
    for name in block.outputs where scope[name] == nil {
      throw OperatorError(operatorName: "block", operationName: name, problem: "the output is not defined")
    }
    return block
  }

  /// The operation with inferred types; afterward `scope` contains its outputs.
  mutating func infer(_ operation: Operation) throws -> Operation {
    var operation = operation
    var call = try Call(operation, opset: opset, operators: operators) { scope[$0] }
    try call.check()
    if !operation.blocks.isEmpty {
      operation = try inferBlocks(call)
      call = Call(operation: operation, opset: opset, signature: call.signature, operands: call.operands)
    }
    let op = try operators.find(operation)
    let types = call.readsUnknownRank ? operation.outputs.map(\.type) : try op.infer(call)
    guard types.count == operation.outputs.count else {
      throw call.error("has \(operation.outputs.count) outputs, expected \(types.count)")
    }
    let constants = constants(op, call, types)
    for i in types.indices {
      let declared = operation.outputs[i].type
      switch mode {
      case .checking:
        guard declared.accepts(types[i]) else {
          throw call.error("'\(operation.outputs[i].name)' is declared \(declared), but is \(types[i])")
        }
      case .replacing: operation.outputs[i].type = types[i]
      case .refining: operation.outputs[i].type = declared.accepts(types[i]) ? types[i].refined(by: declared) : types[i]
      }
      // A declared list length is the initial length only.
      let holds = mode == .checking && declared.tensorType != nil
      let type = holds ? declared.refined(by: types[i]) : mode == .checking ? types[i] : operation.outputs[i].type
      try bind(operation.outputs[i].name, type, constants?[i], by: operation)
    }
    return operation
  }

  /// The operation's results, if they are known and small.
  private func constants(_ op: any Operator.Type, _ call: Call, _ types: [ValueType]) -> [Constant]? {
    if let value = call.operation.constantValue { return [value] }
    let read = call.operands.values.joined().map(\.type)
    let isSmall = (read + types).allSatisfy { ($0.tensorType?.shape?.checkedElementCount ?? 0) <= Self.largestFold }
    guard isSmall, !op.hasEffect, !types.isEmpty else { return nil }
    // Errors in values are reported at run time; here values are only used to make types more specific.
    let results = call.isConstant ? try? op.evaluate(call) : try? op.fold(call)
    guard let results, results.count == types.count else { return nil }
    return results.map { Constant($0) }
  }

  mutating func bind(_ name: String, _ type: ValueType, _ constant: Constant?, by operation: Operation?) throws {
    if mode == .checking, scope[name] != nil {
      throw OperatorError(
        operatorName: operation?.type ?? "input", operationName: operation?.name ?? name, problem: "defines '\(name)' a second time")
    }
    scope[name] = Operand(name: name, type: type, constant: constant)
  }

  // MARK: Nested blocks

  /// The operation with the types of its blocks, and the output types that follow from them.
  private func inferBlocks(_ call: Call) throws -> Operation {
    var operation = call.operation
    guard mode != .checking else {
      for block in operation.blocks {
        var inner = self
        _ = try inner.walk(block)
      }
      return operation
    }
    let execution = try operators.find(operation).execution
    if case .loop = execution { try joinLoopTypes(&operation, call) }
    var given: [[ValueType]] = []
    for i in operation.blocks.indices {
      var inner = self
      operation.blocks[i] = try inner.walk(operation.blocks[i])
      given.append(operation.blocks[i].outputs.compactMap { inner.scope[$0]?.type })
    }
    // A value that a block only forwards has no declaration inside: pass its type to the operator here.
    guard let last = given.last else { return operation }
    for i in operation.outputs.indices where i < last.count {
      operation.outputs[i].type = last[i]
      if case .branch = execution, i < given[0].count { operation.outputs[i].type = given[0][i].joined(with: last[i]) }
    }
    return operation
  }

  /// Gives a loop's blocks input types that hold for every iteration: the types of the loop variables, in which extents that
  /// the body changes are unknown.
  private func joinLoopTypes(_ operation: inout Operation, _ call: Call) throws {
    var types = call.list("loop_vars").map(\.type)
    guard operation.blocks.count == 2, operation.blocks.allSatisfy({ $0.inputs.count == types.count }) else { return }
    var isStable = false
    while !isStable {
      for block in operation.blocks.indices {
        for i in types.indices { operation.blocks[block].inputs[i].type = types[i] }
      }
      var inner = self
      let body = try inner.walk(operation.blocks[1])
      let given = body.outputs.compactMap { inner.scope[$0]?.type }
      guard given.count == types.count else { return }
      // An extent that became unknown stays unknown, so this terminates.
      let joined = zip(types, given).map { $0.joined(with: $1) }
      isStable = joined == types
      types = joined
    }
  }
}

extension Call {
  /// Whether the rank of some input is known only at run time; then types cannot be inferred in advance.
  fileprivate var readsUnknownRank: Bool {
    operands.values.joined().contains { $0.type.tensorType?.dimensions.contains(.unknown(variadic: true)) == true }
  }
}

extension ValueType {
  /// This type with its unknown extents taken from the other.
  fileprivate func refined(by other: ValueType) -> ValueType {
    guard case .tensor(let a) = self, case .tensor(let b) = other, a.rank == b.rank else { return self }
    return .tensor(TensorType(a.dtype, zip(a.dimensions, b.dimensions).map { $0.known(or: $1) }))
  }
}
