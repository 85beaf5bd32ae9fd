// SPDX-License-Identifier: Apache-2.0
// Runs a MIL operator at once, on tensors instead of in a program.

import Kernels
import MIL
import Operators
import Tensors

/// An argument of an operator that runs at once.
package enum EagerArgument: Sendable {
  case tensor(Tensor)
  /// The values of a variadic parameter.
  case tensors([Tensor])
  case text(String)
  case texts([String])
  case boolean(Bool)
  case number(Double)
  case numbers([Double])
  case booleans([Bool])
}

/// MIL operators on tensors: the same checks, type inference and kernels as in a program.
package enum EagerOperator {
  /// The opset whose operators run.
  package static let opset = Opset.iOS18

  /// Whether the operator can run by itself: it has no blocks, states or labels.
  package static func isAvailable(_ type: any Operator.Type) -> Bool {
    if case .kernel = type.execution { type.signature.name != "const" } else { false }
  }

  /// Runs an operator.
  ///
  /// - Parameters:
  ///   - arguments: by parameter. Numbers take the dtype of the tensors that the parameter must agree with; a tensor of another
  ///     dtype than the operator supports is an error, as in a program.
  /// - Returns: the outputs in order.
  /// - Throws: `OperatorError`; `AlgebraError` for a result that does not fit in memory.
  package static func run(_ type: any Operator.Type, _ arguments: [(parameter: String, value: EagerArgument)]) throws -> [Tensor] {
    let signature = type.signature
    var inputs: [Argument] = []
    for (parameter, value) in arguments {
      inputs.append(Argument(parameter, try bindings(value, parameter, signature, arguments).map { .constant($0) }))
    }
    let operation = Operation(type: signature.name, inputs: inputs, outputs: [], attributes: [Attribute("name", Constant("wane.op"))])
    let call = try Call(operation, opset: opset) { _ in nil }
    try call.check()
    for type in try type.kept(call) {
      guard let shape = type.shape else { continue }
      _ = try Tensor.allocatable(type.dtype.computed, shape, of: signature.name)
    }
    return try type.evaluate(call)
  }

  /// Runs the operator with this name.
  static func run(named name: String, _ arguments: [(parameter: String, value: EagerArgument)]) throws -> [Tensor] {
    guard let type = Catalog.find(named: name) else {
      throw OperatorError(operatorName: name, operationName: "wane.op", problem: "unknown operator")
    }
    return try run(type, arguments)
  }

  private static func bindings(
    _ value: EagerArgument, _ parameter: String, _ signature: Signature, _ arguments: [(parameter: String, value: EagerArgument)]
  ) throws -> [Constant] {
    guard let declared = signature.parameter(parameter) else {
      let known = signature.parameters.map(\.name).joined(separator: ", ")
      throw OperatorError(operatorName: signature.name, operationName: "wane.op", problem: "has no input \(parameter) (inputs: \(known))")
    }
    func numbers(_ values: [Double], _ shape: Shape) throws -> [Constant] {
      do {
        return [Constant(try Tensor(values, shape: shape).converted(to: dtype(of: declared, signature, arguments)))]
      } catch {
        throw OperatorError(operatorName: signature.name, operationName: "wane.op", problem: "\(parameter) is given \(error)")
      }
    }
    switch value {
    case .tensor(let tensor): return [Constant(tensor)]
    case .tensors(let tensors): return tensors.map { Constant($0) }
    case .text(let text): return [Constant(text)]
    case .texts(let texts): return [Constant(type: .tensor(TensorType(.string, [texts.count])), payload: .strings(texts))]
    case .boolean(let flag): return [Constant(Tensor(scalar: flag))]
    case .booleans(let flags): return [Constant(Tensor(flags))]
    case .number(let number): return try numbers([number], [])
    case .numbers(let values): return try numbers(values, [values.count])
    }
  }

  /// The dtype of numbers for a parameter: that of the tensors it is tied to, else of the first tensor, where it is supported.
  private static func dtype(
    of declared: Parameter, _ signature: Signature, _ arguments: [(parameter: String, value: EagerArgument)]
  ) -> DType {
    let allowed = declared.domain.dtypes.filter { $0.value <= opset }.map(\.key)
    if allowed == [.bool] { return .bool }
    if !allowed.contains(where: \.isFloat) {
      return allowed.contains(.int32) ? .int32 : allowed.first(where: \.isInteger) ?? .int32
    }
    let letter = declared.domain.letter(in: opset)
    var (tied, first): (DType?, DType?) = (nil, nil)
    for parameter in signature.parameters where parameter.name != declared.name {
      guard let value = arguments.first(where: { $0.parameter == parameter.name })?.value, let dtype = value.dtype else { continue }
      if letter != nil, parameter.domain.letter(in: opset) == letter { tied = tied ?? dtype }
      if parameter.domain.dtypes.keys.contains(where: \.isFloat) { first = first ?? dtype }
    }
    let found = tied ?? first ?? .float32
    return allowed.contains(found) ? found : .float32
  }
}

extension EagerArgument {
  fileprivate var dtype: DType? {
    switch self {
    case .tensor(let tensor): tensor.dtype
    case .tensors(let tensors): tensors.first?.dtype
    default: nil
    }
  }
}
