// SPDX-License-Identifier: Apache-2.0
// `verify` throws errors for packages with inconsistent parts.

import MIL
import ModelPackages
import Testing

struct VerifyTests {
  private static let text = """
    func main<iOS18>(x: tensor<fp32, [2]>, s: state<tensor<fp16, [4]>>) {
      tensor<fp32, [2]> y = relu(x = x)
    } -> (y)
    """

  /// The error of verifying after a change.
  private func refusal(_ change: (inout ModelPackage) throws -> Void) throws -> String {
    var package = try ModelPackage(program: Program(text: Self.text))
    try change(&package)
    let error = #expect(throws: PackageError.self) { try package.verify() }
    return error.map { "\($0)" } ?? "agrees"
  }

  @Test func aPackageThatAgrees() throws {
    try ModelPackage(program: Program(text: Self.text)).verify()
  }

  @Test func theDescriptionNamesWhatTheProgramLacks() throws {
    #expect(
      try refusal { $0.interface.functions[0].outputs[0].name = "z" }
        == "the package: the description lists output \"z\", the program has \"y\"")
    #expect(
      try refusal { $0.interface.functions[0].inputs[0].name = "z" }
        == "the package: the description lists input \"z\", the program has \"x\", \"s\"")
    #expect(
      try refusal { $0.interface.functions[0].states[0].name = "z" }
        == "the package: the description lists state \"z\", the program has \"x\", \"s\"")
  }

  @Test func valuesThatNothingGives() throws {
    let message = try refusal { package in
      var program = package.program
      program.functions[0].block.operations[0].inputs[0] = Argument("x", [.name("nowhere")])
      package = try package.withProgram(program)
    }
    #expect(message.hasPrefix("the package: "))
    #expect(message.contains("nowhere"))
  }
}
