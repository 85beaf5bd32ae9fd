// SPDX-License-Identifier: Apache-2.0
// All operators of MIL that Wane knows, by name.

import MIL
import Tensors

/// The operators, found by name.
package enum Catalogue {
  /// Every family's list; an operator is in exactly one.
  package static let all: [any Operator.Type] = families.flatMap(\.operators)

  private static let byName: [String: any Operator.Type] =
    Dictionary((all + trainingFamilies.flatMap(\.operators)).map { ($0.signature.name, $0) }, uniquingKeysWith: { first, _ in first })

  /// The operator of that name.
  ///
  /// - Throws: `OperatorError` naming the operation when there is none.
  package static func find(_ operation: Operation) throws -> any Operator.Type {
    guard let found = byName[operation.type] else {
      throw OperatorError(
        operatorName: operation.type, operationName: operation.name,
        problem: "Wane does not know this operator")
    }
    return found
  }

  package static func find(named name: String) -> (any Operator.Type)? { byName[name] }

  /// Checks an operation against its operator's signature: parameters known and present, in this opset, of the
  /// right element types.
  ///
  /// - Throws: `OperatorError` for the first fault.
  package static func check(_ call: Call) throws {
    let signature = call.signature
    guard call.opset >= signature.since else {
      throw call.error("needs \(signature.since), the program is \(call.opset)")
    }
    var letters: [Character: (parameter: String, dtype: String)] = [:]
    for (name, operands) in call.operands.sorted(by: { $0.key < $1.key }) {
      guard let parameter = signature.parameter(name) else {
        let known = signature.parameters.map(\.name).joined(separator: ", ")
        throw call.error("has no input \(name) (inputs: \(known))")
      }
      guard call.opset >= parameter.since else {
        throw call.error("\(name) needs \(parameter.since), the program is \(call.opset)")
      }
      guard parameter.isVariadic || operands.count == 1 else {
        throw call.error("\(name) takes one value, found \(operands.count)")
      }
      for operand in operands {
        guard let dtype = operand.type.tensorType?.dtype else { continue }
        guard let since = parameter.domain.dtypes[dtype], call.opset >= max(since, .iOS15) else {
          let allowed = parameter.domain.dtypes.filter { $0.value <= call.opset }.keys.map(\.name).sorted()
          throw call.error("\(name) must be \(allowed.joined(separator: ", ")), found \(dtype.name)")
        }
        guard let letter = parameter.domain.letter(in: call.opset) else { continue }
        if let first = letters[letter], first.dtype != dtype.name {
          throw call.error("\(first.parameter) is \(first.dtype) but \(name) is \(dtype.name); they must agree")
        }
        letters[letter] = (name, dtype.name)
      }
    }
    for parameter in signature.parameters where !call.has(parameter.name) {
      if case .required = parameter.presence { throw call.missing(parameter.name) }
    }
  }
}
