// SPDX-License-Identifier: Apache-2.0
// read_state, write_state, coreml_update_state.

import MIL
import Operators
import Tensors
import Testing

@Suite("States") struct StatesTests {
  private let state = ValueType.state(tensorType(.float32, 1, 2))

  @Test func types() throws {
    #expect(try inferred("read_state", opset: .iOS18, ["input": state]) == ["tensor<fp32, [1, 2]>"])
    #expect(try inferred("write_state", opset: .iOS18, ["input": state, "data": tensorType(.float32, 1, 2)]) == [])
    #expect(
      try inferred("coreml_update_state", opset: .iOS18, ["state": state, "value": tensorType(.float32, 1, 2)]) == ["tensor<fp32, [1, 2]>"])
    #expect(
      fault { try inferred("read_state", opset: .iOS18, ["input": tensorType(.float32, 1)]) }
        == "read_state 'y': input must be a state that holds a tensor, found tensor<fp32, [1]>")
    #expect(
      fault { try inferred("write_state", opset: .iOS18, ["input": state, "data": tensorType(.float32, 2)]) }
        == "write_state 'y': data is tensor<fp32, [2]>, but the state holds tensor<fp32, [1, 2]>")
    #expect(fault { try inferred("read_state", opset: .iOS17, ["input": state]) } == "read_state 'y': needs iOS18, the program is iOS17")
  }
}
