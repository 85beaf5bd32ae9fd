// SPDX-License-Identifier: Apache-2.0
// Buffers that outlive a prediction: read, written, or both at once.
//
// The file format knows `read_state` and `write_state`; coremltools writes its `coreml_update_state` as the two in turn.
// The runtime binds a state's buffer to the state parameter; order of reads and writes is the order of operations.

import Kernels
import MIL
import Tensors

/// The content of a state, copied out.
enum ReadState: Operator {
  static let signature = Signature("read_state", since: .iOS18, [Parameter("input", .any)])
  static func infer(_ call: Call) throws -> [ValueType] { [.tensor(try States.content(call, "input"))] }
  static var hasEffect: Bool { true }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    try States.copy(request, from: request.input("input"), to: request.output)
  }
}

/// `data` becomes the content of the state. No outputs.
enum WriteState: Operator {
  static let signature = Signature("write_state", since: .iOS18, [Parameter("input", .any), Parameter("data", .any)])
  static func infer(_ call: Call) throws -> [ValueType] {
    try States.checkFits(call, value: "data", state: "input")
    return []
  }
  static var hasEffect: Bool { true }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    try States.copy(request, from: request.input("data"), to: request.input("input"))
  }
}

/// `value` becomes the content of the state, and is the result.
enum UpdateState: Operator {
  static let signature = Signature(
    "coreml_update_state", since: .iOS18, [Parameter("state", .any), Parameter("value", .any)])
  static func infer(_ call: Call) throws -> [ValueType] {
    try States.checkFits(call, value: "value", state: "state")
    return [.tensor(try States.content(call, "state"))]
  }
  static var hasEffect: Bool { true }
  static func kernel(_ request: KernelRequest) throws -> Kernel {
    let value = try request.input("value")
    let write = try States.copy(request, from: value, to: request.input("state"))
    guard request.outputs.first.map({ $0.pointer != value.pointer }) == true else { return write }
    let give = try States.copy(request, from: value, to: request.output)
    return Kernel("copy") {
      try write.run()
      try give.run()
    }
  }
}

enum States {
  /// The type of what a state holds.
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

  fileprivate static func copy(_ request: KernelRequest, from: Buffer, to: Buffer) throws -> Kernel {
    guard from.dtype == to.dtype, from.shape == to.shape else {
      throw request.call.error("\(from.dtype.name)\(from.shape) does not fit \(to.dtype.name)\(to.shape)")
    }
    return Kernel(copying: from, to: to)
  }

  static let operators: [any Operator.Type] = [ReadState.self, WriteState.self, UpdateState.self]
}
