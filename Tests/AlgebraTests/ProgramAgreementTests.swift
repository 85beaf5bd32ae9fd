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

  /// Every kind of kernel for a window: few input channels, one channel, grouped, depthwise, 1×1, Winograd, strided, one and three axes.
  @Test(
    arguments: [
      ([2, 3, 11, 9], [8, 3, 3, 3], 1, 1), ([1, 1, 12, 12], [5, 1, 5, 5], 2, 1), ([1, 2, 17], [6, 2, 3], 1, 1),
      ([1, 4, 9, 7], [16, 4, 7, 7], 2, 1),
      ([1, 24, 9, 7], [8, 24, 1, 1], 1, 1), ([1, 48, 14, 13], [48, 48, 3, 3], 1, 1), ([1, 32, 14, 13], [32, 1, 3, 3], 1, 32),
      ([1, 32, 14, 13], [16, 8, 3, 3], 2, 4), ([1, 3, 5, 6, 7], [4, 3, 2, 2, 2], 1, 1), ([1, 20, 31], [12, 20, 5], 2, 1),
    ] as [(Shape, Shape, Int, Int)])
  func convolutionsHaveTheBitsOfPrograms(input: Shape, kernel: Shape, stride: Int, groups: Int) throws {
    let (x, weight, bias) = (random(input, seed: 6), random(kernel, seed: 7), random([kernel[0]], seed: 8))
    let strides = Constant(Tensor([Int32](repeating: Int32(stride), count: input.count - 2)))
    let expected = try program(
      "conv", [("x", x)],
      [
        ("weight", Constant(weight)), ("bias", Constant(bias)), ("strides", strides), ("pad_type", Constant("same")),
        ("groups", Constant(Tensor(scalar: Int32(groups)))),
      ])
    let found = try EagerOperator.run(
      try #require(Catalog.find(named: "conv")),
      [
        ("x", .tensor(x)), ("weight", .tensor(weight)), ("bias", .tensor(bias)),
        ("strides", .numbers(Array(repeating: Double(stride), count: input.count - 2))), ("pad_type", .text("same")),
        ("groups", .number(Double(groups))),
      ])
    #expect(found == [expected])
  }

  @Test(arguments: [("max_pool", [1, 3, 9, 8]), ("avg_pool", [2, 20, 9, 8]), ("max_pool", [1, 2, 13]), ("avg_pool", [1, 1, 6, 5, 7])])
  func poolingHasTheBitsOfPrograms(type: String, shape: Shape) throws {
    let x = random(shape, seed: 9)
    let (kernel, step) = (Array(repeating: 3, count: shape.count - 2), Array(repeating: 2, count: shape.count - 2))
    var constants = [
      ("kernel_sizes", Constant(Tensor(kernel.map { Int32($0) }))), ("strides", Constant(Tensor(step.map { Int32($0) }))),
      ("pad_type", Constant("same")),
    ]
    var arguments: [(parameter: String, value: EagerArgument)] = [
      ("x", .tensor(x)), ("kernel_sizes", .numbers(kernel.map(Double.init))), ("strides", .numbers(step.map(Double.init))),
      ("pad_type", .text("same")),
    ]
    if type == "avg_pool" {
      constants.append(("exclude_padding_from_average", Constant(Tensor(scalar: true))))
      arguments.append(("exclude_padding_from_average", .boolean(true)))
    }
    #expect(try EagerOperator.run(try #require(Catalog.find(named: type)), arguments) == [program(type, [("x", x)], constants)])
  }
}
