// SPDX-License-Identifier: Apache-2.0
// Convolutions of one to four channels use a separate loop, whose results must equal the definition.

import Kernels
import Tensors
import Testing

@Suite("Convolutions of few channels") struct FewChannelConvolutionTests {
  /// y[n, o, i, j] = bias[o] + Σ x[n, c, i·step + a - top, j·step + b - left] · w[o, c, a, b], zero outside of x.
  private func expected(
    _ x: [Float], _ shape: Shape, _ w: [Float], _ weight: Shape, _ bias: [Float], step: Int, top: Int, left: Int,
    _ output: Shape
  ) -> [Float] {
    var y: [Float] = []
    for n in 0..<output[0] {
      for i in 0..<output[2] {
        for j in 0..<output[3] {
          for o in 0..<output[1] {
            var sum = bias.isEmpty ? 0 : Double(bias[o])
            for c in 0..<shape[1] {
              for a in 0..<weight[2] {
                for b in 0..<weight[3] {
                  let (row, column) = (i * step + a - top, j * step + b - left)
                  guard (0..<shape[2]).contains(row), (0..<shape[3]).contains(column) else { continue }
                  let tap = w[((o * shape[1] + c) * weight[2] + a) * weight[3] + b]
                  sum += Double(x[((n * shape[1] + c) * shape[2] + row) * shape[3] + column]) * Double(tap)
                }
              }
            }
            y.append(Float(sum))
          }
        }
      }
    }
    return y
  }

  /// Sizes near those of blocks of pixels and lanes, strides, paddings, batches, both layouts.
  @Test(arguments: [(1, 28, 3, 1, 1, 32), (3, 9, 3, 2, 1, 16), (2, 13, 5, 1, 0, 7), (4, 17, 7, 3, 3, 24), (3, 4, 1, 1, 0, 1)])
  func byDefinition(channels: Int, side: Int, kernel: Int, step: Int, pad: Int, outputs: Int) {
    var random = SplitMix64(seed: UInt64(channels * 100 + side))
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.normal()) } }
    let shape = [2, channels, side, side + 1]
    let weight = [outputs, channels, kernel, kernel]
    let output = [2, outputs, (side + 2 * pad - kernel) / step + 1, (side + 1 + 2 * pad - kernel) / step + 1]
    let (x, w) = (numbers(shape.elementCount), numbers(weight.elementCount))
    for bias in [[], numbers(outputs)] {
      let reference = expected(x, shape, w, weight, bias, step: step, top: pad, left: pad, output)
      for order in [Layout.plain(4), Layout.channelsLast(4)] {
        var (plain, stored) = (x, x)
        var y = [Float](repeating: .nan, count: output.elementCount)
        stored.withUnsafeMutableBytes { bytes in
          guard let base = bytes.baseAddress else { return }
          let buffer = Buffer(dtype: .float32, shape: shape, order: order, pointer: base)
          plain.withUnsafeMutableBytes { from in
            guard let from = from.baseAddress else { return }
            StridedCopy(from: Buffer(dtype: .float32, shape: shape, pointer: from), to: buffer).run()
          }
          FewChannelConvolution(
            x: buffer, weight: w, kernel: (kernel, kernel), bias: bias, steps: (step, step), padding: (pad, pad),
            output: output
          ).run(buffer.floats(), to: &y) { _, _ in }
        }
        let worst = zip(y, reference).map { abs($0 - $1) }.max() ?? .nan
        #expect(worst < 1e-4, "\(order), bias \(!bias.isEmpty)")
      }
    }
  }

  /// Single rows, longer and shorter than a part, with at least as many output channels as lanes, and with so few
  /// that taps fill the lanes.
  @Test(arguments: [(1, 3000, 256, 2, 0, 1), (1, 700, 40, 3, 20, 36), (2, 2100, 19, 1, 9, 3), (3, 40, 16, 1, 0, 4), (1, 9, 20, 1, 8, 2)])
  func rowsByDefinition(channels: Int, length: Int, kernel: Int, step: Int, pad: Int, outputs: Int) {
    var random = SplitMix64(seed: UInt64(channels * 100 + length))
    func numbers(_ count: Int) -> [Float] { (0..<count).map { _ in Float(random.normal()) } }
    let columns = (length + 2 * pad - kernel) / step + 1
    var x = numbers(2 * channels * length)
    let (w, bias) = (numbers(outputs * channels * kernel), numbers(outputs))
    let reference = expected(
      x, [2, channels, 1, length], w, [outputs, channels, 1, kernel], bias, step: step, top: 0, left: pad,
      [2, outputs, 1, columns])
    var y = [Float](repeating: .nan, count: 2 * outputs * columns)
    x.withUnsafeMutableBytes { bytes in
      guard let base = bytes.baseAddress else { return }
      let buffer = Buffer(dtype: .float32, shape: [2, channels, length], pointer: base)
      FewChannelConvolution(
        x: buffer, weight: w, kernel: (1, kernel), bias: bias, steps: (1, step), padding: (0, pad),
        output: [2, outputs, columns]
      ).run(buffer.floats(), to: &y) { _, _ in }
    }
    let worst = zip(y, reference).map { abs($0 - $1) }.max() ?? .nan
    #expect(worst < 2e-4 * Float(kernel).squareRoot())
  }
}
