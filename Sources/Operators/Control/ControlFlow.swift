// SPDX-License-Identifier: Apache-2.0
// Operators with nested blocks: type inference. The runtime plans and runs the blocks.

import MIL
import Tensors

/// An operator that the runtime executes itself.
protocol RuntimeOperator: MovementOperator {}

extension RuntimeOperator {
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    throw request.call.error("has no kernel: control flow is executed by the runtime")
  }
}

/// Runs one of two blocks without inputs, depending on a boolean.
enum Cond: RuntimeOperator {
  static let signature = Signature("cond", [Parameter("pred", .bool)])
  static var execution: Execution { .branch }
  static var hasEffect: Bool { true }
  static func infer(_ call: Call) throws -> [ValueType] {
    let blocks = try Nested.blocks(call, named: "the true and the false one")
    guard blocks[0].outputs.count == blocks[1].outputs.count else {
      throw call.error("its blocks return \(blocks[0].outputs.count) and \(blocks[1].outputs.count) values, expected the same number")
    }
    return try blocks[0].outputs.indices.map { i in
      let branches = blocks.map { $0.declaredType(of: $0.outputs[i]) }
      guard let a = branches[0] ?? branches[1], let b = branches[1] ?? branches[0] else {
        return try Nested.declared(call, i)
      }
      guard a.accepts(b) else { throw call.error("output \(i) is \(a) in one block and \(b) in the other, expected the same type") }
      return a.joined(with: b)
    }
  }
}

/// Runs a block repeatedly on its own outputs while a condition block returns true.
enum WhileLoop: RuntimeOperator {
  static let signature = Signature("while_loop", [Parameter("loop_vars", .everything, variadic: true)])
  static var execution: Execution { .loop }
  static var hasEffect: Bool { true }
  static func infer(_ call: Call) throws -> [ValueType] {
    let blocks = try Nested.blocks(call, named: "the condition and the body")
    let variables = call.list("loop_vars")
    for block in blocks where block.inputs.count != variables.count {
      throw call.error("a block has \(block.inputs.count) inputs, expected one for each of the \(variables.count) loop_vars")
    }
    guard blocks[0].outputs.count == 1 else { throw call.error("its condition returns \(blocks[0].outputs.count) values, expected one") }
    if let go = blocks[0].declaredType(of: blocks[0].outputs[0]), go.tensorType?.dtype != .bool {
      throw call.error("its condition returns \(go), expected a bool")
    }
    guard blocks[1].outputs.count == variables.count else {
      throw call.error("its body returns \(blocks[1].outputs.count) values, expected one for each of the \(variables.count) loop_vars")
    }
    return try variables.indices.map { i in
      let type = try blocks[1].declaredType(of: blocks[1].outputs[i]) ?? Nested.declared(call, i)
      guard blocks[1].inputs[i].type.accepts(variables[i].type) else {
        throw call.error("loop_vars \(i) is \(variables[i].type), but the body takes \(blocks[1].inputs[i].type)")
      }
      guard blocks[1].inputs[i].type.accepts(type) else {
        throw call.error("loop_vars \(i) is \(blocks[1].inputs[i].type), but the body returns \(type) for it")
      }
      return type.joined(with: variables[i].type)
    }
  }
}

private enum Nested {
  static func blocks(_ call: Call, named names: String) throws -> [Block] {
    guard call.operation.blocks.count == 2 else {
      throw call.error("has \(call.operation.blocks.count) blocks, expected \(names)")
    }
    return call.operation.blocks
  }

  /// The declared type of a value that is produced outside of the nested blocks.
  static func declared(_ call: Call, _ i: Int) throws -> ValueType {
    guard call.operation.outputs.indices.contains(i) else { throw call.error("has no output \(i)") }
    return call.operation.outputs[i].type
  }
}

extension Block {
  /// The type of a value that is defined in this block.
  func declaredType(of name: String) -> ValueType? {
    for operation in operations {
      if let output = operation.outputs.first(where: { $0.name == name }) { return output.type }
    }
    return inputs.first { $0.name == name }?.type
  }
}

enum ControlFlowOperators {
  static let operators: [any Operator.Type] = [Cond.self, WhileLoop.self]
}
