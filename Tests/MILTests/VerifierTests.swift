// SPDX-License-Identifier: Apache-2.0
// Errors of the verifier, with exact messages.

import MIL
import Tensors
import Testing
import TestSupport

struct VerifierTests {
  private func fault(_ text: String) throws -> MILError? {
    let program = try Program(text: text)
    do {
      try program.verify()
      return nil
    } catch let error as MILError {
      return error
    }
  }

  private func place(_ operation: String?) -> MILError.Place {
    MILError.Place(function: "main", operation: operation)
  }

  @Test func acceptsAProgram() throws {
    #expect(
      try fault(
        """
        func main(x: fp32) {
          fp32 y = relu(x = x)
          fp32 z = cond(p = y) block () { fp32 t = relu(x = y) } -> (t) block () { fp32 t = exp(x = x) } -> (x)
        } -> (z, y)
        """) == nil)
  }

  @Test func namesAreBoundOnceBeforeUse() throws {
    #expect(
      try fault("func main(x: fp32) { fp32 x = relu(x = x) } -> (x)")
        == .repeatedValue("x", place("x")))
    #expect(
      try fault("func main(x: fp32) { fp32 y = relu(x = z) fp32 z = relu(x = x) } -> (y)")
        == .unboundValue("z", usedBy: "x", place("y")))
    #expect(try fault("func main(x: fp32, x: fp32) {} -> (x)") == .repeatedValue("x", place(nil)))
    #expect(
      try fault("func main(x: fp32) {} -> (y)")
        == .unboundValue("y", usedBy: "the block's result", place(nil)))
  }

  @Test func namesOfABlockStayInIt() throws {
    let text = """
      func main(x: fp32) {
        fp32 z = cond(p = x) block () { fp32 t = relu(x = x) } -> (t)
        fp32 y = relu(x = t)
      } -> (y)
      """
    #expect(try fault(text) == .unboundValue("t", usedBy: "x", place("y")))
    let shadow =
      "func main(x: fp32) { fp32 z = cond(p = x) block () { fp32 x = relu(x = x) } -> (x) } -> (z)"
    #expect(try fault(shadow) == .repeatedValue("x", place("x")))
  }

  @Test func functionsAreToldApartAndHaveTheirBlock() throws {
    #expect(try fault("func main() {} -> () func main() {} -> ()") == .repeatedFunction("main"))
    #expect(
      try fault("func main<CoreML8>() opset CoreML7 {} -> ()")
        == .missingBlock(function: "main", opset: "CoreML8"))
  }

  @Test func constantsAreOfTheirType() throws {
    var constant = Constant.int32s([1, 2])
    constant.type = .tensor(.int32, [3])
    var program = try Program(text: "func main() { c = 1 } -> (c)")
    program.functions[0].block.operations[0].attributes[1].value = constant
    program.functions[0].block.operations[0].outputs[0].type = constant.type
    #expect(
      throws: MILError.constantMismatch(
        "val", declared: .tensor(.int32, [3]), found: "tensor<int32, [2]>", place("c"))
    ) { try program.verify() }
    #expect(
      try fault("func main() { fp32 c = const()[name = \"c\", val = 1] } -> (c)")
        == .typeMismatch("c", declared: .scalar(.float32), inferred: .scalar(.int32), place("c")))
    #expect(
      try fault("func main() { fp32 c = f(x = list<string, 3>([string(\"a\")])) } -> (c)")
        == .constantMismatch(
          "x", declared: .list(.scalar(.string), length: .fixed(3)), found: "1 values", place("c")))
  }

  @Test func parametersAreGivenOnce() throws {
    #expect(
      try fault("func main(x: fp32) { fp32 y = add(x = x, x = x) } -> (y)")
        == .repeatedParameter("x", place("y")))
  }

  @Test func inferenceIsCompared() throws {
    let program = try Program(text: "func main(x: fp32) { fp16 y = relu(x = x) } -> (y)")
    #expect(
      throws: MILError.typeMismatch(
        "y", declared: .scalar(.float16), inferred: .scalar(.float32), place("y"))
    ) { try program.verify { _, types in [types["x"] ?? .scalar(.bool)] } }
    #expect(throws: MILError.outputCount(declared: 1, inferred: 0, place("y"))) {
      try program.verify { _, _ in [] }
    }
    try program.verify { _, _ in [.scalar(.float16)] }
  }

  @Test(arguments: UInt64(0)..<50)
  func acceptsGeneratedPrograms(seed: UInt64) throws {
    var generator = ProgramGenerator(seed: seed)
    // Specializations for other opsets do not reuse names, so whole programs are valid.
    try generator.program().verify { operation, _ in operation.outputs.map(\.type) }
  }
}
