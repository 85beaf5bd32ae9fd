// SPDX-License-Identifier: Apache-2.0
// Products of rows and of windows against the definition in 64 bits, on every level of code.

import CKernels
import Kernels
import Tensors
import Testing

extension FloatLoops {
  @Suite("Dense product") struct DenseProductTests {
    struct Extents: CustomStringConvertible, Sendable {
      let rows: Int
      let inner: Int
      let columns: Int
      var description: String { "\(rows)x\(inner)x\(columns)" }
    }

    /// Rows near those of registers and calls, sums near the length of a chain, columns near those of vectors and blocks, rows a power
    /// of two apart, weights that exceed the second cache.
    static let extents = [
      Extents(rows: 1, inner: 1, columns: 1), Extents(rows: 2, inner: 63, columns: 15), Extents(rows: 13, inner: 64, columns: 16),
      Extents(rows: 15, inner: 65, columns: 17), Extents(rows: 29, inner: 129, columns: 31), Extents(rows: 56, inner: 3, columns: 33),
      Extents(rows: 57, inner: 200, columns: 48), Extents(rows: 113, inner: 40, columns: 100), Extents(rows: 20, inner: 1024, columns: 40),
      Extents(rows: 40, inner: 1100, columns: 300), Extents(rows: 700, inner: 70, columns: 96),
    ]

    private func result(
      _ e: Extents, _ x: [Float], _ w: [Float], strides: (column: Int, channel: Int), bias: [Float]?, addend: [Float]? = nil,
      limits: (Float, Float) = (-.infinity, .infinity)
    ) -> [Float] {
      let product = DenseProduct(rows: e.rows, inner: e.inner, columns: e.columns)
      product.pack(w, strides: strides)
      return run(product, e.rows * e.columns, x, bias, addend, limits)
    }

    private func run(
      _ product: DenseProduct, _ count: Int, _ x: [Float], _ bias: [Float]?, _ addend: [Float]? = nil,
      _ limits: (Float, Float) = (-.infinity, .infinity)
    ) -> [Float] {
      let scratch = UnsafeMutableRawPointer.allocate(byteCount: product.scratchByteCount, alignment: 64)
      defer { scratch.deallocate() }
      var y = addend ?? [Float](repeating: .nan, count: count)
      y.withUnsafeMutableBufferPointer { y in
        guard let y = y.baseAddress else { return }
        var post = SumPost()
        post.limits = limits
        // The sum reads its operand from the output's memory.
        if addend != nil { post.addend = UnsafePointer(y) }
        guard let bias else { return product.run(x, to: y, bias: nil, post: post, scratch: scratch) }
        product.run(x, to: y, bias: bias, post: post, scratch: scratch)
      }
      return y
    }

    @Test(arguments: extents) func byDefinition(_ e: Extents) {
      let x = uniform(e.rows * e.inner, -1...1, seed: 1)
      let w = uniform(e.columns * e.inner, -1...1, seed: 2)
      let bias = uniform(e.columns, -1...1, seed: 3)
      let addend = uniform(e.rows * e.columns, -1...1, seed: 4)
      let bound = 1e-6 * Double(e.inner).squareRoot()
      FloatLoops.onEachLevel { level in
        let plain = result(e, x, w, strides: (e.inner, 1), bias: nil)
        let limited = result(e, x, w, strides: (e.inner, 1), bias: bias, addend: addend, limits: (-0.5, 2))
        for r in 0..<e.rows {
          for c in 0..<e.columns {
            let sum = (0..<e.inner).reduce(0.0) { $0 + Double(x[r * e.inner + $1]) * Double(w[c * e.inner + $1]) }
            let i = r * e.columns + c
            let wanted = min(max(sum + Double(bias[c]) + Double(addend[i]), -0.5), 2)
            guard abs(Double(plain[i]) - sum) > bound || abs(Double(limited[i]) - wanted) > bound else { continue }
            Issue.record("level \(level), row \(r), column \(c): \(plain[i]) and \(limited[i]), expected \(sum) and \(wanted)")
            return
          }
        }
      }
    }

    /// Weights stored by column or by channel give the same bits, and so do rows on their own. (A level applies to the calling thread only,
    /// so the levels are not compared here.)
    @Test(arguments: extents) func orderAndCuts(_ e: Extents) {
      let x = uniform(e.rows * e.inner, -1...1, seed: 1)
      let w = uniform(e.columns * e.inner, -1...1, seed: 2)
      let transposed = (0..<w.count).map { w[$0 % e.columns * e.inner + $0 / e.columns] }
      let whole = result(e, x, w, strides: (e.inner, 1), bias: nil)
      #expect(whole == result(e, x, transposed, strides: (1, e.columns), bias: nil))
      for r in [0, e.rows / 2, e.rows - 1] {
        let one = Extents(rows: 1, inner: e.inner, columns: e.columns)
        let row = result(one, Array(x[r * e.inner..<(r + 1) * e.inner]), w, strides: (e.inner, 1), bias: nil)
        #expect(row == Array(whole[r * e.columns..<(r + 1) * e.columns]))
      }
    }

    /// A value that is not finite reaches its own row only.
    @Test(arguments: [Float.infinity, -.infinity, .nan, 3e38]) func strangeValues(_ strange: Float) {
      let e = Extents(rows: 30, inner: 90, columns: 40)
      var x = uniform(e.rows * e.inner, -1...1, seed: 1)
      let w = uniform(e.columns * e.inner, 0.1...1, seed: 2)
      let before = result(e, x, w, strides: (e.inner, 1), bias: nil)
      x[17 * e.inner + 70] = strange
      let after = result(e, x, w, strides: (e.inner, 1), bias: nil)
      for r in 0..<e.rows where r != 17 {
        #expect(after[r * e.columns..<(r + 1) * e.columns] == before[r * e.columns..<(r + 1) * e.columns])
      }
      let row = after[17 * e.columns..<18 * e.columns]
      #expect(row.allSatisfy { strange.isNaN ? $0.isNaN : strange.isInfinite ? $0 == strange : $0 > 1e37 })
    }

    // MARK: Windows

    struct Image: CustomStringConvertible, Sendable {
      var images = 1
      let channels: Int
      let extent: (Int, Int)
      let outputs: Int
      let kernel: (Int, Int)
      var steps = (1, 1)
      var dilations = (1, 1)
      var pad = (0, 0)
      var description: String { "\(images)x\(channels)x\(extent) to \(outputs) by \(kernel), \(steps), \(dilations), \(pad)" }

      /// With as much padding at the end as at the beginning.
      var output: (Int, Int) {
        (
          (extent.0 + 2 * pad.0 - dilations.0 * (kernel.0 - 1) - 1) / steps.0 + 1,
          (extent.1 + 2 * pad.1 - dilations.1 * (kernel.1 - 1) - 1) / steps.1 + 1
        )
      }

      var windows: ck_windows {
        ck_windows(
          channels: channels, height: extent.0, width: extent.1, output_height: output.0, output_width: output.1, kernel_height: kernel.0,
          kernel_width: kernel.1, row_step: steps.0, column_step: steps.1, row_dilation: dilations.0, column_dilation: dilations.1,
          pad_top: pad.0, pad_left: pad.1)
      }
    }

    static let images = [
      Image(channels: 5, extent: (7, 9), outputs: 48, kernel: (3, 3), pad: (1, 1)),
      Image(images: 2, channels: 17, extent: (11, 8), outputs: 33, kernel: (3, 3), steps: (2, 2), pad: (1, 1)),
      Image(images: 3, channels: 8, extent: (9, 9), outputs: 20, kernel: (1, 1), steps: (2, 3)),
      Image(channels: 6, extent: (1, 50), outputs: 50, kernel: (1, 5), dilations: (1, 3), pad: (0, 6)),
      Image(channels: 4, extent: (12, 10), outputs: 64, kernel: (5, 2), dilations: (2, 1), pad: (4, 1)),
      Image(channels: 200, extent: (7, 7), outputs: 200, kernel: (3, 3), pad: (1, 1)),
      Image(channels: 3, extent: (2, 2), outputs: 48, kernel: (3, 3), pad: (3, 3)),
    ]

    private func definition(_ i: Image, _ x: [Float], _ w: [Float]) -> [Double] {
      var y: [Double] = []
      let taps = i.kernel.0 * i.kernel.1
      for image in 0..<i.images {
        for row in 0..<i.output.0 {
          for column in 0..<i.output.1 {
            for o in 0..<i.outputs {
              var sum = 0.0
              for tap in 0..<taps {
                let r = row * i.steps.0 + tap / i.kernel.1 * i.dilations.0 - i.pad.0
                let s = column * i.steps.1 + tap % i.kernel.1 * i.dilations.1 - i.pad.1
                guard (0..<i.extent.0).contains(r), (0..<i.extent.1).contains(s) else { continue }
                let pixel = ((image * i.extent.0 + r) * i.extent.1 + s) * i.channels
                for c in 0..<i.channels { sum += Double(x[pixel + c]) * Double(w[(o * i.channels + c) * taps + tap]) }
              }
              y.append(sum)
            }
          }
        }
      }
      return y
    }

    @Test(arguments: images) func windows(_ i: Image) {
      let taps = i.kernel.0 * i.kernel.1
      let x = uniform(i.images * i.extent.0 * i.extent.1 * i.channels, -1...1, seed: 1)
      let w = uniform(i.outputs * i.channels * taps, -1...1, seed: 2)
      let expected = definition(i, x, w)
      let bound = 1e-6 * Double(taps * i.channels).squareRoot()
      FloatLoops.onEachLevel { level in
        let product = DenseProduct(
          rows: expected.count / i.outputs, inner: taps * i.channels, columns: i.outputs, windows: i.windows)
        product.pack(w, taps: taps, strides: (i.channels * taps, taps))
        let y = run(product, expected.count, x, nil)
        let worst = zip(y, expected).map { abs(Double($0) - $1) }.max() ?? .infinity
        #expect(worst <= bound, "level \(level)")
      }
    }

    /// Sums of many products round hardly more than those of few.
    @Test func roundingErrors() {
      func error(_ inner: Int) -> Double {
        let e = Extents(rows: 16, inner: inner, columns: 32)
        let x = uniform(e.rows * e.inner, 0...1, seed: 1)
        let w = uniform(e.columns * e.inner, -1...1, seed: 2)
        let y = result(e, x, w, strides: (e.inner, 1), bias: nil)
        var (squares, errors) = (0.0, 0.0)
        for r in 0..<e.rows {
          for c in 0..<e.columns {
            let sum = (0..<e.inner).reduce(0.0) { $0 + Double(x[r * e.inner + $1]) * Double(w[c * e.inner + $1]) }
            let difference = Double(y[r * e.columns + c]) - sum
            (squares, errors) = (squares + sum * sum, errors + difference * difference)
          }
        }
        return (errors / squares).squareRoot()
      }
      #expect(error(4096) < 2 * error(64))
      #expect(error(4096) < 3e-7)
    }
  }
}
