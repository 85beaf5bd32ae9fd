// SPDX-License-Identifier: Apache-2.0
// cond, while_loop, lists, classify: their types.

import MIL
import Operators
import Tensors
import Testing

@Suite("Control flow, lists, labels") struct ControlFlowTests {
  private func block(_ type: ValueType, inputs: [NamedType] = []) -> Block {
    Block(inputs: inputs, operations: [Operation(type: "identity", outputs: [NamedType("out", type)])], outputs: ["out"])
  }

  @Test func condGivesWhatBothBranchesGive() throws {
    let two = block(tensorType(.float32, 2)), three = block(tensorType(.float32, 3)), whole = block(tensorType(.int32, 2))
    #expect(try inferred("cond", ["pred": true], blocks: [two, two]) == ["tensor<fp32, [2]>"])
    #expect(try inferred("cond", ["pred": true], blocks: [block(tensorType(.float32, nil)), three]) == ["tensor<fp32, [?]>"])
    #expect(
      fault { try inferred("cond", ["pred": true], blocks: [two, whole]) }
        == "cond 'y': output 0 is tensor<fp32, [2]> in one block and tensor<int32, [2]> in the other, expected the same type")
    #expect(fault { try inferred("cond", ["pred": true], blocks: [two]) } == "cond 'y': has 1 blocks, expected the true and the false one")
    #expect(fault { try inferred("cond", ["pred": 1], blocks: [two, two]) } == "cond 'y': pred must be bool, found int32")
  }

  @Test func loopGivesWhatItsBodyGives() throws {
    let variable = [NamedType("v", tensorType(.int32))]
    let test = block(tensorType(.bool), inputs: variable)
    let body = block(tensorType(.int32), inputs: variable)
    #expect(try inferred("while_loop", ["loop_vars": [0].asScalars], blocks: [test, body]) == ["int32"])
    #expect(
      fault { try inferred("while_loop", ["loop_vars": [0].asScalars], blocks: [body, body]) }
        == "while_loop 'y': its condition returns int32, expected a bool")
    #expect(
      fault { try inferred("while_loop", ["loop_vars": [0, 1].asScalars], blocks: [test, body]) }
        == "while_loop 'y': a block has 1 inputs, expected one for each of the 2 loop_vars")
    #expect(
      fault { try inferred("while_loop", ["loop_vars": [tensorType(.float32, 1)]], blocks: [test, body]) }.contains(
        "loop_vars 0 is tensor<fp32, [1]>, but the body takes int32"))
    #expect(fault { try makeCall("cond", ["pred": true], blocks: [body, body]).evaluate() }.contains("executed by the runtime"))
  }

  @Test func lists() throws {
    let shape = [Tensor(scalar: Int32(2)).operands, "n".operands].map { Bound(operands: $0) }
    #expect(try inferred("make_list", ["elem_shape": shape, "dtype": "fp16"]) == ["list<tensor<fp16, [2, ?]>, ?>"])
    #expect(
      try inferred("make_list", ["elem_shape": [Tensor(scalar: Int32(3))], "init_length": 4, "dynamic_length": false]) == [
        "list<tensor<fp32, [3]>, 4>"
      ])
    #expect(
      fault { try inferred("make_list", ["elem_shape": [Tensor(scalar: Int32(3))], "dtype": "fp64"]) }
        == "make_list 'y': dtype is \"fp64\", expected bool, fp16, fp32 or int32")
    let list = ValueType.list(tensorType(.float32, 3), length: .fixed(4))
    #expect(try inferred("list_read", ["ls": list, "index": 0]) == ["tensor<fp32, [3]>"])
    #expect(try inferred("list_gather", ["ls": list, "indices": [0, 2]]) == ["tensor<fp32, [2, 3]>"])
    #expect(try inferred("list_write", ["ls": list, "index": 0, "value": tensorType(.float32, 3)]) == ["list<tensor<fp32, [3]>, 4>"])
    #expect(
      try inferred("list_scatter", ["ls": list, "indices": [0, 1], "value": tensorType(.float32, 2, 3)]) == ["list<tensor<fp32, [3]>, 4>"])
    #expect(try inferred("list_length", ["ls": list]) == ["int32"])
    let length = try makeCall("list_length", ["ls": list])
    #expect(try Catalog.find(length.operation).fold(length) == [Tensor(scalar: Int32(4))])
    #expect(
      fault { try inferred("list_write", ["ls": list, "index": 0, "value": tensorType(.float32, 2)]) }
        == "list_write 'y': value is tensor<fp32, [2]>, but the list holds tensor<fp32, [3]>")
    #expect(
      fault { try inferred("list_read", ["ls": counting([2]), "index": 0]) }
        == "list_read 'y': ls must be a list of tensors, found tensor<fp32, [2]>")
  }

  @Test func labels() throws {
    let names = ValueType.list(.scalar(.string), length: .fixed(3))
    #expect(try inferred("classify", ["probabilities": tensorType(.float32, 1, 3), "classes": names]) == ["string", "dict<string, fp64>"])
    #expect(
      try inferred("classify", ["probabilities": tensorType(.float32, nil), "classes": tensorType(.int64, 3)]) == [
        "int64", "dict<int64, fp64>",
      ])
    #expect(
      fault { try inferred("classify", ["probabilities": tensorType(.float32, 4), "classes": names]) }
        == "classify 'y': classes has 3 labels, expected one for each of the 4 probabilities")
  }
}

/// Operands of mixed kinds, for variadic parameters.
private struct Bound: Bindable { let operands: [Operand] }

extension [Int] {
  /// One scalar operand for each element, instead of a vector.
  fileprivate var asScalars: [Tensor] { map { Tensor(scalar: Int32($0)) } }
}
