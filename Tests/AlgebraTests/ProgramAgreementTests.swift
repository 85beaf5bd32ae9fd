// SPDX-License-Identifier: Apache-2.0
// What is computed at once has the bits of the same operation in a program.

import Algebra
import Kernels
import MIL
import Operators
import Runtime
import Tensors
import Testing

@Suite struct ProgramAgreementTests {
  private func random(_ shape: Shape, seed: UInt64) -> Tensor {
    var generator = SplitMix64(seed: seed)
    return Tensor((0..<shape.elementCount).map { _ in Float(generator.normal()) }, shape: shape)
  }

  /// The result of a program of one operation.
  private func program(_ type: String, _ inputs: [(String, Tensor)], _ constants: [(String, Constant)] = []) throws -> Tensor {
    let values = inputs.map { NamedType("in_\($0.0)", .tensor(TensorType($0.1.dtype, $0.1.shape))) }
    let arguments = inputs.map { Argument($0.0, "in_\($0.0)") } + constants.map { Argument($0.0, $0.1) }
    var operation = Operation(type: type, inputs: arguments, outputs: [], attributes: [Attribute("name", Constant("y"))])
    let call = try Call(operation, opset: .iOS18) { name in values.first { $0.name == name }.map { Operand(name: name, type: $0.type) } }
    operation.outputs = [NamedType("y", try Catalog.find(operation).infer(call)[0])]
    let function = Function(inputs: values, opset: .iOS18, block: Block(operations: [operation], outputs: ["y"]))
    let executor = try Executor(program: Program(functions: [function]))
    let feeds = Dictionary(uniqueKeysWithValues: inputs.map { ("in_\($0.0)", $0.1) })
    guard case .tensor(let out)? = try executor.run(feeds)["y"] else { throw CancellationError() }
    return out
  }

  @Test func arithmeticHasTheBitsOfPrograms() throws {
    let (a, b) = (random([7, 33], seed: 1), random([33], seed: 2))
    for (name, function) in [
      ("add", .add), ("sub", .subtract), ("mul", .multiply), ("real_div", .divide), ("floor_div", .floorDivide), ("mod", .modulo),
    ]
      as [(String, BinaryFunction)]
    {
      #expect(try Tensor.combined(function, .tensor(a), .tensor(b), named: name) == program(name, [("x", a), ("y", b)]), "\(name)")
    }
    for name in ["exp", "tanh", "sigmoid", "erf", "sqrt", "sin", "abs", "floor"] {
      let function = try #require(ElementFunction(rawValue: name))
      let positive = try a.mapped(.abs)
      #expect(try positive.mapped(function) == program(name, [("x", positive)]), "\(name)")
    }
  }

  @Test func reductionsAndProductsHaveTheBitsOfPrograms() throws {
    let a = random([5, 40, 70], seed: 3)
    for (name, reducer) in [("reduce_sum", .sum), ("reduce_mean", .mean), ("reduce_max", .max), ("reduce_prod", .prod)]
      as [(String, Tensor.Reducer)]
    {
      for axes in [[0], [1], [2], [0, 2], [0, 1, 2]] {
        let constant = Constant(Tensor(axes.map { Int32($0) }))
        let expected = try program(name, [("x", a)], [("axes", constant)])
        #expect(try a.reduced(reducer, axes).reshaped(expected.shape) == expected, "\(name) \(axes)")
      }
    }
    for (m, k, n) in [(1, 70, 9), (33, 70, 70), (300, 128, 257)] {
      let (x, y) = (random([m, k], seed: 4), random([k, n], seed: 5))
      #expect(try x.product(y) == program("matmul", [("x", x), ("y", y)]), "\(m) \(k) \(n)")
    }
  }
}
