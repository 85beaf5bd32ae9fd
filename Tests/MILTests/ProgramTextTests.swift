// SPDX-License-Identifier: Apache-2.0
// The text form of programs, and reading it back.

import MIL
import Tensors
import Testing
import TestSupport

struct ProgramTextTests {
  @Test func writesAFunction() throws {
    let relu = Operation(
      type: "relu", inputs: [Argument("x", "x")],
      outputs: [NamedType("y", .tensor(.float32, [1, 3]))],
      attributes: [Attribute("name", Constant("y"))])
    let function = Function(
      inputs: [NamedType("x", .tensor(.float32, [1, 3]))], opset: .iOS17,
      block: Block(operations: [relu], outputs: ["y"]))
    let text = """
      func main<CoreML7>(x: tensor<fp32, [1, 3]>) {
        tensor<fp32, [1, 3]> y = relu(x = x)[name = string("y")]
      } -> (y)

      """
    #expect(Program(functions: [function]).text() == text)
    #expect(try Program(text: text).functions == [function])
  }

  @Test func displayLeavesOutBigConstantsAndFullDoesNot() {
    let small = Constant(Tensor([Int32(1), -2, 3]))
    #expect(small.text() == "tensor<int32, [3]>([1, -2, 3])")
    let weight = Constant(Tensor([Float](repeating: 0.5, count: 12), shape: [3, 4]))
    #expect(weight.text() == "tensor<fp32, [3, 4]>(48 bytes) @ \"@model_path/weights/weight.bin\"")
    #expect(
      weight.text(.full)
        == "tensor<fp32, [3, 4]>([0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5, 0.5])"
        + " @ \"@model_path/weights/weight.bin\"")
    let long = Constant(Tensor([UInt8](0..<20)))
    #expect(long.text(.full).hasPrefix("tensor<uint8, [20]>(hex \"000102030405"))
  }

  @Test func authorsMayBeBrief() throws {
    let program = try Program(
      text: """
        // a comment
        func main<iOS16>(x: tensor<fp32, [2]>) {
          w = [1.5, -2.0]; n = 3
          s = tensor<fp16, [2]>([0.5, inf])
          tensor<fp32, [2]> y = add(x = x, y = w)
          tensor<fp32, [2, 2]> z = stack(values = (x, y), axis = 0, flag = true, mode = "a\\"b")
        } -> (z)
        """)
    let function = program.functions[0]
    #expect(function.opset == "CoreML6")
    let operations = function.block.operations
    #expect(operations.map(\.type) == ["const", "const", "const", "add", "stack"])
    #expect(operations[0] == .const("w", Constant(Tensor([Float(1.5), -2]))))
    #expect(operations[1] == .const("n", .int32(3)))
    #expect(operations[2].constantValue?.tensor?.doubles() == [0.5, .infinity])
    #expect(operations[3].attributes == [Attribute("name", Constant("y"))])
    #expect(operations[4].inputs[0].bindings == [.name("x"), .name("y")])
    #expect(operations[4].bindings("axis") == [.constant(.int32(0))])
    #expect(operations[4].bindings("flag") == [.constant(.bool(true))])
    #expect(operations[4].bindings("mode") == [.constant(Constant("a\"b"))])
    #expect(try Program(text: program.text(.full)) == program)
  }

  @Test func typesOfOutputsComeFromTheInference() throws {
    let text = """
      func main(x: tensor<fp16, [4]>) {
        y = relu(x = x)
        r = loop(a = y) block (b: tensor<fp16, [4]>) { c = relu(x = b) } -> (c)
      } -> (r)
      """
    let program = try Program(text: text) { operation, types in
      let first = try #require(operation.inputs.first?.bindings.first?.name)
      return [try #require(types[first])]
    }
    let operations = program.functions[0].block.operations
    #expect(operations[0].outputs == [NamedType("y", .tensor(.float16, [4]))])
    #expect(
      operations[1].blocks[0].operations[0].outputs == [NamedType("c", .tensor(.float16, [4]))])
    #expect(operations[1].outputs == [NamedType("r", .tensor(.float16, [4]))])
    let place = MILError.Place(function: "main", operation: "y")
    #expect(throws: MILError.missingType("y", place)) { try Program(text: text) }
  }

  @Test(arguments: UInt64(0)..<200)
  func fullTextReadsBack(seed: UInt64) throws {
    var generator = ProgramGenerator(seed: seed)
    let program = generator.program()
    let again = try Program(text: program.text(.full))
    #expect(again.differences(from: program) == [])
    #expect(again == program)
  }

  @Test func everyHalfFloatReadsBack() throws {
    let all = Tensor((0...UInt16.max).map { $0 })
    let halves = all.withBytes { Tensor(dtype: .float16, shape: [1 << 16], bytes: $0) }
    for start in stride(from: 0, to: 1 << 16, by: 16) {
      let constant = Constant(halves.rows(start..<start + 16))
      let text = "func f() { x = const()[val = \(constant.text(.full))] } -> (x)"
      let again = try Program(text: text).functions[0].block.operations[0].constantValue
      #expect(again?.tensor == constant.tensor)
    }
  }

  @Test(arguments: [
    ("func f() { y = } -> ()", 1, 16), ("func f(", 1, 8),
    ("func f()\n{ int32 y = a(x = [1, 2) } -> (y)", 2, 24),
    ("func f() { y = uint8(256) } -> (y)", 1, 22),
    ("func f() { y = tensor<fp32, [3]>([1]) } -> (y)", 1, 34),
    ("func f() { # } -> (y)", 1, 12), ("func f() { x = \"a } -> ()", 1, 16), ("fun", 1, 1),
    ("func f(x: tensor<fp99, [1]>) {} -> ()", 1, 18),
    ("func f() { x = tensor<fp16, [2]>(hex \"00\") } -> ()", 1, 38),
  ])
  func syntaxErrorsSayWhere(text: String, line: Int, column: Int) {
    let error = #expect(throws: MILError.self) { try Program(text: text) }
    guard case .syntax(let atLine, let atColumn, _, _)? = error else {
      Issue.record("\(String(describing: error))")
      return
    }
    #expect((atLine, atColumn) == (line, column), "\(String(describing: error))")
  }
}
