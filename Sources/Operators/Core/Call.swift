// SPDX-License-Identifier: Apache-2.0
// An operation with the types and, if known, the values of its inputs.

import Encodings
import MIL
import Tensors

/// An operand of a parameter.
package struct Operand: Sendable {
  /// The value's name in the program; `nil` for an inline constant.
  package let name: String?
  package let type: ValueType
  /// The value, if it does not depend on the inputs of the program.
  package let constant: Constant?
  /// A weight in its stored form. `constant` is `nil` if it has not been decoded.
  package let encoded: EncodedWeight?

  package init(name: String?, type: ValueType, constant: Constant? = nil, encoded: EncodedWeight? = nil) {
    self.name = name
    self.type = type
    self.constant = constant
    self.encoded = encoded
  }

  /// An operand with a known value.
  package init(_ tensor: Tensor, name: String? = nil) {
    self.init(name: name, type: .tensor(TensorType(tensor.dtype, tensor.shape)), constant: Constant(tensor))
  }
}

/// An operation in the form that operators receive.
package struct Call: Sendable {
  package let operation: Operation
  package let opset: Opset
  package let signature: Signature
  /// The operands by parameter, in signature order.
  package let operands: ByParameter<[Operand]>

  package init(operation: Operation, opset: Opset, signature: Signature, operands: ByParameter<[Operand]>) {
    self.operation = operation
    self.opset = opset
    self.signature = signature
    self.operands = operands.ordered(by: signature)
  }

  package init(operation: Operation, opset: Opset, signature: Signature, operands: [String: [Operand]]) {
    self.init(
      operation: operation, opset: opset, signature: signature, operands: ByParameter(operands.sorted { $0.key < $1.key }))
  }

  package func has(_ parameter: String) -> Bool { !(operands[parameter] ?? []).isEmpty }

  /// All operands of a variadic parameter.
  package func list(_ parameter: String) -> [Operand] { operands[parameter] ?? [] }

  /// The operand of a required parameter, of any type.
  package func operand(_ parameter: String) throws -> Operand {
    guard let operand = operands[parameter]?.first else { throw missing(parameter) }
    return operand
  }

  // MARK: Types

  /// The type of a required tensor parameter.
  package func type(_ parameter: String) throws -> TensorType {
    guard let operand = operands[parameter]?.first else { throw missing(parameter) }
    guard let type = operand.type.tensorType else {
      throw error("\(parameter) must be a tensor, found \(operand.type)")
    }
    return type
  }

  /// The type of an optional tensor parameter.
  package func optionalType(_ parameter: String) throws -> TensorType? {
    has(parameter) ? try type(parameter) : nil
  }

  /// The shape of a parameter's operand; `nil` if there is no operand or its shape is unknown.
  func shape(_ parameter: String) -> Shape? { (try? optionalType(parameter))?.shape }

  // MARK: Values
  //
  // Each returns the bound value, or the signature's default if there is none. `nil` means that the value is not known before the
  // program runs, or optional and absent.

  package func tensor(_ parameter: String) -> Tensor? { operands[parameter]?.first?.constant?.tensor }

  package func integers(_ parameter: String) throws -> [Int]? {
    if has(parameter) { return tensor(parameter)?.integers() }
    switch try defaultValue(parameter) {
    case .int(let v): return [v]
    case .ints(let v): return v
    case nil: return nil
    default: throw error("\(parameter) is not an integer")
    }
  }

  package func integer(_ parameter: String) throws -> Int? {
    guard let all = try integers(parameter) else { return nil }
    guard all.count == 1 else { throw error("\(parameter) must be one integer, found \(all.count)") }
    return all[0]
  }

  package func float(_ parameter: String) throws -> Double? {
    if has(parameter) {
      guard let t = tensor(parameter) else { return nil }
      guard t.count == 1 else { throw error("\(parameter) must be one number, found \(t.count)") }
      return t.doubles()[0]
    }
    switch try defaultValue(parameter) {
    case .float(let v): return v
    case .int(let v): return Double(v)
    case nil: return nil
    default: throw error("\(parameter) is not a number")
    }
  }

  package func bool(_ parameter: String) throws -> Bool? {
    if has(parameter) {
      guard let t = tensor(parameter) else { return nil }
      guard t.count == 1 else { throw error("\(parameter) must be one boolean, found \(t.count)") }
      return t.integers()[0] != 0
    }
    guard let value = try defaultValue(parameter) else { return nil }
    guard case .bool(let v) = value else { throw error("\(parameter) is not a boolean") }
    return v
  }

  package func string(_ parameter: String) throws -> String? {
    if has(parameter) { return operands[parameter]?.first?.constant?.string }
    guard let value = try defaultValue(parameter) else { return nil }
    guard case .string(let v) = value else { throw error("\(parameter) is not a string") }
    return v
  }

  /// The value of a parameter that must be known during planning.
  package func known<T>(_ value: T?, _ parameter: String) throws -> T {
    guard let value else {
      if !has(parameter) { throw missing(parameter) }
      throw error("\(parameter) must be a constant, but it depends on the program's inputs")
    }
    return value
  }

  /// A float that must be known during planning.
  package func number(_ parameter: String) throws -> Float { Float(try known(float(parameter), parameter)) }

  private func defaultValue(_ parameter: String) throws -> DefaultValue? {
    guard let declared = signature.parameter(parameter) else {
      preconditionFailure("\(signature.name) declares no parameter \(parameter)")
    }
    switch declared.presence {
    case .required: throw missing(parameter)
    case .optional: return nil
    case .defaultsTo(let value): return value
    }
  }

  /// A weight in its stored form, without decoding.
  package func stored(_ parameter: String) -> EncodedWeight? {
    guard let operand = operands[parameter]?.first, operand.constant == nil else { return nil }
    return operand.encoded
  }

  /// Whether the values of all operands are known.
  package var isConstant: Bool { operands.values.allSatisfy { $0.allSatisfy { $0.constant != nil } } }

  /// A copy of the call in which some operands are replaced by constants.
  package func replacing(_ tensors: [String: Tensor]) -> Call {
    var operands = operands
    for (parameter, tensor) in tensors {
      operands[parameter] = [Operand(tensor, name: operands[parameter]?.first?.name)]
    }
    return Call(operation: operation, opset: opset, signature: signature, operands: operands)
  }

  // MARK: Errors

  package func error(_ problem: String) -> OperatorError {
    OperatorError(operatorName: operation.type, operationName: operation.name, problem: problem)
  }

  package func missing(_ parameter: String) -> OperatorError { error("the input \(parameter) is missing") }
}
