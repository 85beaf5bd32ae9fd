// SPDX-License-Identifier: Apache-2.0
// Slices of the convolution's relatives: 8-bit codes, transposed windows, gradients.

import CKernels
import MIL
import Runtime
import Tensors
import Testing

extension SliceTests {
  static let related = [
    ConvolutionWindow(x: [9, 16, 20, 20], outputs: 32), ConvolutionWindow(x: [1, 48, 40, 40], outputs: 32),
    ConvolutionWindow(x: [1, 64, 41, 37], outputs: 48, strides: [2, 2]),
    ConvolutionWindow(x: [2, 32, 33, 30], outputs: 64, strides: [3, 2], pad: [0, 2, 1, 0]),
    ConvolutionWindow(x: [1, 32, 50, 40], outputs: 32, kernel: [5, 3], pad: [4, 4, 2, 2], dilations: [2, 2]),
    ConvolutionWindow(x: [17, 32, 12, 12], outputs: 32, groups: 4), ConvolutionWindow(x: [1, 160, 14, 14], outputs: 128),
    ConvolutionWindow(x: [1, 192, 7, 7], outputs: 320),
    ConvolutionWindow(x: [1, 32, 60, 60], outputs: 64, kernel: [1, 1], pad: [0, 0, 0, 0]),
    ConvolutionWindow(x: [1, 64, 30, 30], outputs: 48, kernel: [2, 2], strides: [3, 3], pad: [0, 0, 0, 0]),
  ]

  /// Sums are compared up to this part of the largest.
  private func expect(_ found: Tensor?, _ expected: [Double], within relative: Double, _ name: String) throws {
    let found = try #require(found).doubles()
    #expect(found.count == expected.count)
    let bound = relative * (expected.map(abs).max() ?? 0)
    if let i = expected.indices.first(where: { !(abs(found[$0] - expected[$0]) <= bound) }) {
      Issue.record("\(name), element \(i): \(found[i]), expected \(expected[i])")
    }
  }

  private func sum(_ count: Int, _ window: ConvolutionWindow, _ term: (Int, Int, Int) -> (Int, Double)) -> [Double] {
    var sums = [Double](repeating: 0, count: count)
    window.forEachProduct {
      let (at, value) = term($0, $1, $2)
      sums[at] += value
    }
    return sums
  }

  /// The gradients of data, weight and bias.
  @Test(arguments: related) func gradients(_ w: ConvolutionWindow) throws {
    let program = try program(
      """
      func main<iOS18>(x: tensor<fp32, \(w.x)>, g: tensor<fp32, \(w.output)>, w: tensor<fp32, \(w.weight)>) {
        a = training_conv_input_gradient(gradient = g, weight = w, input_shape = \(w.x), \(w.text))
        b, c = training_conv_weight_gradient(x = x, gradient = g, kernel_sizes = \(w.kernel), \(w.text), bias = true)
      } -> (a, b, c)
      """)
    let (x, g, k) = (random(w.x, seed: 1), random(w.output, seed: 2), random(w.weight, seed: 3))
    let found = try sameBits(program, ["x": x, "g": g, "w": k])
    let (xs, gs, ks) = (x.doubles(), g.doubles(), k.doubles())
    try expect(found["a"], sum(x.count, w) { ($0, gs[$2] * ks[$1]) }, within: 1e-5, "data")
    try expect(found["b"], sum(k.count, w) { ($1, gs[$2] * xs[$0]) }, within: 1e-5, "weight")
    let pixels = w.output[2] * w.output[3]
    var bias = [Double](repeating: 0, count: w.outputs)
    for i in gs.indices { bias[i / pixels % w.outputs] += gs[i] }
    try expect(found["c"], bias, within: 1e-5, "bias")
  }

  /// A transposed convolution is the gradient of the convolution with the same weights, with a sum and a relu behind.
  @Test(arguments: related) func transposed(_ w: ConvolutionWindow) throws {
    let weight = Tensor(random(w.weight, seed: 3).floats().map { ($0 * 64).rounded() / 64 }, shape: w.weight)
    let program = try program(
      """
      func main<iOS18>(g: tensor<fp32, \(w.output)>, r: tensor<fp32, \(w.x)>) {
        y = conv_transpose(x = g, weight = tensor<fp32, \(w.weight)>(\(weight.floats())), output_shape = \(w.x), \(w.text))
        s = add(x = y, y = r)
        z = relu(x = s)
      } -> (z)
      """)
    let (g, r) = (random(w.output, seed: 2), random(w.x, seed: 1))
    let found = try sameBits(program, ["g": g, "r": r])
    let (gs, ks) = (g.doubles(), weight.doubles())
    let sums = sum(r.count, w) { ($0, gs[$2] * ks[$1]) }
    try expect(found["z"], zip(sums, r.doubles()).map { max(0, $0 + $1) }, within: 1e-5, "transposed")
  }

  /// On 8-bit codes; with the scales of rows, that of a block of channels must be its own.
  @Test(.enabled(if: ck_multiplies_bytes()), arguments: related) func codes(_ w: ConvolutionWindow) throws {
    var generator = SplitMix64(seed: 5)
    func codes(_ count: Int) -> [Int] { (0..<count).map { _ in Int(generator.next() % 255) - 127 } }
    let (weight, x) = (codes(w.weight.elementCount), codes(w.x.elementCount))
    let scales = (0..<w.outputs).map { Double($0 % 7 + 1) / 64 }
    let program = try program(
      """
      func main<iOS17>(x: tensor<int8, \(w.x)>) {
        d = dequantize(input = x, scale = 0.5)
        w = constexpr_affine_dequantize(quantized_data = tensor<int8, \(w.weight)>(\(weight)), zero_point = int8(0), scale = tensor<fp32, [\(w.outputs)]>(\(scales)), axis = 0)
        y = conv(x = d, weight = w, \(w.text))
        z = relu(x = y)
      } -> (z)
      """)
    let input = Tensor(codes: x.map { UInt8(truncatingIfNeeded: $0) }, dtype: .int8, shape: w.x)
    let found = try sameBits(program, ["x": input])
    let pixels = w.output[2] * w.output[3]
    var sums = [Int](repeating: 0, count: w.output.elementCount)
    w.forEachProduct { sums[$2] += x[$0] * weight[$1] }
    let expected = sums.indices.map { max(0, Double(sums[$0]) * 0.5 * scales[$0 / pixels % w.outputs]) }
    try expect(found["z"], expected, within: 1e-6, "codes")
  }
}
