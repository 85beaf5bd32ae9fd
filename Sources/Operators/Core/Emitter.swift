// SPDX-License-Identifier: Apache-2.0
// Appends operations to a function, with inferred types.

import MIL
import Tensors

/// An argument of an operation that is being emitted.
package protocol Emittable {
  var bindings: [Binding] { get }
}

extension Int: Emittable { package var bindings: [Binding] { [.constant(.int32(self))] } }
extension Bool: Emittable { package var bindings: [Binding] { [.constant(.bool(self))] } }
extension Float: Emittable { package var bindings: [Binding] { [.constant(Constant(Tensor(scalar: self)))] } }
extension String: Emittable { package var bindings: [Binding] { [.constant(Constant(self))] } }
extension Tensor: Emittable { package var bindings: [Binding] { [.constant(Constant(self))] } }
extension TypedValue: Emittable { package var bindings: [Binding] { [binding] } }
/// Integers and booleans form a vector; other values bind a variadic parameter.
extension Array: Emittable where Element: Emittable {
  package var bindings: [Binding] {
    if Element.self == Int.self, let integers = self as? [Int] { return [.constant(.int32s(integers))] }
    if Element.self == Bool.self, let flags = self as? [Bool] { return [.constant(Constant(Tensor(flags)))] }
    return flatMap(\.bindings)
  }
}

/// Appends operations to a function's block; names are made unique, types are inferred.
///
/// Losses, gradients and other computations added to a program are emitted with it.
package final class Emitter {
  /// The function's operations with inferred types, followed by those emitted since.
  package private(set) var operations: [Operation] = []
  private var typing: TypeInference
  private var names: FreshNames
  package let opset: Opset
  private let operators: OperatorTable

  /// An emitter that appends operations to the function's block.
  ///
  /// - Throws: `OperatorError` with the names of function and operation if the function has a type error.
  convenience init(_ function: Function, operators: OperatorTable) throws {
    try self.init(beginning: function, operators: operators)
    do {
      for operation in function.block.operations { try append(operation) }
    } catch var error as OperatorError {
      error.function = error.function ?? function.name
      throw error
    }
  }

  /// An emitter that starts with an empty block. It knows the function's inputs and avoids all names that the
  /// function uses.
  ///
  /// - Parameter mode: `refining` takes unknown extents from declared types.
  init(beginning function: Function, operators: OperatorTable, mode: TypeInference.Mode = .replacing) throws {
    guard let opset = Opset(name: function.opset) else {
      throw OperatorError(
        operatorName: "opset", operationName: function.opset, problem: "unknown opset, expected \(Opset.iOS15.name) or newer",
        function: function.name)
    }
    self.opset = opset
    self.operators = operators
    names = FreshNames(function)
    typing = TypeInference(opset: opset, operators: operators, mode: mode)
    for input in function.inputs + function.block.inputs { try typing.bind(input.name, input.type, nil, by: nil) }
  }

  /// The value with that name.
  package func value(_ name: String) throws -> TypedValue {
    guard let operand = typing.scope[name] else {
      throw OperatorError(operatorName: "value", operationName: name, problem: "no operation produces a value with this name")
    }
    return TypedValue(operand, in: self)
  }

  /// Whether a value has that name.
  package func has(_ name: String) -> Bool { typing.scope[name] != nil }

  /// The call for an operation of this function.
  package func call(_ operation: Operation) throws -> Call { try Call(operation, opset: opset, operators: operators) { typing.scope[$0] } }

  /// Whether an operation about to be appended is replaced by its operator's expansion.
  package var expands: (Operation) -> Bool = { _ in false }
  /// Called with every operation that was appended.
  package var appended: (Operation) -> Void = { _ in }

  /// Appends an operation, or its expansion, with inferred output types.
  package func append(_ operation: Operation) throws {
    if case .expansion(let expansion) = try operators.find(operation).gradient, expands(operation) {
      for (output, value) in zip(operation.outputs, try expansion(call(operation), self)) { try bind(output.name, to: value) }
      return
    }
    operations.append(try typing.infer(operation))
    appended(operation)
  }

  /// An inline constant, repeated wherever the value is used.
  package func constant(_ tensor: Tensor) throws -> TypedValue { TypedValue(Operand(tensor), in: self) }

  /// Appends an operation and returns its outputs.
  ///
  /// - Parameter name: name of its first output, made unique; by default derived from the operator's name.
  /// - Throws: `OperatorError` if the inputs do not match the operator's signature.
  @discardableResult
  package func emitAll(_ type: String, _ inputs: [String: (any Emittable)?], name: String? = nil) throws -> [TypedValue] {
    let arguments = inputs.compactMap { parameter, value in value.map { Argument(parameter, $0.bindings) } }
    let base = names.take(name ?? type)
    var operation = Operation(
      type: type, inputs: arguments.sorted { $0.parameter < $1.parameter }, outputs: [], attributes: [Attribute("name", Constant(base))])
    let call = try call(operation)
    try call.check()
    let types = try operators.find(operation).infer(call)
    operation.outputs = types.enumerated().map { i, type in NamedType(i == 0 ? base : names.take("\(base)_\(i)"), type) }
    try append(operation)
    return try operation.outputs.map { try value($0.name) }
  }

  /// Appends an operation with one output and returns the output.
  package func emit(_ type: String, _ inputs: [String: (any Emittable)?], name: String? = nil) throws -> TypedValue {
    try emitAll(type, inputs, name: name)[0]
  }

  // MARK: Rewriting

  /// Removes the operations appended since the operation with index `first`.
  package func discard(from first: Int) { operations.removeSubrange(first...) }

  /// Gives a value that was appended since the operation with index `first` a name that the function reserves.
  ///
  /// - Parameter operationName: the name of its operation; `nil` to keep it.
  package func rename(_ name: String, to wanted: String, since first: Int, operationName: String?) {
    let names: [String: Binding] = [name: .name(wanted)]
    for i in first..<operations.count {
      operations[i] = operations[i].renamed(names)
      for j in operations[i].outputs.indices where operations[i].outputs[j].name == name {
        operations[i].outputs[j].name = wanted
        guard let operationName, let at = operations[i].attributes.firstIndex(where: { $0.name == "name" }) else { continue }
        operations[i].attributes[at].value = Constant(operationName)
      }
    }
    guard let operand = typing.scope.removeValue(forKey: name) else { return }
    typing.scope[wanted] = Operand(name: wanted, type: operand.type, constant: operand.constant, encoded: operand.encoded)
  }

  /// The operations that `body` appends for a nested block with these inputs; the values that they define go out of scope.
  package func collecting(_ inputs: [NamedType], _ body: () throws -> Void) throws -> [Operation] {
    let (outer, scope) = (operations, typing.scope)
    operations = []
    defer {
      operations = outer
      typing.scope = scope
    }
    for input in inputs { try typing.bind(input.name, input.type, nil, by: nil) }
    try body()
    return operations
  }

  /// Binds a value to a name that the function reserves and that is not bound yet.
  package func bind(_ name: String, to value: TypedValue) throws {
    try append(
      Operation(
        type: "identity", inputs: [Argument("x", value.bindings)], outputs: [NamedType(name, value.operand.type)],
        attributes: [Attribute("name", Constant(name))]))
  }

  /// Appends a block's operations with fresh names and these values as inputs, and returns its outputs.
  package func inline(_ block: Block, _ inputs: [TypedValue]) throws -> [TypedValue] {
    var renamed: [String: Binding] = [:]
    for (input, value) in zip(block.inputs, inputs) { renamed[input.name] = value.binding }
    for operation in block.operations {
      var copy = operation.renamed(renamed)
      for i in copy.outputs.indices {
        let old = operation.outputs[i].name
        copy.outputs[i].name = names.take(old)
        renamed[old] = .name(copy.outputs[i].name)
      }
      try append(copy)
    }
    return try block.outputs.map { output in
      switch renamed[output] ?? .name(output) {
      case .name(let name): try value(name)
      case .constant(let constant): TypedValue(Operand(name: nil, type: constant.type, constant: constant), in: self)
      }
    }
  }

  /// A fresh name derived from `base`.
  package func freshName(_ base: String) -> String { names.take(base) }
}

extension Operation {
  /// The operation with inputs renamed, in its blocks too.
  fileprivate func renamed(_ names: [String: Binding]) -> Operation {
    var operation = self
    for i in inputs.indices {
      operation.inputs[i].bindings = inputs[i].bindings.map { $0.name.flatMap { names[$0] } ?? $0 }
    }
    operation.blocks = blocks.map { block in
      var block = block
      block.operations = block.operations.map { $0.renamed(names) }
      block.outputs = block.outputs.map { names[$0]?.name ?? $0 }
      return block
    }
    return operation
  }
}
