// SPDX-License-Identifier: Apache-2.0
// Parts of functions, and functions joined again.

import MIL
import Operators
import ProgramEdits
import Tensors
import Testing

struct CuttingTests {
  /// A residual sum, so that two values cross a cut in its middle.
  private static let text = """
    func main<iOS16>(x: tensor<fp32, [3]>, z: tensor<fp32, [3]>) {
      tensor<fp32, [3]> a = exp(x = x)
      tensor<fp32, [3]> b = relu(x = a)
      tensor<fp32, [3]> c = add(x = b, y = z)
      tensor<fp32, [3]> d = add(x = c, y = a)
      tensor<fp32, [3]> e = sigmoid(x = d)
    } -> (e, b)
    """

  private func function() throws -> Function { try Program(text: Self.text).functions[0] }

  private func check(_ function: Function) throws {
    let program = Program(functions: [function])
    try program.verify()
    try program.checkTypes()
  }

  @Test func partsHaveWhatTheyRead() throws {
    let part = try function().extracting(outputs: ["d"])
    try check(part)
    #expect(part.inputs.map(\.name) == ["x", "z"] && part.block.operations.map(\.name) == ["a", "b", "c", "d"])
    let middle = try function().extracting(outputs: ["d"], inputs: ["a", "b", "z"])
    try check(middle)
    #expect(middle.inputs.map(\.name) == ["a", "b", "z"] && middle.block.operations.map(\.name) == ["c", "d"])
    let one = try function().extracting(outputs: ["b"])
    #expect(one.inputs.map(\.name) == ["x"] && one.block.outputs == ["b"])
  }

  @Test func whatIsMissingIsSaid() throws {
    let function = try function()
    #expect(throws: ProgramEditError.missingInput(name: "z", output: "d")) { try function.extracting(outputs: ["d"], inputs: ["a", "b"]) }
    #expect(throws: ProgramEditError.unusedInput(name: "z")) { try function.extracting(outputs: ["b"], inputs: ["x", "z"]) }
    #expect(throws: ProgramEditError.self) { try function.extracting(outputs: ["x"]) }
    #expect(throws: ProgramEditError.self) { try function.extracting(outputs: ["a", "a"]) }
    #expect(throws: ProgramEditError.self) { try function.extracting(outputs: ["a"], inputs: ["a"]) }
    #expect(throws: ProgramEditError.self) { try function.prefix(computing: "e") }
    #expect(throws: ProgramEditError.self) { try function.prefixes(9) }
  }

  @Test(arguments: ["a", "b", "c", "d"]) func aCutPassesWhatLaterPartsRead(value: String) throws {
    let function = try function()
    let parts = try function.split(at: [function.prefix(computing: value)])
    for part in parts { try check(part) }
    #expect(parts[0].block.outputs.contains(value) && parts.flatMap(\.block.operations).count == 5)
    #expect(parts[1].block.outputs.last == "e" || parts[1].block.outputs.contains("e"))
    let joined = try parts[0].followed(by: parts[1])
    try check(joined)
    #expect(Set(joined.block.outputs) == ["e", "b"] || joined.block.outputs == ["e"])
  }

  @Test func namesOfTheSecondMoveAside() throws {
    let first = try Program(
      text: "func main<iOS16>(x: tensor<fp32, [3]>) { tensor<fp32, [3]> t = exp(x = x) tensor<fp32, [3]> y = relu(x = t) } -> (y)"
    ).functions[0]
    let second = try Program(
      text: "func main<iOS16>(y: tensor<fp32, [3]>) { tensor<fp32, [3]> t = tanh(x = y) tensor<fp32, [3]> w = relu(x = t) } -> (w)"
    ).functions[0]
    let joined = try first.followed(by: second)
    try check(joined)
    #expect(joined.block.operations.map(\.type) == ["exp", "relu", "tanh", "relu"] && joined.block.outputs == ["w"])
    #expect(throws: ProgramEditError.self) { try second.followed(by: first) }
  }

  @Test func renamingReachesEverything() throws {
    let program = Program(functions: [try function()])
    let renamed = try program.renaming(["x": "in 1", "a": "b", "b": "a"])
    try renamed.verify()
    #expect(renamed.functions[0].inputs[0].name == "in 1" && renamed.functions[0].block.outputs == ["e", "a"])
    #expect(renamed.functions[0].block.operations[1].name == "a")
    #expect(try renamed.renaming(["in 1": "x", "a": "b", "b": "a"]) == program)
    #expect(throws: ProgramEditError.self) { try program.renaming(["x": "z"]) }
    #expect(throws: ProgramEditError.self) { try program.renaming(["x": "q", "z": "q"]) }
  }
}
