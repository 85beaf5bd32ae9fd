// SPDX-License-Identifier: Apache-2.0
// State operators: reading and writing buffers that persist between predictions.
//
// The file format knows `read_state` and `write_state`; coremltools writes its `coreml_update_state` as the two in turn.
// The runtime owns the states; reads and writes happen in program order.

import MIL
import Tensors

/// A copy of the state's content.
enum ReadState: RuntimeOperator {
  static let signature = Signature("read_state", since: .iOS18, [Parameter("input", .any)])
  static var execution: Execution { .readsState("input") }
  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try States.content(call, "input"))] }
  static var hasEffect: Bool { true }
}

/// Writes `data` to the state. No outputs.
enum WriteState: RuntimeOperator {
  static let signature = Signature("write_state", since: .iOS18, [Parameter("input", .any), Parameter("data", .any)])
  static var execution: Execution { .writesState("input", from: "data") }
  static func infer(_ call: Call) throws -> [ValueType] {
    try States.checkFits(call, value: "data", state: "input")
    return []
  }
  static var hasEffect: Bool { true }
}

/// Writes `value` to the state and returns it.
enum UpdateState: RuntimeOperator {
  static let signature = Signature(
    "coreml_update_state", since: .iOS18, [Parameter("state", .any), Parameter("value", .any)])
  static var execution: Execution { .writesState("state", from: "value") }
  static func infer(_ call: Call) throws -> [ValueType] {
    try States.checkFits(call, value: "value", state: "state")
    return [.tensor(try States.content(call, "state"))]
  }
  static var hasEffect: Bool { true }
}

enum States {
  /// The type of a state's content.
  fileprivate static func content(_ call: Call, _ parameter: String) throws -> TensorType {
    guard case .state(.tensor(let content)) = try call.operand(parameter).type else {
      throw call.error("\(parameter) must be a state that holds a tensor, found \(try call.operand(parameter).type)")
    }
    return content
  }

  fileprivate static func checkFits(_ call: Call, value: String, state: String) throws {
    let content = try content(call, state)
    guard content.accepts(try call.type(value)) else {
      throw call.error("\(value) is \(try call.type(value)), but the state holds \(content)")
    }
  }

  static let operators: [any Operator.Type] = [ReadState.self, WriteState.self, UpdateState.self]
}

extension ReadState { static let gradient = Gradient.states }
extension WriteState { static let gradient = Gradient.states }
extension UpdateState { static let gradient = Gradient.states }

extension Gradient {
  fileprivate static let states = Gradient.none("gradients do not propagate between predictions")
}
