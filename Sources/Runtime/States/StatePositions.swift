// SPDX-License-Identifier: Apache-2.0
// Which axis of a state holds one entry for each position of a sequence.

import MIL
import Operators
import Tensors

extension Function {
  /// The axis of each state along which the program writes a part that depends on its inputs, as a cache of keys or values is written
  /// at the positions of the new tokens. States that are replaced as a whole have none.
  package var positionAxes: [String: Int] {
    var producers: [String: MIL.Operation] = [:]
    for operation in block.operations { for output in operation.outputs { producers[output.name] = operation } }
    var axes: [String: Int] = [:]
    for operation in block.operations where operation.type == "slice_update" {
      guard let target = operation.name(of: "x"), let state = state(of: target, producers),
        let begin = operation.name(of: "begin"), let axis = Self.changingElement(of: begin, producers)
      else { continue }
      axes[state] = axis
    }
    return axes
  }

  /// The state whose content a value is, before or after updates of parts.
  private func state(of value: String, _ producers: [String: MIL.Operation]) -> String? {
    var value = value
    while let operation = producers[value] {
      switch operation.type {
      case "read_state": return operation.name(of: "input")
      case "coreml_update_state": return operation.name(of: "state")
      case "slice_update":
        guard let next = operation.name(of: "x") else { return nil }
        value = next
      default: return nil
      }
    }
    return nil
  }

  /// The index of the first element of a list of integers that is no constant.
  private static func changingElement(of list: String, _ producers: [String: MIL.Operation]) -> Int? {
    guard let operation = producers[list] else { return nil }
    switch operation.type {
    case "concat":
      var index = 0
      for binding in operation.bindings(of: "values") {
        let constant: Constant? =
          switch binding {
          case .constant(let constant): constant
          case .name(let name): producers[name]?.constantValue
          }
        guard let tensor = constant?.tensor else { return index }
        index += max(tensor.count, 1)
      }
      return nil
    case "cast", "identity": return operation.name(of: "x").flatMap { changingElement(of: $0, producers) }
    default: return nil
    }
  }
}

extension MIL.Operation {
  fileprivate func bindings(of parameter: String) -> [Binding] { inputs.first { $0.parameter == parameter }?.bindings ?? [] }
  fileprivate func name(of parameter: String) -> String? { bindings(of: parameter).first?.name }
}
