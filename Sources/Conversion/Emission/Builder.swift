// SPDX-License-Identifier: Apache-2.0
// Appends operations to a program under construction: types are inferred, constants folded, repetitions merged.

import MIL
import ONNXFiles
import Operators
import Tensors

/// An argument of an operation.
protocol Argumentable {
  func operands() throws -> [(operand: Operand, label: String?)]
}

extension Int: Argumentable {
  func operands() -> [(operand: Operand, label: String?)] { [(Operand(Tensor(integers: [self], dtype: .int32, shape: [])), nil)] }
}
extension Bool: Argumentable {
  func operands() -> [(operand: Operand, label: String?)] { [(Operand(Tensor(scalar: self)), nil)] }
}
extension Float: Argumentable {
  func operands() -> [(operand: Operand, label: String?)] { [(Operand(Tensor(scalar: self)), nil)] }
}
extension String: Argumentable {
  func operands() -> [(operand: Operand, label: String?)] {
    [(Operand(name: nil, type: .scalar(.string), constant: Constant(self)), nil)]
  }
}
extension Tensor: Argumentable {
  func operands() -> [(operand: Operand, label: String?)] { [(Operand(self), nil)] }
}
extension Value: Argumentable {
  func operands() throws -> [(operand: Operand, label: String?)] { [(try operand(), label)] }
}
extension Array: Argumentable where Element: Argumentable {
  func operands() throws -> [(operand: Operand, label: String?)] {
    if Element.self == Int.self, let integers = self as? [Int] {
      return [(Operand(Tensor(integers: integers, dtype: .int32, shape: [integers.count])), nil)]
    }
    if Element.self == Bool.self, let flags = self as? [Bool] { return [(Operand(Tensor(flags)), nil)] }
    return try flatMap { try $0.operands() }
  }
}

/// Builds the operations of a function.
final class Builder {
  let opset: Opset
  /// The operations of the current block.
  private(set) var operations: [Operation] = []
  /// The constants, which precede the operations of the outermost block.
  private(set) var constants: [Operation] = []
  private(set) var names = FreshNames()
  /// The constants by content.
  private var constantNames: [ConstantKey: [(tensor: Tensor, name: String)]] = [:]
  /// Operations of the current and the enclosing blocks, for merging.
  private var known: [String: [Value]] = [:]
  /// What was changed in a way that a reader should know.
  var notes: [ConversionNote] = []
  /// The name of the node that is being converted, from which names are derived.
  var prefix = ""
  /// The number of enclosing blocks.
  private(set) var blockDepth = 0

  private let spill = SpilledConstants()

  /// Constants with more elements are not computed, unless they are not larger than their operands.
  private static let largestFold = 1 << 18

  /// Whether attention may become one operation.
  let fusesAttention: Bool

  init(opset: Opset, fusesAttention: Bool = true) {
    self.opset = opset
    self.fusesAttention = fusesAttention && opset >= .iOS18
  }

  /// Reserves the name of an input.
  func declare(_ name: String) -> String { names.take(name) }

  // MARK: Operations

  /// Appends an operation and returns its first result.
  func emit(_ type: String, _ arguments: [String: (any Argumentable)?]) throws -> Value {
    try emitAll(type, arguments)[0]
  }

  /// Appends an operation, or computes it if all operands are known.
  ///
  /// - Throws: `Refusal` if the operands do not match the operator's signature.
  func emitAll(_ type: String, _ arguments: [String: (any Argumentable)?]) throws -> [Value] {
    guard let op = Catalog.storable[type] else { throw Refusal("the program has no operator \(type)") }
    var given: [(parameter: String, operands: [(operand: Operand, label: String?)])] = []
    for (parameter, argument) in arguments.sorted(by: { $0.key < $1.key }) {
      guard let argument else { continue }
      given.append((parameter, try argument.operands()))
    }
    let call = Call(
      operation: Operation(type: type, outputs: [NamedType(prefix.isEmpty ? type : prefix, .scalar(.float32))]), opset: opset,
      signature: op.signature, operands: Dictionary(uniqueKeysWithValues: given.map { ($0.parameter, $0.operands.map(\.operand)) }))
    let types: [ValueType]
    do {
      try call.check()
      types = try op.infer(call)
    } catch let error as OperatorError {
      throw Refusal("\(error.operatorName): \(error.problem)")
    }
    if let folded = fold(op, call, types) { return folded.map { Value(constant: spill.settled($0)) } }
    let inputs = given.map { argument in Argument(argument.parameter, argument.operands.map { binding($0.operand, $0.label) }) }
    let key = op.hasEffect ? nil : Self.key(type, inputs)
    if let key, let same = known[key] { return same }
    let base = names.take(prefix.isEmpty ? type : "\(prefix)_\(type)")
    let outputs = types.enumerated().map { i, type in NamedType(i == 0 ? base : names.take("\(base)_\(i)"), type) }
    operations.append(Operation(type: type, inputs: inputs, outputs: outputs, attributes: [Attribute("name", Constant(base))]))
    let results = outputs.map { Value(operand: Operand(name: $0.name, type: $0.type)) }
    if let key { known[key] = results }
    return results
  }

  /// The results, if they follow from constants or from types alone.
  private func fold(_ op: any Operator.Type, _ call: Call, _ types: [ValueType]) -> [Tensor]? {
    guard case .kernel = op.execution, !op.hasEffect, !types.isEmpty, !call.operation.type.hasPrefix("constexpr") else { return nil }
    guard call.isConstant else {
      guard let folded = try? op.fold(call), folded.count == types.count else { return nil }
      return folded
    }
    let size = types.compactMap { $0.tensorType?.shape?.checkedElementCount }
    guard size.count == types.count else { return (try? op.evaluate(call)).flatMap { $0.count == types.count ? $0 : nil } }
    let read = call.operands.values.joined().compactMap { $0.constant?.tensor?.count }.reduce(0, +)
    guard size.reduce(0, +) <= Swift.max(read, Self.largestFold), let results = try? op.evaluate(call), results.count == types.count else {
      return nil
    }
    return results
  }

  /// Text that is equal for operations with equal results; `nil` if an inline constant is not short.
  private static func key(_ type: String, _ inputs: [Argument]) -> String? {
    var key = type
    for argument in inputs {
      key += "|\(argument.parameter)"
      for binding in argument.bindings {
        switch binding {
        case .name(let name): key += "=\(name)"
        case .constant(let constant):
          if let text = constant.string {
            key += ":\(text)"
          } else if let tensor = constant.tensor, tensor.count <= 64 {
            key += ":\(tensor.dtype.name)\(tensor.shape)\(tensor.doubles())"
          } else {
            return nil
          }
        }
      }
    }
    return key
  }

  /// The binding of an operand. Weights become named constants, which are shared if they are equal.
  private func binding(_ operand: Operand, _ label: String?) -> Binding {
    if let name = operand.name { return .name(name) }
    guard let constant = operand.constant else { preconditionFailure("a value without a name must be a constant") }
    guard let tensor = constant.tensor, tensor.rank > 0, tensor.count >= 10 || (tensor.dtype.isFloat && tensor.count > 1) else {
      return .constant(constant)
    }
    return .name(constantName(tensor, label))
  }

  private func constantName(_ tensor: Tensor, _ label: String?) -> String {
    let key = ConstantKey(tensor)
    if let same = constantNames[key]?.first(where: { $0.tensor == tensor }) { return same.name }
    let name = names.take(label.map(ProgramNames.sanitized) ?? (prefix.isEmpty ? "constant" : prefix + "_constant"))
    constantNames[key, default: []].append((tensor, name))
    constants.append(.const(name, Constant(tensor, opset: opset)))
    return name
  }

  /// Appends an operation that decodes stored data. It precedes all others, like constants.
  func decoder(_ type: String, _ arguments: [String: (any Argumentable)?], attributes: Bool, label: String?) throws -> Value {
    guard let op = Catalog.storable[type] else { throw Refusal("the program has no operator \(type)") }
    var given: [String: [Operand]] = [:]
    for (parameter, argument) in arguments { if let argument { given[parameter] = try argument.operands().map(\.operand) } }
    let name = names.take(label.map(ProgramNames.sanitized) ?? type)
    let call = Call(
      operation: Operation(type: type, outputs: [NamedType(name, .scalar(.float32))]), opset: opset, signature: op.signature,
      operands: given)
    let types: [ValueType]
    do {
      try call.check()
      types = try op.infer(call)
    } catch let error as OperatorError {
      throw Refusal("\(error.operatorName): \(error.problem)")
    }
    var operation = Operation(type: type, outputs: [NamedType(name, types[0])], attributes: [Attribute("name", Constant(name))])
    for (parameter, operands) in given.sorted(by: { $0.key < $1.key }) {
      guard var constant = operands.first?.constant else { continue }
      if let tensor = constant.tensor { constant = Constant(tensor, opset: opset) }
      if attributes {
        operation.attributes.append(Attribute(parameter, constant))
      } else if constant.placement == .immediate {
        operation.inputs.append(Argument(parameter, constant))
      } else {
        let inner = names.take("\(name)_\(parameter)")
        constants.append(.const(inner, constant))
        operation.inputs.append(Argument(parameter, inner))
      }
    }
    constants.append(operation)
    return Value(operand: Operand(name: name, type: types[0]))
  }

  // MARK: Blocks

  /// Builds a nested block.
  func block(inputs: [NamedType] = [], _ body: () throws -> [Value]) throws -> (block: Block, types: [ValueType]) {
    let outer = (operations, known)
    operations = []
    blockDepth += 1
    defer {
      (operations, known) = outer
      blockDepth -= 1
    }
    guard blockDepth < 64 else { throw Refusal("blocks are nested too deeply") }
    let results = try body()
    var outputs: [String] = []
    let own = Set(operations.flatMap { $0.outputs.map(\.name) })
    for result in results {
      let operand = try result.operand()
      if let name = operand.name, own.contains(name), !outputs.contains(name) {
        outputs.append(name)
        continue
      }
      // A block may not return a value of its surroundings twice or directly: it returns copies.
      let name = names.take("\(prefix)_result")
      let copied: Binding = operand.name.map { .name($0) } ?? binding(operand, result.label)
      operations.append(
        Operation(
          type: "identity", inputs: [Argument("x", [copied])], outputs: [NamedType(name, operand.type)],
          attributes: [Attribute("name", Constant(name))]))
      outputs.append(name)
    }
    return (Block(inputs: inputs, operations: operations, outputs: outputs), try results.map { try $0.operand().type })
  }

  /// Appends an operation with blocks.
  func append(_ type: String, _ inputs: [Argument], blocks: [Block], results: [ValueType]) -> [Value] {
    let base = names.take(prefix.isEmpty ? type : "\(prefix)_\(type)")
    let outputs = results.enumerated().map { i, type in NamedType(i == 0 ? base : names.take("\(base)_\(i)"), type) }
    operations.append(
      Operation(type: type, inputs: inputs, outputs: outputs, blocks: blocks, attributes: [Attribute("name", Constant(base))]))
    return outputs.map { Value(operand: Operand(name: $0.name, type: $0.type)) }
  }

  /// Appends a copy of a value under a given name.
  func bind(_ name: String, to value: Value) throws {
    let operand = try value.operand()
    let source: Binding = operand.name.map { .name($0) } ?? binding(operand, value.label)
    operations.append(
      Operation(
        type: "identity", inputs: [Argument("x", [source])], outputs: [NamedType(name, operand.type)],
        attributes: [Attribute("name", Constant(name))]))
  }

  /// The binding of a value, for operations with blocks.
  func binding(of value: Value) throws -> Binding { binding(try value.operand(), value.label) }

  func note(_ subject: String, _ text: String) { notes.append(ConversionNote(subject: subject, text: text)) }
}

/// Identifies constants that may be equal.
private struct ConstantKey: Hashable {
  let dtype: DType
  let shape: Shape
  let sample: Int

  init(_ tensor: Tensor) {
    dtype = tensor.dtype
    shape = tensor.shape
    var hasher = Hasher()
    tensor.withBytes { bytes in
      let step = max(bytes.count / 4096, 1)
      for i in stride(from: 0, to: bytes.count, by: step) { hasher.combine(bytes[i]) }
    }
    sample = hasher.finalize()
  }
}
