// SPDX-License-Identifier: Apache-2.0
// Checks a call against the signature of its operator.

import MIL
import Tensors

extension Call {
  /// Checks that all parameters are known, that required ones are present in this opset, and that element types
  /// match.
  ///
  /// - Throws: `OperatorError` for the first error.
  package func check() throws {
    guard opset >= signature.since else {
      throw error("needs \(signature.since), the program is \(opset)")
    }
    var letters: [Character: (parameter: String, dtype: String)] = [:]
    for (name, operands) in operands.sorted(by: { $0.key < $1.key }) {
      guard let parameter = signature.parameter(name) else {
        let known = signature.parameters.map(\.name).joined(separator: ", ")
        throw error("has no input \(name) (inputs: \(known))")
      }
      guard opset >= parameter.since else {
        throw error("\(name) needs \(parameter.since), the program is \(opset)")
      }
      guard parameter.isVariadic || operands.count == 1 else {
        throw error("\(name) takes one value, found \(operands.count)")
      }
      for operand in operands {
        guard let dtype = operand.type.tensorType?.dtype else { continue }
        guard let since = parameter.domain.dtypes[dtype], opset >= max(since, .iOS15) else {
          let allowed = parameter.domain.dtypes.filter { $0.value <= opset }.keys.map(\.name).sorted()
          throw error("\(name) must be \(allowed.joined(separator: ", ")), found \(dtype.name)")
        }
        guard let letter = parameter.domain.letter(in: opset) else { continue }
        if let first = letters[letter], first.dtype != dtype.name {
          throw error("\(first.parameter) is \(first.dtype) but \(name) is \(dtype.name); they must agree")
        }
        letters[letter] = (name, dtype.name)
      }
    }
    for parameter in signature.parameters where !has(parameter.name) {
      if case .required = parameter.presence { throw missing(parameter.name) }
    }
  }
}
