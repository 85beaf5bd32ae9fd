// SPDX-License-Identifier: Apache-2.0
// Operators that may overwrite one of their inputs, but not the others.

import MIL
import Runtime
import Tensors
import Testing

@Suite("Overwriting") struct OverwritingTests {
  private func operation(_ type: String, _ name: String, _ inputs: [(String, Binding)]) -> Operation {
    Operation(
      type: type, inputs: inputs.map { Argument($0.0, [$0.1]) },
      outputs: [NamedType(name, .tensor(.float32, [3]))], attributes: [Attribute("name", Constant(name))])
  }

  /// `data` is read later, and `updates`, which has the same size, is not; the output must still not overwrite the
  /// updates.
  @Test func scatterKeepsItsUpdates() throws {
    let vector = ValueType.tensor(.float32, [3])
    let block = Block(
      operations: [
        operation("reverse", "data", [("x", .name("x"))]),
        operation("reverse", "updates", [("x", .name("u"))]),
        operation(
          "scatter", "y",
          [
            ("data", .name("data")), ("indices", .constant(.int32s([1, 2, 0]))), ("updates", .name("updates")),
          ]),
      ], outputs: ["y", "data"])
    let program = Program(functions: [
      Function(inputs: [NamedType("x", vector), NamedType("u", vector)], opset: .iOS15, block: block)
    ])
    let results = try Executor(program: program).run(["x": Tensor([Float]([1, 2, 3])), "u": Tensor([Float]([10, 20, 30]))])
    #expect(tensor(results["y"])?.floats() == [13, 32, 21])
    #expect(tensor(results["data"])?.floats() == [3, 2, 1])
  }

  private func tensor(_ value: OutputValue?) -> Tensor? { if case .tensor(let t)? = value { t } else { nil } }
}
