// SPDX-License-Identifier: Apache-2.0
// Differentiation of blocks, integer codes and values with several readers, and where gradients end.

import MIL
import Operators
import Runtime
import Tensors
import Testing
import Training

@Suite struct DifferentiationTests {
  /// The gradient of `loss` by `x`.
  private func gradient(_ text: String, _ inputs: [String: Tensor]) throws -> [Float] {
    let parsed = try Program(text: text) { operation, types in
      let op = try Catalog.find(operation)
      return try op.infer(Call(operation, opset: .iOS17) { name in types[name].map { Operand(name: name, type: $0) } })
    }
    let made = try Differentiation(parsed.functions[0], of: "loss", by: ["x"], keeping: ["loss"])
    let program = Program(functions: [made.function])
    try program.verify()
    try program.checkTypes()
    // The generated function can be printed and parsed without changes.
    let again = try Program(text: program.text(.full))
    #expect(again.functions[0].block.operations.count == made.function.block.operations.count)
    let outputs = try Executor(program: program).run(inputs).tensors
    return try #require(outputs[made.gradients["x"] ?? ""]).floats()
  }

  private let x = Tensor([1, 2] as [Float], shape: [2])

  /// u = x, then three times u = u x: x⁴, whose derivative is 4 x³.
  @Test func aLoopOfKnownTurnsIsWrittenOut() throws {
    let result = try gradient(
      """
      func main<iOS17>(x: tensor<fp32, [2]>) {
        tensor<int32, [1]> k, tensor<fp32, [2]> p = while_loop(loop_vars = (tensor<int32, [1]>([3]), x))
          block(i: tensor<int32, [1]>, u: tensor<fp32, [2]>) {
            tensor<bool, [1]> go = greater(x = i, y = tensor<int32, [1]>([0]))
          } -> (go)
          block(j: tensor<int32, [1]>, s: tensor<fp32, [2]>) {
            tensor<int32, [1]> less = sub(x = j, y = tensor<int32, [1]>([1]))
            tensor<fp32, [2]> more = mul(x = s, y = x)
          } -> (less, more)
        fp32 loss = reduce_sum(x = p)
      } -> (loss)
      """, ["x": x])
    #expect(result == [4, 32])
  }

  @Test func aLoopWhoseTurnsAreNotKnownIsRefused() throws {
    #expect {
      try gradient(
        """
        func main<iOS17>(x: tensor<fp32, [2]>, n: tensor<int32, [1]>) {
          tensor<int32, [1]> k, tensor<fp32, [2]> p = while_loop(loop_vars = (n, x))
            block(i: tensor<int32, [1]>, u: tensor<fp32, [2]>) {
              tensor<bool, [1]> go = greater(x = i, y = tensor<int32, [1]>([0]))
            } -> (go)
            block(j: tensor<int32, [1]>, s: tensor<fp32, [2]>) {
              tensor<int32, [1]> less = sub(x = j, y = tensor<int32, [1]>([1]))
              tensor<fp32, [2]> more = mul(x = s, y = s)
            } -> (less, more)
          fp32 loss = reduce_sum(x = p)
        } -> (loss)
        """, [:])
    } throws: { "\($0)".contains("its number of iterations is only known at run time") }
  }

  /// x² or 3 x, depending on `p`.
  @Test(arguments: [(true, [2, 4]), (false, [3, 3])] as [(Bool, [Float])])
  func branches(_ taken: Bool, _ expected: [Float]) throws {
    let result = try gradient(
      """
      func main<iOS17>(x: tensor<fp32, [2]>, p: bool) {
        tensor<fp32, [2]> y = cond(pred = p)
          block() {
            tensor<fp32, [2]> a = mul(x = x, y = x)
          } -> (a)
          block() {
            tensor<fp32, [2]> b = mul(x = x, y = fp32(3))
          } -> (b)
        fp32 loss = reduce_sum(x = y)
      } -> (loss)
      """, ["x": x, "p": Tensor(scalar: taken)])
    #expect(result == expected)
  }

  /// Codes 1, 10 and -128, the last one clamped: the loss weights 1, 2, 3 pass where nothing is clamped.
  @Test func codesLetGradientsThroughWhereTheyAreNotClamped() throws {
    let result = try gradient(
      """
      func main<iOS17>(x: tensor<fp32, [3]>) {
        tensor<int8, [3]> q = quantize(input = x, scale = fp32(0.5), output_dtype = "int8")
        tensor<int8, [3, 1]> e = expand_dims(x = q, axes = tensor<int32, [1]>([1]))
        tensor<fp32, [3, 1]> y = dequantize(input = e, scale = fp32(0.5))
        tensor<fp32, [3, 1]> z = mul(x = y, y = tensor<fp32, [3, 1]>([1, 2, 3]))
        fp32 loss = reduce_sum(x = z)
      } -> (loss)
      """, ["x": Tensor([0.26, 5, -200] as [Float], shape: [3])])
    #expect(result == [1, 2, 0])
  }

  @Test func whereNothingComesBackTheReasonIsTold() throws {
    #expect {
      try gradient(
        """
        func main<iOS17>(x: tensor<fp32, [2]>) {
          tensor<fp32, [2]> y = floor(x = x)
          fp32 loss = reduce_sum(x = y)
        } -> (loss)
        """, [:])
    } throws: { "\($0)" == "'loss' does not change smoothly with 'x': floor 'y' has no gradient: it is piecewise constant" }
  }

  /// The gradient of a value that is read twice is the sum: d(x² + x)/dx = 2 x + 1.
  @Test func waysBackAreAddedUp() throws {
    let result = try gradient(
      """
      func main<iOS17>(x: tensor<fp32, [2]>) {
        tensor<fp32, [2]> y = mul(x = x, y = x)
        tensor<fp32, [2]> z = add(x = y, y = x)
        fp32 loss = reduce_sum(x = z)
      } -> (loss)
      """, ["x": x])
    #expect(result == [3, 5])
  }

  @Test func everyOperatorWithoutGradientSaysWhy() {
    let reasons = Catalog.all.compactMap { op in
      if case .none(let reason) = op.gradient { (name: op.signature.name, reason: reason) } else { nil }
    }
    #expect(reasons.count > 10)
    for (name, reason) in reasons { #expect(reason.count > 10, "\(name)") }
    #expect(Catalog.trainingFamilies.flatMap(\.operators).allSatisfy { $0.signature.name.hasPrefix("training_") })
  }
}
