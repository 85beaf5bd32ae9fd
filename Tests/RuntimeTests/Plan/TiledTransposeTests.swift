// SPDX-License-Identifier: Apache-2.0
// Transposed convolutions with adjacent windows that do not overlap.

import MIL
import Runtime
import Tensors
import Testing

@Suite struct TiledTransposeTests {
  /// One channel, [[1, 2], [3, 4]], kernel [[1, 10], [100, 1000]], stride 2, bias 5: each pixel becomes its multiples, plus 5.
  @Test func byHand() throws {
    let program = try program(
      """
      func main<iOS16>(x: tensor<fp32, [1, 1, 2, 2]>) {
        y = conv_transpose(x = x, weight = tensor<fp32, [1, 1, 2, 2]>([1, 10, 100, 1000]), bias = tensor<fp32, [1]>([5]),
          strides = [2, 2], pad_type = "valid")
      } -> (y)
      """)
    let out = try run(program, ["x": Tensor([Float]([1, 2, 3, 4]), shape: [1, 1, 2, 2])])
    #expect(out["y"]?.shape == [1, 1, 4, 4])
    #expect(
      out["y"]?.floats() == [6, 15, 7, 25, 105, 1005, 205, 2005, 8, 35, 9, 45, 305, 3005, 405, 4005])
  }

  /// The definition: y[n, o, h·kh + i, w·kw + j] = Σ_c x[n, c, h, w] · k[c, o, i, j].
  @Test func definition() throws {
    let (n, c, o, h, w, kh, kw) = (2, 3, 4, 3, 5, 2, 3)
    let weight = random([c, o, kh, kw], seed: 2)
    func operation(_ type: String, _ inputs: [Argument], _ output: String) -> MIL.Operation {
      MIL.Operation(
        type: type, inputs: inputs, outputs: [NamedType(output, .tensor(.float32, [n, o, h * kh, w * kw]))],
        attributes: [Attribute("name", Constant(output))])
    }
    let program = Program(functions: [
      Function(
        inputs: [NamedType("x", .tensor(.float32, [n, c, h, w]))], opset: .iOS16,
        block: Block(
          operations: [
            .const("k", Constant(weight)), .const("s", Constant(Tensor([Int32(kh), Int32(kw)], shape: [2]))),
            operation(
              "conv_transpose",
              [Argument("x", [.name("x")]), Argument("weight", [.name("k")]), Argument("strides", [.name("s")])], "t"),
            operation("relu", [Argument("x", [.name("t")])], "y"),
          ], outputs: ["y"]))
    ])
    let x = random([n, c, h, w], seed: 1)
    let (a, k) = (x.floats(), weight.floats())
    var expected = [Float](repeating: 0, count: n * o * h * kh * w * kw)
    for b in 0..<n {
      for f in 0..<o {
        for p in 0..<h * kh {
          for q in 0..<w * kw {
            var sum: Float = 0
            for d in 0..<c {
              sum += a[((b * c + d) * h + p / kh) * w + q / kw] * k[((d * o + f) * kh + p % kh) * kw + q % kw]
            }
            expected[((b * o + f) * h * kh + p) * w * kw + q] = max(sum, 0)
          }
        }
      }
    }
    let y = try #require(try run(program, ["x": x])["y"])
    #expect(distance(y, Tensor(expected, shape: [n, o, h * kh, w * kw])) < 1e-5)
  }
}
