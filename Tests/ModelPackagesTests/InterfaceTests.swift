// SPDX-License-Identifier: Apache-2.0
// Interfaces derived from programs.

import MIL
import ModelPackages
import Tensors
import Testing
import TestSupport

struct InterfaceTests {
  private let program: Program

  init() throws {
    program = try Program(
      text: """
        func main<iOS18>(x: tensor<fp32, [1, ?, 3]>, s: state<tensor<fp16, [4]>>) {
          tensor<fp16, [1, ?, 3]> y = cast(x = x, dtype = "fp16")
          fp32 z = reduce(x = x)
        } -> (y, z)
        """)
  }

  @Test func aProgramDescribesItself() throws {
    let interface = try Interface(describing: program)
    let main = try #require(interface.function())
    #expect(!interface.listsFunctions)
    let flexible = ArrayFeature(
      .float32, [1, 1, 3],
      flexibility: .ranges([SizeRange(1, 1), SizeRange(1, nil), SizeRange(3, 3)]))
    #expect(main.inputs == [Feature("x", .array(flexible))])
    #expect(main.states == [Feature("s", .state(ArrayFeature(.float16, [4])))])
    #expect(
      main.outputs == [
        Feature("y", .array(ArrayFeature(.float16, []))),
        Feature("z", .array(ArrayFeature(.float32, []))),
      ])
    #expect(flexible.accepts([1, 9, 3]))
    #expect(!flexible.accepts([1, 0, 3]))
    #expect(!flexible.accepts([1, 9]))
    #expect(try ModelPackage(program: program).specificationVersion == 9)
  }

  @Test func theInterfaceFollowsTheProgram() throws {
    var package = try ModelPackage(program: program)
    package.interface.functions[0].inputs[0].shortDescription = "the input"
    package.userMetadata = ["recipe": "none"]
    var changed = program
    changed.functions[0].inputs[0].type = .tensor(.float16, [1, 2, 3])
    changed.functions[0].block.outputs = ["y"]
    let after = try package.withProgram(changed)
    let main = try #require(after.interface.function(named: "main"))
    #expect(
      main.inputs == [
        Feature("x", .array(ArrayFeature(.float16, [1, 2, 3])), shortDescription: "the input")
      ])
    #expect(main.outputs.map(\.name) == ["y"])
    #expect(main.states == package.interface.functions[0].states)
    #expect(after.userMetadata == ["recipe": "none"])
    #expect(package.program == program)
  }

  @Test func theVersionRisesWithTheOpset() throws {
    let old = try ModelPackage(program: Program(text: "func main<iOS15>() { c = 1 } -> (c)"))
    #expect(old.specificationVersion == 6)
    let newer = try old.withProgram(Program(text: "func main<iOS17>() { c = 1 } -> (c)"))
    #expect(newer.specificationVersion == 8)
    #expect(try newer.withProgram(old.program).specificationVersion == 8)
  }

  @Test func severalFunctionsAreListed() throws {
    let two = try Program(
      text: "func main<iOS16>() { c = 1 } -> (c) func other<iOS16>() { c = 1 } -> (c)")
    let package = try ModelPackage(program: two)
    #expect(package.interface.listsFunctions)
    #expect(package.specificationVersion == 9)
    #expect(package.interface.function(named: "other")?.outputs.map(\.name) == ["c"])
  }

  @Test func whatAnInterfaceCannotSayIsRefused() throws {
    for type in ["tensor<uint4, [2]>", "tensor<bool, [2]>", "tuple<fp32>"] {
      let program = try Program(text: "func main(x: \(type)) {} -> (x)")
      let error = #expect(throws: PackageError.self) { try ModelPackage(program: program) }
      #expect(
        "\(error as Any)".contains("\\\"x\\\" has type")
          || "\(error as Any)".contains("\"x\" has type"))
    }
    let text = try Program(text: "func main(x: string, n: int64, d: dict<string, fp64>) {} -> (d)")
    #expect(
      try Interface(describing: text).functions[0].inputs.map(\.kind) == [
        .string, .int64, .dictionary(key: .string),
      ])
  }
}
