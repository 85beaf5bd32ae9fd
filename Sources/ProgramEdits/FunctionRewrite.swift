// SPDX-License-Identifier: Apache-2.0
// Replaces operations of a function by others that a caller emits.

import MIL
import Operators
import Tensors

/// Replaces operations, in nested blocks too, by what a caller emits in their place.
package struct FunctionRewrite {
  /// Emits the replacement of an operation, and returns a value for each of its outputs; `nil` keeps the operation.
  package typealias Body = (Operation, Emitter) throws -> [TypedValue]?

  private let function: Function
  private let emitter: Emitter
  private let body: Body
  /// Values that stand for outputs of replaced operations and were not emitted with them.
  private var aliases: [String: String] = [:]
  /// The number of operations that were replaced.
  package private(set) var replaced = 0

  /// The function after the rewrite: names of values are kept, and operations that only replaced ones read are gone.
  ///
  /// - Throws: `ProgramEditError.rewrite` for replacements of other types; `OperatorError` for operations that do not
  ///   match their signature; any error of the body.
  package static func apply(to function: Function, _ body: Body) throws -> (function: Function, replaced: Int) {
    try withoutActuallyEscaping(body) { body in
      var rewrite = try FunctionRewrite(function, body)
      var result = function
      let unread = function.block.unreadValues
      let operations = try rewrite.rewrite(function.block)
      result.block.operations = operations
      guard rewrite.replaced > 0 else { return (function, 0) }
      result.block = result.block.removingDeadCode(keeping: unread)
      return (result, rewrite.replaced)
    }
  }

  private init(_ function: Function, _ body: @escaping Body) throws {
    self.function = function
    self.body = body
    emitter = try Emitter(refining: function)
  }

  /// The block's operations after the rewrite, whose outputs keep their names.
  private mutating func rewrite(_ block: Block) throws -> [Operation] {
    let results = Set(block.outputs)
    for operation in block.operations {
      let operation = aliases.isEmpty ? operation : operation.reading(aliases)
      guard !operation.isStored, let values = try replacement(operation) else {
        try emitter.append(rewritingBlocks(of: operation))
        continue
      }
      guard values.count == operation.outputs.count else {
        throw ProgramEditError.rewrite(
          operation: operation.name, problem: "\(values.count) values are returned for \(operation.outputs.count) outputs")
      }
      replaced += 1
      for (output, value) in zip(operation.outputs, values) {
        try bind(output, to: value, in: operation, isResult: results.contains(output.name))
      }
    }
    return emitter.operations
  }

  /// The index of the first operation that the current replacement emitted.
  private var first = 0

  private mutating func replacement(_ operation: Operation) throws -> [TypedValue]? {
    first = emitter.operations.count
    guard let values = try body(operation, emitter) else {
      emitter.discard(from: first)
      return nil
    }
    return values
  }

  /// Makes an output's name stand for a value.
  private mutating func bind(_ output: NamedType, to value: TypedValue, in operation: Operation, isResult: Bool) throws {
    guard output.type.accepts(value.operand.type) else {
      throw ProgramEditError.rewrite(
        operation: operation.name, problem: "'\(output.name)' is \(output.type), and \(value.operand.type) is returned for it")
    }
    if let name = value.name, emitter.operations[first...].contains(where: { made in made.outputs.contains { $0.name == name } }) {
      let isFirst = output.name == operation.outputs.first?.name
      emitter.rename(name, to: output.name, since: first, operationName: isFirst ? operation.name : nil)
    } else if let name = value.name, !isResult {
      aliases[output.name] = name
    } else {
      try emitter.bind(output.name, to: value)
    }
  }

  private mutating func rewritingBlocks(of operation: Operation) throws -> Operation {
    guard !operation.blocks.isEmpty else { return operation }
    var operation = operation
    for index in operation.blocks.indices {
      let block = operation.blocks[index]
      let outer = aliases
      var inner = self
      operation.blocks[index].operations = try emitter.collecting(block.inputs) {
        _ = try inner.rewrite(block)
        return ()
      }
      operation.blocks[index].outputs = block.outputs.map { inner.aliases[$0] ?? $0 }
      replaced = inner.replaced
      aliases = outer
    }
    return operation
  }
}

extension Operation {
  /// The operation with other values in place of those that it and its blocks read.
  func reading(_ aliases: [String: String]) -> Operation {
    var operation = self
    for i in inputs.indices {
      operation.inputs[i].bindings = inputs[i].bindings.map { binding in
        guard case .name(let name) = binding, let other = aliases[name] else { return binding }
        return .name(other)
      }
    }
    operation.blocks = blocks.map { block in
      var block = block
      block.operations = block.operations.map { $0.reading(aliases) }
      block.outputs = block.outputs.map { aliases[$0] ?? $0 }
      return block
    }
    return operation
  }
}
