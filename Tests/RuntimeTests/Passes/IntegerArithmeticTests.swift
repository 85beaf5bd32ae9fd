// SPDX-License-Identifier: Apache-2.0
// Convolutions and products between dequantize and quantize are computed on integer codes, with the results of float
// arithmetic.

import CKernels
import MIL
import Operators
import Runtime
import Tensors
import TestSupport
import Testing

@Suite struct IntegerArithmeticTests {
  private func list(_ values: [Int]) -> String { values.map { "\($0)" }.joined(separator: ", ") }

  private func weights(_ count: Int) -> [Int] {
    var generator = SplitMix64(seed: 11)
    return (0..<count).map { _ in Int(generator.next() % 255) - 127 }
  }

  /// 3 × 3 convolution of 4 to 5 channels on 6 × 6: quantize(relu(conv(dequantize(codes), w) + b)).
  private func convolution(_ dtype: String, zero: Int, weights: [Int], result: String) throws -> Program {
    try program(
      """
      func main<iOS17>(x: tensor<\(dtype), [1, 4, 6, 6]>) {
        d = dequantize(input = x, scale = 0.5, zero_point = \(dtype)(\(zero)))
        w = constexpr_affine_dequantize(quantized_data = tensor<int8, [5, 4, 3, 3]>([\(list(weights))]), zero_point = int8(0), scale = tensor<fp32, [5]>([0.01, 0.02, 0.03, 0.04, 0.05]), axis = 0)
        c = conv(x = d, weight = w, bias = tensor<fp32, [5]>([1, -2, 3, -4, 5]), pad_type = "same")
        r = relu(x = c)
        q = quantize(input = r, scale = 0.25, zero_point = uint8(3), output_dtype = "uint8")
        y = dequantize(input = q, scale = 0.25, zero_point = uint8(3))
      } -> (\(result))
      """)
  }

  @Test(arguments: [("uint8", 0), ("uint8", 7), ("int8", 0), ("int8", -3)]) func convolutionByHand(dtype: String, zero: Int) throws {
    let weights = weights(5 * 4 * 9)
    let codes = (0..<4 * 36).map { i in dtype == "uint8" ? (i * 37) % 256 : (i * 37) % 256 - 128 }
    let kind: DType = dtype == "uint8" ? .uint8 : .int8
    let x = Tensor(codes: codes.map { UInt8(truncatingIfNeeded: $0) }, dtype: kind, shape: [1, 4, 6, 6])
    let program = try convolution(dtype, zero: zero, weights: weights, result: "y")
    let out = try #require(try run(program, ["x": x])["y"]).floats()
    for o in 0..<5 {
      for i in 0..<6 {
        for j in 0..<6 {
          var sum = 0
          for c in 0..<4 {
            for (a, b) in (0..<9).map({ ($0 / 3, $0 % 3) }) where (0..<6).contains(i + a - 1) && (0..<6).contains(j + b - 1) {
              sum += (codes[c * 36 + (i + a - 1) * 6 + j + b - 1] - zero) * weights[((o * 4 + c) * 3 + a) * 3 + b]
            }
          }
          let real = max(Double(sum) * 0.5 * 0.01 * Double(o + 1) + [1, -2, 3, -4, 5][o], 0)
          let code = min((real / 0.25).rounded(.toNearestOrEven) + 3, 255)
          // A tie may be rounded either way.
          #expect(abs(Double(out[(o * 6 + i) * 6 + j]) - (code - 3) * 0.25) <= 0.25 + 1e-6, "\(o) \(i) \(j)")
        }
      }
    }
  }

  @Test(.enabled(if: ck_multiplies_bytes())) func convolutionTakesAndGivesCodes() throws {
    let program = try convolution("int8", zero: 0, weights: weights(180), result: "y")
    let rows = try Executor(program: program).profile(["x": Tensor(zeros: .int8, [1, 4, 6, 6])], runs: 1)
    #expect(rows.map(\.operation).sorted() == ["conv", "dequantize", "reorder"])
    let dense = try Executor(program: program, options: RuntimeOptions(weights: .dense))
      .profile(["x": Tensor(zeros: .int8, [1, 4, 6, 6])], runs: 1)
    #expect(dense.count { ["quantize", "dequantize"].contains($0.operation) } == 3, "dense weights are not codes")
  }

  /// Sums of codes do not account for weights that decoding rounds to fp16: 3·0.1 is rounded, 3·0.125 is not.
  @Test(arguments: [0.1, 0.125], ["linear", "conv"]) func halfWeightsAreRounded(scale: Double, type: String) throws {
    for rows in [1, 2, 7] { try halfWeightsAreRounded(scale: scale, type: type, rows: rows) }
  }

  private func halfWeightsAreRounded(scale: Double, type: String, rows: Int) throws {
    let (tail, window) = type == "conv" ? (", 3, 3", ", 1, 1") : ("", "")
    let weights = (0..<24).map { $0 % 2 == 0 ? $0 * 5 - 60 : 3 }
    let program = try program(
      """
      func main<iOS17>(x: tensor<int8, [\(rows), 6\(tail)]>) {
        d = dequantize(input = x, scale = fp16(0.5))
        w = constexpr_affine_dequantize(quantized_data = tensor<int8, [4, 6\(window)]>([\(list(weights))]), zero_point = int8(0), scale = fp16(\(scale)), axis = 0)
        y = \(type)(x = d, weight = w)
      } -> (y)
      """)
    var random = SplitMix64(seed: 5)
    let shape = [rows, 6] + (type == "conv" ? [3, 3] : [])
    let x = Tensor((0..<shape.elementCount).map { _ in Int8(truncatingIfNeeded: random.next()) }, shape: shape)
    let codes = x.floats(), places = type == "conv" ? 9 : 1
    for policy in [WeightPolicy.auto, .dense, .packed] {
      let options = RuntimeOptions(weights: policy, keepsComputedResults: true)
      let y = try #require(try run(program, ["x": x], options: options)["y"]).floats()
      for r in 0..<rows {
        for o in 0..<4 {
          for p in 0..<places {
            let own = weights[o * 6..<(o + 1) * 6].map { Float(Float16(Float(Float16(scale)) * Float($0))) }
            let product = DotProduct(own, (0..<6).map { codes[(r * 6 + $0) * places + p] * 0.5 })
            #expect(product.agrees(y[(r * 4 + o) * places + p]), "\(policy), row \(r), output \(o): \(product)")
          }
        }
      }
    }
  }

  /// First row: (2 − 12 + 30)·0.05 + 1 = 2 and (−1 − 6 − 25)·0.1 − 1 = −4.2; second: 24·0.05 + 1 and −20·0.1 − 1.
  @Test func linearByHand() throws {
    let program = try program(
      """
      func main<iOS17>(x: tensor<int8, [2, 3]>) {
        d = dequantize(input = x, scale = 0.5)
        w = constexpr_affine_dequantize(quantized_data = tensor<int8, [2, 3]>([2, 4, 6, -1, 2, -5]), zero_point = int8(0), scale = tensor<fp32, [2]>([0.1, 0.2]), axis = 0)
        y = linear(x = d, weight = w, bias = tensor<fp32, [2]>([1, -1]))
      } -> (y)
      """)
    let x = Tensor([Int8]([1, -3, 5, 0, 0, 4]), shape: [2, 3])
    let y = try #require(try run(program, ["x": x])["y"]).floats()
    for (a, b) in try pairs(y, [2, -4.2, 2.2, -3]) { #expect(abs(Double(a) - b) < 1e-5) }
  }

  /// The maximum of codes with a single scale is the code of the maximum.
  @Test func poolsOnCodes() throws {
    let program = try program(
      """
      func main<iOS17>(x: tensor<uint8, [1, 1, 2, 2]>) {
        d = dequantize(input = x, scale = 0.5)
        p = max_pool(x = d, kernel_sizes = [2, 2], strides = [2, 2], pad_type = "valid")
        y = quantize(input = p, scale = 0.5, output_dtype = "uint8")
      } -> (y)
      """)
    let x = ["x": Tensor([UInt8]([3, 250, 7, 128]), shape: [1, 1, 2, 2])]
    #expect(try run(program, x)["y"]?.codes() == [250])
    #expect(try Executor(program: program).profile(x, runs: 1).map(\.operation) == ["max_pool"])
  }
}
