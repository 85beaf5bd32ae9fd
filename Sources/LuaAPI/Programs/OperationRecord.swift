// SPDX-License-Identifier: Apache-2.0
// The elements of `model.operations`, and the operations that rewrite passes to a function.

import LuaHost
import MIL
import ModelPackages
import Models
import Operators
import Options
import ProgramEdits
import Tensors
import TextLayout
import Training

/// An operation of a model's program.
struct OperationRecord: LuaRecord {
  let facts: OperationFacts

  static let luaName = "Operation"
  static let luaDoc = "An operation of a model's program; constants and weights are not listed, but named by the operations that read them."
  static let luaFields: [LuaField<OperationRecord>] = [
    LuaField("name", "its name") { $0.facts.operation.name },
    LuaField("type", "its operator, such as conv") { $0.facts.operation.type },
    LuaField("inputs", "the name bound to each parameter; a sequence of names for concat and the like") { $0.inputs },
    LuaField("outputs", "the names of its values") { $0.facts.operation.outputs.map(\.name) },
    LuaField("attributes", "the values of parameters that are constants and no weights") {
      $0.facts.constants.mapValues { ConstantValue(constant: $0) }
    },
    LuaField("weights", "the name of the weight bound to each parameter") { $0.facts.weights },
    LuaField(
      "flops",
      "floating-point operations of one run, or of one sample where the batch is open; a multiply-add counts as two; nil where other extents are open"
    ) { $0.facts.flops },
    LuaField("function_name", "the function that contains it") { $0.facts.function },
    LuaField("depth", "0 in the function itself, more in the blocks of cond and while_loop") { $0.facts.depth },
  ]

  private var inputs: [String: NameOrNames] {
    Dictionary(facts.inputs.map { ($0.parameter, NameOrNames(names: $0.names)) }, uniquingKeysWith: { first, _ in first })
  }

  var luaText: String? {
    let operation = facts.operation
    let inputs = facts.inputs.filter { facts.constants[$0.parameter] == nil }
      .map { "\($0.parameter) = \($0.names.joined(separator: ", "))" }.joined(separator: ", ")
    return "\(operation.outputs.map(\.name).joined(separator: ", ")) = \(operation.type)(\(inputs))"
  }

  static func sequence(_ model: Model) throws -> LuaKeyedSequence<OperationRecord> {
    let own = try model.contents.program.operationFacts(of: model.interface.name)
    let others = model.contents.program.functions.map(\.name).filter { $0 != model.interface.name }
    let all = try own + others.flatMap { try model.contents.program.operationFacts(of: $0) }
    let records = all.map { OperationRecord(facts: $0) }
    return LuaKeyedSequence(
      of: "operation", records.map { ($0.facts.operation.name, $0) },
      text: { frame in OperationTable.text(all, in: frame) })
  }
}

/// A constant as a Lua value: a scalar, a string, a sequence of numbers, or a Tensor.
struct ConstantValue: LuaReturnable {
  let constant: Constant

  static var luaType: LuaType { .any }

  func push(to interpreter: Interpreter) throws {
    switch constant.payload {
    case .tensor(let tensor):
      guard tensor.rank <= 1, tensor.count <= 64 else { return try TensorObject(tensor).push(to: interpreter) }
      let values = ElementValues(tensor)
      if tensor.rank == 0 { return try values[0].push(to: interpreter) }
      try (0..<tensor.count).map { values[$0] }.push(to: interpreter)
    case .strings(let texts): try texts.count == 1 ? texts[0].push(to: interpreter) : texts.push(to: interpreter)
    case .list(let items), .tuple(let items): try items.map { ConstantValue(constant: $0) }.push(to: interpreter)
    case .dictionary: try LuaValue.nil.push(to: interpreter)
    }
  }
}

/// The text of a list of operations.
enum OperationTable {
  static func text(_ facts: [OperationFacts], in frame: DisplayFrame) -> String {
    var table = Table(columns: [
      Table.Column("operation", .left), Table.Column("type", .left), Table.Column("inputs", .left),
      Table.Column("output", .left, dispensable: true),
      Table.Column("flops", dispensable: true),
    ])
    for fact in facts {
      let inputs = fact.inputs.filter { fact.constants[$0.parameter] == nil && fact.weights[$0.parameter] == nil }.flatMap(\.names)
      table.append([
        String(repeating: "  ", count: fact.depth) + fact.operation.name, fact.operation.type, inputs.joined(separator: ", "),
        fact.operation.outputs.map { "\($0.type)" }.joined(separator: ", "), fact.flops.map { "\($0)" } ?? "",
      ])
    }
    return table.text(in: frame, remedy: "print(tostring(model.operations)) shows all")
  }
}

/// An operation as the function of a rewrite sees it: with Values in place of names.
struct RewriteOperation: LuaRecord {
  let facts: OperationFacts
  let inputs: [String: [OperandValue]]

  static let luaName = "RewriteOperation"
  static let luaDoc = "An operation that rewrite passes to a function: as of model.operations, with Values as inputs."
  static let luaFields: [LuaField<RewriteOperation>] = [
    LuaField("name", "its name") { $0.facts.operation.name },
    LuaField("type", "its operator, such as conv") { $0.facts.operation.type },
    LuaField("inputs", "the Value bound to each parameter; a sequence of them for concat and the like; constants as plain values") {
      $0.inputs.mapValues { OperandValues(values: $0) }
    },
    LuaField("outputs", "the names of its values") { $0.facts.operation.outputs.map(\.name) },
    LuaField("attributes", "the values of parameters that are constants and no weights") {
      $0.facts.constants.mapValues { ConstantValue(constant: $0) }
    },
    LuaField("weights", "the name of the weight bound to each parameter") { $0.facts.weights },
    LuaField("flops", "floating-point operations of one run, or of one sample where the batch is open; nil where other extents are open") {
      $0.facts.flops
    },
    LuaField("function_name", "the function that contains it") { $0.facts.function },
    LuaField("depth", "0 in the function itself, more in the blocks of cond and while_loop") { $0.facts.depth },
  ]
}

/// An operand of an operation: a Value, or an inline constant.
enum OperandValue: LuaReturnable {
  case value(ValueObject)
  case constant(Constant)
  /// A state or a list, which only its name stands for.
  case name(String)

  static var luaType: LuaType { .any }

  func push(to interpreter: Interpreter) throws {
    switch self {
    case .value(let value): try value.push(to: interpreter)
    case .constant(let constant): try ConstantValue(constant: constant).push(to: interpreter)
    case .name(let name): try name.push(to: interpreter)
    }
  }
}

struct OperandValues: LuaReturnable {
  let values: [OperandValue]
  static var luaType: LuaType { .any }
  func push(to interpreter: Interpreter) throws {
    if values.count == 1 { try values[0].push(to: interpreter) } else { try values.push(to: interpreter) }
  }
}
