// SPDX-License-Identifier: Apache-2.0
// Winograd's convolution against the definition in 64 bits, on every level of code.

import CKernels
import Kernels
import Tensors
import Testing

extension FloatLoops {
  @Suite("Winograd convolution") struct WinogradConvolutionTests {
    typealias Geometry = WinogradConvolution.Geometry

    /// Channels near those of registers and blocks, odd extents, every padding, several images, one pixel, many tiles.
    static let geometries = [
      geometry(1, 16, 8, 8, to: 32), geometry(2, 17, 7, 9, to: 33), geometry(1, 48, 13, 5, to: 16, pad: (0, 0)),
      geometry(3, 3, 6, 6, to: 5, pad: (2, 2)), geometry(1, 40, 1, 1, to: 70), geometry(1, 16, 31, 3, to: 40, pad: (2, 0)),
      geometry(1, 100, 21, 22, to: 96), geometry(2, 64, 28, 28, to: 64), geometry(1, 33, 3, 3, to: 1, pad: (0, 0)),
    ]

    private static func geometry(
      _ images: Int, _ channels: Int, _ height: Int, _ width: Int, to outputs: Int, pad: (Int, Int) = (1, 1)
    ) -> Geometry {
      Geometry(
        images: images, channels: channels, input: (height, width), outputs: outputs,
        output: (height + 2 * pad.0 - 2, width + 2 * pad.1 - 2), padding: pad)
    }

    /// The convolution by its definition, for x `[N, H, W, C]` and weights `[O, C, 3, 3]`.
    private func definition(_ g: Geometry, _ x: [Float], _ w: [Float], _ bias: [Float]) -> [Double] {
      var y: [Double] = []
      for image in 0..<g.images {
        for row in 0..<g.outputHeight {
          for column in 0..<g.outputWidth {
            for o in 0..<g.outputs {
              var sum = Double(bias[o])
              for tap in 0..<9 {
                let (r, s) = (row + tap / 3 - g.padTop, column + tap % 3 - g.padLeft)
                guard (0..<g.height).contains(r), (0..<g.width).contains(s) else { continue }
                let pixel = ((image * g.height + r) * g.width + s) * g.channels
                for c in 0..<g.channels { sum += Double(x[pixel + c]) * Double(w[(o * g.channels + c) * 9 + tap]) }
              }
              y.append(sum)
            }
          }
        }
      }
      return y
    }

    private func result(
      _ g: Geometry, _ tile: WinogradConvolution.Tile, _ x: [Float], _ w: [Float], _ bias: [Float], addend: [Float]? = nil,
      limits: (Float, Float) = (-.infinity, .infinity)
    ) -> [Float] {
      let convolution = WinogradConvolution(g, tile: tile)
      convolution.pack(w, strides: (9 * g.channels, 9))
      let scratch = UnsafeMutableRawPointer.allocate(byteCount: max(convolution.scratchByteCount, 64), alignment: 64)
      defer { scratch.deallocate() }
      var y = addend ?? [Float](repeating: .nan, count: g.images * g.outputHeight * g.outputWidth * g.outputs)
      y.withUnsafeMutableBufferPointer { y in
        guard let y = y.baseAddress else { return }
        var post = SumPost()
        post.limits = limits
        // The sum reads its operand from the output's memory.
        if addend != nil { post.addend = UnsafePointer(y) }
        convolution.run(x, to: y, bias: bias, post: post, scratch: scratch)
      }
      return y
    }

    @Test(arguments: geometries, WinogradConvolution.Tile.allCases) func byDefinition(_ g: Geometry, _ tile: WinogradConvolution.Tile) {
      let x = uniform(g.images * g.height * g.width * g.channels, -1...1, seed: 1)
      let w = uniform(g.outputs * g.channels * 9, -1...1, seed: 2)
      let bias = uniform(g.outputs, -1...1, seed: 3)
      let addend = uniform(g.images * g.outputHeight * g.outputWidth * g.outputs, -1...1, seed: 4)
      let expected = definition(g, x, w, bias)
      // Terms are at most 1; their sum is about the square root of their number.
      let bound = (tile == .two ? 2e-6 : 6e-6) * Double(9 * g.channels).squareRoot()
      FloatLoops.onEachLevel { level in
        let plain = result(g, tile, x, w, bias)
        let limited = result(g, tile, x, w, bias, addend: addend, limits: (-0.5, 2))
        #expect(plain.count == expected.count)
        for i in expected.indices {
          let wanted = min(max(expected[i] + Double(addend[i]), -0.5), 2)
          guard abs(Double(plain[i]) - expected[i]) > bound || abs(Double(limited[i]) - wanted) > bound else { continue }
          Issue.record("level \(level), element \(i): \(plain[i]) and \(limited[i]), expected \(expected[i]) and \(wanted)")
          return
        }
      }
    }

    /// With weights strided like those of the input's gradient: channels exchanged and both axes reversed.
    @Test(arguments: WinogradConvolution.Tile.allCases) func flippedWeights(_ tile: WinogradConvolution.Tile) {
      let g = Self.geometry(1, 20, 9, 9, to: 36)
      let x = uniform(g.height * g.width * g.channels, -1...1, seed: 1)
      let w = uniform(g.outputs * g.channels * 9, -1...1, seed: 2)
      var stored = [Float](repeating: 0, count: w.count)
      for o in 0..<g.outputs {
        for c in 0..<g.channels {
          for tap in 0..<9 { stored[(c * g.outputs + o) * 9 + 8 - tap] = w[(o * g.channels + c) * 9 + tap] }
        }
      }
      let expected = result(g, tile, x, w, [Float](repeating: 0, count: g.outputs))
      let convolution = WinogradConvolution(g, tile: tile)
      convolution.pack(stored, strides: (9, 9 * g.outputs), flipped: true)
      let scratch = UnsafeMutableRawPointer.allocate(byteCount: convolution.scratchByteCount, alignment: 64)
      defer { scratch.deallocate() }
      var y = [Float](repeating: .nan, count: expected.count)
      convolution.run(x, to: &y, bias: nil, post: SumPost(), scratch: scratch)
      #expect(y == expected)
    }

    /// An infinity, a nan and values whose transforms overflow reach only the outputs whose windows cover them.
    @Test(arguments: [Float.infinity, -.infinity, .nan, 3e38], WinogradConvolution.Tile.allCases)
    func strangeValues(_ strange: Float, _ tile: WinogradConvolution.Tile) {
      let g = Self.geometry(2, 24, 11, 10, to: 40)
      var x = uniform(g.images * g.height * g.width * g.channels, -1...1, seed: 1)
      let w = uniform(g.outputs * g.channels * 9, 0.1...1, seed: 2)
      let bias = uniform(g.outputs, -1...1, seed: 3)
      let place = ((1 * g.height + 4) * g.width + 5) * g.channels + 7
      x[place] = strange
      let expected = definition(g, x, w, bias)
      FloatLoops.onEachLevel { level in
        let found = result(g, tile, x, w, bias)
        for i in expected.indices where !FloatLoops.agree(found[i], expected[i], relative: 1e-5, absolute: 1e-4) {
          Issue.record("level \(level), element \(i): \(found[i]), expected \(expected[i])")
          return
        }
      }
    }

    /// Rounding errors against the definition in 64 bits, with inputs as behind a relu: root mean squares relative to that of the result.
    @Test(arguments: [(64, 6.0e-7), (128, 6.0e-7), (256, 6.5e-7)]) func error(channels: Int, boundOfFour: Double) {
      let g = Self.geometry(1, channels, 12, 12, to: 32)
      var random = SplitMix64(seed: 9)
      let x = (0..<g.height * g.width * channels).map { _ in max(Float(random.normal()), 0) }
      let w = (0..<g.outputs * channels * 9).map { _ in Float(random.normal()) }
      let bias = [Float](repeating: 0, count: g.outputs)
      let expected = definition(g, x, w, bias)
      let size = expected.reduce(0) { $0 + $1 * $1 }
      for (tile, bound) in [(WinogradConvolution.Tile.two, 2.5e-7), (.four, boundOfFour)] {
        let found = result(g, tile, x, w, bias)
        let error = expected.indices.reduce(0.0) { $0 + (Double(found[$1]) - expected[$1]) * (Double(found[$1]) - expected[$1]) }
        #expect((error / size).squareRoot() < bound, "\(tile)")
      }
    }

    /// Large images by 4×4 tiles, small ones of many channels by 2×2 tiles or by the definition.
    @Test func choice() {
      typealias Tile = WinogradConvolution.Tile
      #if arch(x86_64)
        guard ck_isa() > Int32(CK_PORTABLE.rawValue) else {
          // Without wide vectors oneDNN's convolution takes less time.
          #expect(Tile.fastest(Self.geometry(1, 64, 56, 56, to: 64), packsAtEachRun: false) == nil)
          return
        }
      #endif
      #expect(Tile.fastest(Self.geometry(1, 64, 56, 56, to: 64), packsAtEachRun: false) == .four)
      #expect(Tile.fastest(Self.geometry(1, 256, 14, 14, to: 256), packsAtEachRun: false) == .two)
      #expect(Tile.fastest(Self.geometry(1, 32, 56, 56, to: 32), packsAtEachRun: false) == .two)
      #expect(Tile.fastest(Self.geometry(1, 512, 7, 7, to: 512), packsAtEachRun: false) == nil)
      #expect(Tile.fastest(Self.geometry(1, 8, 56, 56, to: 64), packsAtEachRun: false) == nil)
      #expect(Tile.fastest(Self.geometry(1, 256, 14, 14, to: 256), packsAtEachRun: true) == nil)
    }
  }
}
